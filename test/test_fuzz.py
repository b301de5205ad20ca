# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every parser under a few generated inputs; python -m bench.fuzz gives them an hour of others."""

import _needs_hypothesis  # noqa: F401 (skips this file where it is absent)
import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.fuzz.registry import TARGETS
from bench.fuzz.target import PLAN, try_input
from hypothesis import given, settings
import pytest

# Enough to meet what was wrong once; the bench asks for millions.
INPUTS = 60


@pytest.mark.parametrize('target', TARGETS, ids=lambda target: target.name)
def test_generated_input_is_read_or_refused_in_a_line(target):
    @settings(PLAN, max_examples=INPUTS, derandomize=True)
    @given(target.inputs)
    def ask(value):
        try_input(target, value)

    ask()
