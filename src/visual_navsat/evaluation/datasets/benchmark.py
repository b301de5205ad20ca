# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A public data set as evaluate reads it: sequences of queries, each with the map under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.files import is_input
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.empty_colour import Colour
from visual_navsat.maps.tile_plan import plan_tiles, TilePlan
from visual_navsat.table import Table


@dataclass(frozen=True)
class BenchmarkSequence:
    """One part of a data set: its images, and what makes its map."""

    name: str
    queries: Sequence[Query]
    # Writes into a folder what the map lacks to be opened, and returns the source to open.
    write_map: Callable[[Path], Path]
    # How the map is cut; one that comes in tiles is not.
    plan: TilePlan = field(default_factory=plan_tiles)
    image_dir: Path | None = None  # of a map that comes in tiles
    empty_colour: Colour | None = None  # of the map where it shows no ground
    notes: tuple[str, ...] = ()  # of this sequence alone


@dataclass(frozen=True)
class Benchmark:
    """A public data set that was found in a folder."""

    name: str
    folder: Path
    about: tuple[str, ...]  # what is known of it and assumed, a line each
    sequences: tuple[str, ...]  # names, in the order in which they are scored
    # From a name, and a folder for images that the data set holds in files of other kinds.
    read: Callable[[str, Path], BenchmarkSequence]
    others: tuple[str, ...] = ()  # names that are scored only when asked for
    # Queries are named from where their images were written, and not from the folder.
    writes_images: bool = False

    def chosen(self, text: str) -> list[str]:
        """
        Return the names in ``01,03``; of an empty text all.

        :raises ConfigError: if there is no such sequence.
        """
        names = [part.strip() for part in text.split(',') if part.strip()]
        known = (*self.sequences, *self.others)
        for name in names:
            if name not in known:
                raise ConfigError(
                    f'--sequence {name!r} is not in {self.folder}: choose from {", ".join(known)}'
                )
        return list(dict.fromkeys(names)) or list(self.sequences)


def image_path(table: Table, line: int, path: Path) -> Path:
    """Return the path of a row's image; raise the table's error if there is none."""
    if not is_input(path):
        raise table.error_at(line, f'no image {path}: download the data set again')
    return path


def tile_around(
    filename: str, lat: float, long: float, shape: tuple[int, int], gsd_m_per_px: float
) -> TileMetadata:
    """
    Return the tile of a north-up picture around a place.

    :param shape: rows and columns.
    """
    half = np.array([shape[1], -shape[0]]) * gsd_m_per_px / 2  # to the south-eastern corner
    (top, bottom), (left, right) = LocalFrame(lat, long).geodetic_from_enu([-half, half])
    return TileMetadata(
        *(filename, float(top), float(left), float(bottom), float(right)),
        spatial_resolution=gsd_m_per_px,
    )
