# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Let torch share the machine: its threads sleep while they wait for each other."""

import os


def let_threads_sleep() -> None:
    """
    Make OpenMP wait without spinning; call it before torch is imported.

    On a computer whose cores have other work too, as a drone's, spinning threads keep the thread
    that they wait for off its core: six times slower on two busy cores.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'passive')
