# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Imported by test files that need the simulator: they are skipped where it is absent."""

import pytest

pytest.importorskip('visual_navsat_sim')
