# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Wait until the localizer has answered every image: what runs between a bag's end and the end."""

from __future__ import annotations

import os
import sys

from visual_navsat.ros.localizer_client import LocalizerClient
from visual_navsat.ros.signals import CleanEnding

_DISCOVERY_S = 10.0  # on a machine that may be busy


def main() -> int:
    """Return 0 once the localizer is idle, 1 if it is not heard."""
    try:
        with CleanEnding():
            client = LocalizerClient('last_answer', int(os.environ.get('ROS_DOMAIN_ID', '0')))
            try:
                is_idle = client.wait_until_idle(_DISCOVERY_S)
            finally:
                client.close()
    except KeyboardInterrupt:
        return 130
    if not is_idle:
        print('the localizer is not heard: its last answer may be missing', file=sys.stderr)
    return 0 if is_idle else 1


if __name__ == '__main__':
    raise SystemExit(main())
