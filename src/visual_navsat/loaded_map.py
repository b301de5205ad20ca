# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map that is ready to be searched: its tiles, their index, its areas and its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import logging
from pathlib import Path

import numpy as np
from visual_navsat.config import Config
from visual_navsat.correlation.map_area import MapArea, stored_areas
from visual_navsat.errors import IndexFolderError
from visual_navsat.features.describer import ImageDescriber, make_describer
from visual_navsat.geometry.areas import (
    area_frame,
    ground_covered_m2,
    group_tiles,
    tiles_bounds_m,
)
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.consistency import check_consistent
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.index.manifest import Manifest
from visual_navsat.retrieval.background import background_sample
from visual_navsat.retrieval.indexer import FAISSIndexer
from visual_navsat.retrieval.tile_evidence import load_tile_model, TileEvidence

logger = logging.getLogger(__name__)

# A wider map of several areas is tracked on the largest of them: the grid's cells would grow with
# the empty ground between.
_MAX_TRACKED_SIDE_M = 60_000.0


@dataclass(frozen=True)
class LoadedMap:
    """
    One map in memory, with the model that its tiles were described by.

    Not safe to search from two threads at once.
    """

    tiles: Sequence[TileMetadata]
    index: FAISSIndexer  # row i is tile i
    describer: ImageDescriber
    background_quantiles: Sequence[float] = ()  # how distinct wrong places are; empty if unknown
    described_gsd_m_per_px: float = float('nan')  # of the tiles as the backbone saw them
    areas: tuple[MapArea, ...] = ()  # none if correlation is off, or was off for the index
    manifest: Manifest | None = None  # of an index folder
    terrain: Terrain | None = None  # None: flat ground is assumed

    @classmethod
    def open(cls, index_dir: str | Path, config: Config) -> LoadedMap:  # noqa: A003
        """
        Load an index folder made by build-map, and the model that it was built with.

        :raises IndexFolderError: if the folder is missing, damaged or was built by another model.
        :raises ModelError: if the model's checkpoint is missing or damaged.
        """
        folder = IndexFolder.open(index_dir)
        check_consistent(folder)
        manifest = folder.manifest
        describer = make_describer(config, manifest.identity, folder.vocabulary)
        areas: tuple[MapArea, ...] = ()
        if config.correlation.correlate:
            areas = stored_areas(
                [(area.frame, area.grid) for area in manifest.areas],
                folder.field,
                1e6 * config.correlation.field_memory_mb,
                describer.extractor.device,
            )
        logger.info('loaded %d tiles from %s', len(folder.tiles), index_dir)
        index = FAISSIndexer(
            _checked_dimension(describer, manifest.dimension),
            config.retrieval.backend,
            folder.code.tile,
            folder.exact_rows if folder.code.keeps_exact else None,
        )
        index.build_from_blocks(len(folder.tiles), folder.blocks())
        return cls(
            folder.tiles,
            index,
            describer,
            background_quantiles=manifest.background,
            described_gsd_m_per_px=manifest.described_gsd_m_per_px,
            areas=areas,
            manifest=manifest,
            terrain=folder.terrain,
        )

    @classmethod
    def of(
        cls,
        tiles: Sequence[TileMetadata],
        descriptors: np.ndarray,
        describer: ImageDescriber,
        config: Config,
    ) -> LoadedMap:
        """
        Return the map of tiles whose descriptors alone are known.

        :param descriptors: (N, d) float32 unit rows, one per tile.
        :raises IndexFolderError: if another model than the describer's made the descriptors.
        """
        dimension = _checked_dimension(describer, descriptors.shape[1])
        index = FAISSIndexer(dimension, config.retrieval.backend)
        index.build(descriptors)
        return cls(tiles, index, describer)

    @cached_property
    def frame(self) -> LocalFrame:
        """Return the local plane of the map's largest area, in which hypotheses are given."""
        if self.areas:
            return self.areas[0].frame
        return area_frame([self.tiles[index] for index in group_tiles(self.tiles)[0]])

    @cached_property
    def ground_m2(self) -> float:
        """Square metres of ground that the map shows."""
        if not self.areas:
            west, south, east, north = self.tile_boxes_m.T
            return float(((east - west) * (north - south)).sum())
        return ground_covered_m2(self.tiles)

    @property
    def identity(self) -> dict[str, object]:
        """Return what this map and its model are, by names for people."""
        of_index = {} if self.manifest is None else self.manifest.identity
        origin = f'{self.frame.origin_lat:.7f}, {self.frame.origin_long:.7f}'
        return {'tiles': len(self.tiles), 'map_origin': origin, **of_index}

    @cached_property
    def tile_boxes_m(self) -> np.ndarray:
        """(N, 4) west, south, east and north of every tile in that frame."""
        return tiles_bounds_m(self.tiles, self.frame)

    @cached_property
    def region(self) -> Region:
        """
        Return what a track covers, in that frame.

        That is all areas together up to 60 km a side, or else the largest area alone.
        """
        region = Region.around(self.tile_boxes_m)
        if max(region.size_m) > _MAX_TRACKED_SIDE_M:
            region = Region.around(self.tile_boxes_m[group_tiles(self.tiles)[0]])
        return region

    def background_similarities(self, descriptor: np.ndarray) -> np.ndarray:
        """Return (S,) similarities of a (d,) descriptor to a sample of the tiles."""
        sample = background_sample(len(self.tiles))
        return self.index.similarities(descriptor[np.newaxis], sample)[0]

    def tile_evidence(
        self, descriptor: np.ndarray, rows: np.ndarray | None = None
    ) -> TileEvidence:
        """
        Return how probable an image makes each tile.

        :param descriptor: (d,) of the image.
        :param rows: (R,) of the tiles; None: all.
        """
        similarities = self.index.similarities(descriptor[np.newaxis], rows)[0]
        boxes_m = self.tile_boxes_m if rows is None else self.tile_boxes_m[rows]
        model = load_tile_model(self.index.code.tile_model)
        return TileEvidence(boxes_m, model.probabilities(similarities))


def _checked_dimension(describer: ImageDescriber, dimension: int) -> int:
    """Return the dimension of descriptors; raise IndexFolderError if it is not the model's."""
    if describer.identity['dimension'] != dimension:
        raise IndexFolderError(
            f'descriptors have {dimension} numbers, the model makes '
            f'{describer.identity["dimension"]}: use the model and vocabulary that made them'
        )
    return dimension
