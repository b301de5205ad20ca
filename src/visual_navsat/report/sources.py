# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a report gets pictures from: the map's imagery and the query images, each optional."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from visual_navsat.errors import ImageError
from visual_navsat.image_file import read_image
from visual_navsat.index.imagery import open_imagery
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.imagery import MapImagery


def _no_query(filename: str) -> np.ndarray | None:
    return None


@dataclass(frozen=True)
class ReportSources:
    """The pictures that a report can show."""

    imagery: MapImagery = field(default_factory=MapImagery)
    # From a file name to (H, W, 3) uint8 RGB; None if the image is gone.
    read_query: Callable[[str], np.ndarray | None] = _no_query


def sources_from_folders(
    index_dir: str | Path | None, image_dir: str | Path | None
) -> ReportSources:
    """
    Return the pictures of an index, whose tile images may be gone, and of a folder of queries.

    :raises IndexFolderError: if there is no such index.
    """
    imagery = MapImagery()
    if index_dir is not None:
        index = IndexFolder.open(index_dir, check=False)
        imagery = open_imagery(index.tiles, index.manifest)
    read = _no_query if image_dir is None else partial(_read_query, Path(image_dir))
    return ReportSources(imagery, read)


def _read_query(folder: Path, filename: str) -> np.ndarray | None:
    try:
        return read_image(folder / filename)
    except ImageError:
        return None
