# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the description of the API cannot say: what a picture is, and what a box."""

from http_service import picture
from hypothesis import strategies
import schemathesis

schemathesis.openapi.format('binary', strategies.integers(1, 30).map(picture))
schemathesis.openapi.format(
    'bbox',
    strategies.tuples(*(strategies.floats(-90, 90) for _ in range(4))).map(
        lambda four: f'{four[0]},{min(four[1], four[3])},{four[2]},{max(four[1], four[3])}'
    ),
)
