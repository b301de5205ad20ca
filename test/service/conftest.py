# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the tests of the service share."""

import pytest

pytest.importorskip('fastapi', reason="the service needs pip install 'visual_navsat[service]'")
pytest.importorskip('httpx', reason="these tests need pip install 'visual_navsat[dev]'")
