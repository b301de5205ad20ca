# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write a library as files that other programs read: a table, an array, the pictures."""

from __future__ import annotations

import json
from pathlib import Path
import shutil

import numpy as np
import pandas as pd
from sqlalchemy import select
from visual_navsat.files import write_folder
from visual_navsat.service.library import Library
from visual_navsat.service.store.records import ImageRecord
from visual_navsat.service.store.tables import ImageRow

_COLUMNS = (
    *('file_id', 'filename', 'sha256', 'file_size', 'width', 'height'),
    *('upload_time', 'taken', 'latitude', 'longitude', 'tags', 'metadata'),
)


def export_library(library: Library, target: Path) -> int:
    """
    Write a new folder: images.csv, descriptors.npy with its rows in the same order, pictures.

    :return: how many images are in it.
    :raises VisualNavsatError: if something is at ``target``.
    """
    with library.database.reading() as session:
        rows = session.scalars(select(ImageRow).order_by(ImageRow.id))
        records = [ImageRecord.of(row) for row in rows]
    with write_folder(target) as folder:
        table = pd.DataFrame([_cells(record) for record in records], columns=list(_COLUMNS))
        table['picture'] = [f'pictures/{record.picture_name}' for record in records]
        table.to_csv(folder / 'images.csv', index=False)
        descriptors = np.lib.format.open_memmap(
            folder / 'descriptors.npy', 'w+', np.dtype('<f4'), (len(records), library.dimension)
        )
        (folder / 'pictures').mkdir()
        for number, record in enumerate(records):
            descriptors[number] = library.descriptor(record.file_id)
            with (
                library.open_picture(record) as picture,
                (folder / 'pictures' / record.picture_name).open('wb') as copy,
            ):
                shutil.copyfileobj(picture, copy, 1 << 20)
        descriptors.flush()
    return len(records)


def _cells(record: ImageRecord) -> dict[str, object]:
    cells = {name: getattr(record, name) for name in _COLUMNS}
    for name in ('upload_time', 'taken'):
        cells[name] = cells[name] and cells[name].isoformat()
    metadata = json.dumps(record.metadata, ensure_ascii=False)
    return cells | {'tags': ';'.join(record.tags), 'metadata': metadata}
