# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A describer whose process is killed in the middle of a build, and what is left of an index."""

import os
from pathlib import Path
import signal

from visual_navsat.index.manifest import CHECKSUMS, MANIFEST
from visual_navsat.index.versions import current_folder


class MortalDescriber:
    """
    Describes as another one does; at the third batch of all processes, its own is killed.

    :param calls: a file that counts the batches.
    """

    def __init__(self, describer, calls: Path) -> None:
        self.describer, self.calls = describer, calls
        self.preprocessor, self.aggregator = describer.preprocessor, describer.aggregator
        self.identity = describer.identity

    def describe(self, images):
        """Return the descriptors, or never."""
        with self.calls.open('ab') as file:
            file.write(b'.')
            if file.tell() == 3:
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        return self.describer.describe(images)


def files_of(index):
    """Return the bytes of an index, but for the manifest, which says when it was made."""
    folder = current_folder(index)
    of_time = (MANIFEST, CHECKSUMS)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in of_time}
