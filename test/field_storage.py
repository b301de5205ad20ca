# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fields on their way to the disk and back, as a build and a reader of an index do it."""

from contextlib import closing

import numpy as np
from visual_navsat.index.build.field_blocks import make_fields
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.workers import HERE
from visual_navsat.index.field_codec import encode_block
from visual_navsat.index.stored_fields import block_of, BlockGrid, StoredFields


def append_fields(files, fields):
    """Append whole fields: of each its box in its area's grid, and (3, rows, columns) int8."""
    for box, field in fields:
        for _, place in BlockGrid.under(box).touched_by(box, 0):
            files.add(encode_block(block_of(field, box, place)))


def write_fields(fields, folder):
    """Return the content and sizes of blocks of whole fields, as they come back from files."""
    with closing(FieldFiles(folder)) as files:
        append_fields(files, fields)
        return _written(files, folder)


def made_fields(source, patches, folder, workers=HERE):
    """Return the fields of patches, made from their tiles and read back at full resolution."""
    with closing(FieldFiles(folder)) as files:
        make_fields(source, patches, files, False, workers)
        content, sizes = _written(files, folder)
    stored = StoredFields.of(content, sizes, [one.patch.box for one in patches])
    return [stored.read(number, 0) for number in range(len(patches))]


def _written(files, folder):
    paths = folder / 'content.npy', folder / 'sizes.npy'
    files.write(*paths)
    return [np.load(path) for path in paths]
