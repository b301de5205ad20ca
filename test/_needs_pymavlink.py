# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Skips a test module that needs pymavlink, where it is not installed."""

import pytest

pytest.importorskip('pymavlink', reason="needs pip install 'visual_navsat[autopilot]'")
pytest.importorskip('visual_navsat_sim', reason='the simulator is not installed')
