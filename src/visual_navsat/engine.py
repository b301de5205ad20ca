"""The whole flow from a camera image to a position, readable as one method: query."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from visual_navsat.config import Config
from visual_navsat.correlation.map_area import MapArea, load_area
from visual_navsat.errors import IndexFolderError
from visual_navsat.features.describer import ImageDescriber, make_describer
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.geometry.areas import area_frame, group_tiles, tiles_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage, look_down
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.image_file import as_rgb
from visual_navsat.index.index_folder import IndexFolder, Manifest
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.image_quality import refuse_image
from visual_navsat.localization.map_match import match_on_map
from visual_navsat.localization.match_position import (
    hypotheses_of,
    move_to_vehicle,
    position_of,
    tilt_sigma_m,
)
from visual_navsat.localization.placement import Placement, best_placement
from visual_navsat.localization.position import REASONS, PositionEstimate, Refusal
from visual_navsat.localization.position_model import load_position_model
from visual_navsat.localization.prior import SIGMAS_999, Prior
from visual_navsat.localization.tile_position import estimate_position, tile_hypotheses
from visual_navsat.maps.csv_tiles import MetadataManager
from visual_navsat.retrieval.background import background_sample, rival_similarity
from visual_navsat.retrieval.indexer import FAISSIndexer
from visual_navsat.retrieval.published_descriptors import load_published_descriptors
from visual_navsat.retrieval.result import RetrievalResult
from visual_navsat.retrieval.tile_evidence import (
    TileEvidence,
    load_tile_model,
)

logger = logging.getLogger(__name__)

# Deep enough that a tile elsewhere is among them, however much the tiles overlap.
_MIN_RANKED = 100
# Wider than this, a map of several areas is tracked on the largest of them: the grid's cells
# would grow with the empty ground between.
_MAX_TRACKED_SIDE_M = 60_000.0


@dataclass(frozen=True)
class QueryResult(Sequence):
    """Ranked tiles, best first, with the position that they give and the time of each step."""

    candidates: tuple[RetrievalResult, ...]
    position: PositionEstimate | Refusal  # of the vehicle where its attitude and height are known
    timings_ms: dict[str, float] = field(default_factory=dict)
    center: PositionEstimate | Refusal | None = None  # of the ground under the image's centre
    hypotheses: tuple[Hypothesis, ...] = ()  # where the vehicle may be, in the engine's frame
    found_by: str = ''  # 'prior', 'retrieval' or 'search', where correlation found the place
    heading_deg: float | None = None  # of the image's up direction, as found
    # Of all tiles, for the track: where correlation is on and did not look at the whole map.
    tile_evidence: TileEvidence | None = None
    is_track_prior_used: bool = False  # whether hypotheses come from looking where it says
    placement: Placement | None = None  # where the image fits best, published or not

    def __getitem__(self, index):
        return self.candidates[index]

    def __len__(self) -> int:
        return len(self.candidates)


class RetrievalEngine:
    """
    Find where images were taken, on one map.

    Not safe to call from two threads at once. :meth:`load_map` (or :meth:`load_database`) loads
    the model and the index; :meth:`query` does the rest.
    """

    def __init__(self, config: Config | Mapping[str, Any] | None = None) -> None:
        """:param config: a Config, or the nested dict of a YAML file; None takes the defaults."""
        if config is None:
            config = Config()
        self.config = config if isinstance(config, Config) else Config.from_dict(config)
        self.tiles: Sequence[TileMetadata] = ()
        self.manifest: Manifest | None = None
        self._describer: ImageDescriber | None = None
        self._indexer: FAISSIndexer | None = None
        self._background_descriptors = np.zeros((0, 0), np.float32)
        self._background_quantiles: Sequence[float] = ()
        self._map_gsd_m_per_px = float('nan')
        self._areas: list[MapArea] = []
        self._frame: LocalFrame | None = None
        self._tile_boxes_m: np.ndarray | None = None  # (N, 4) in that frame

    def load_map(self, index_dir: str | Path) -> None:
        """
        Load an index folder made by build-map, and the model that it was built with.

        :raises IndexFolderError: if the folder is missing, damaged or was built by another model.
        :raises ModelError: if the model's checkpoint is missing or damaged.
        """
        folder = IndexFolder.open(index_dir)
        describer = make_describer(self.config, folder.manifest.identity, folder.vocabulary)
        sample = folder.rows(background_sample(len(folder.tiles)))
        self._install(describer, folder.manifest.dimension, folder.blocks(), folder.tiles, sample)
        self.manifest = folder.manifest
        self._background_quantiles = folder.manifest.background
        self._map_gsd_m_per_px = folder.manifest.described_gsd_m_per_px
        self._load_areas(folder, describer)
        logger.info('loaded %d tiles from %s', len(folder.tiles), index_dir)

    def load_database(
        self, descriptor_file: str | Path, metadata_file: str | Path | None = None
    ) -> None:
        """
        Load descriptors and metadata in the files of aerial_map_retrieval.

        Such files do not say which model made them; the configured one must be the same.

        :param descriptor_file: ``torch.save`` of ``{'vlad_features': (N, d), 'image_ids': [N]}``.
        :param metadata_file: the metadata CSV that places each image.
        :raises IndexFolderError: if the files do not fit each other or the configured model.
        """
        descriptors, image_ids = load_published_descriptors(descriptor_file)
        metadata = MetadataManager()
        if metadata_file is not None:
            metadata.load_from_csv(str(metadata_file))
        tiles = [metadata.get_metadata(image_id) for image_id in image_ids]
        if None in tiles:
            missing = image_ids[tiles.index(None)]
            raise IndexFolderError(
                f'{descriptor_file} holds image {missing!r}, which {metadata_file} does not '
                'place: give the CSV that lists every image'
            )
        describer = make_describer(self.config, None, None)
        sample = descriptors[background_sample(len(tiles))]
        self._install(describer, descriptors.shape[1], [descriptors], tiles, sample)
        self.manifest = None
        self._background_quantiles = ()
        self._map_gsd_m_per_px = float('nan')
        self._areas = []

    @property
    def frame(self) -> LocalFrame:
        """The local plane of the map's largest area, in which hypotheses are given."""
        if self._frame is None:
            largest = [self.tiles[index] for index in group_tiles(self.tiles)[0]]
            self._frame = self._areas[0].frame if self._areas else area_frame(largest)
        return self._frame

    @property
    def tile_boxes_m(self) -> np.ndarray:
        """West, south, east and north (N, 4) of every tile in that frame, metres."""
        if self._tile_boxes_m is None:
            self._tile_boxes_m = tiles_bounds_m(self.tiles, self.frame)
        return self._tile_boxes_m

    @property
    def bounds_m(self) -> tuple[np.ndarray, np.ndarray]:
        """
        South-west and north-east corners (2,) of the map in that frame, which a track covers.

        Of all areas together up to 60 km a side; of the largest area alone where they lie farther
        apart.
        """
        boxes = self.tile_boxes_m
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        if (high - low).max() > _MAX_TRACKED_SIDE_M:
            boxes = boxes[group_tiles(self.tiles)[0]]
            low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return low, high

    def query(
        self,
        image: Any,
        view: View | None = None,
        *,
        heading_deg: float | None = None,
        gsd_m_per_px: float | None = None,
        top_k: int | None = None,
        prior: Prior | None = None,
        track_prior: Prior | None = None,
    ) -> QueryResult:
        """
        Return the map tiles that look like the image, best first, and where it was taken.

        :param image: a path, a PIL image or an (H, W, 3) uint8 RGB array.
        :param view: what is known about how it was taken; what is not is searched for.
        :param heading_deg: where the image's up direction points, clockwise from north; short for
            a view that knows no more.
        :param gsd_m_per_px: metres per pixel of the image on the ground; likewise.
        :param top_k: how many tiles; None takes ``retrieval.top_k``.
        :param prior: where the vehicle is known to be. Only tiles that it touches are ranked, and
            nothing else is searched: the answer is as right as the prior is.
        :param track_prior: where a track of earlier images expects the vehicle. Where the whole
            map is beyond the budget, the photo is looked for there too, for ``hypotheses`` alone:
            the position stays what this one image says, independent of the track.
        :raises ImageError: if the image cannot be read.
        :raises IndexFolderError: if no map was loaded.
        """
        if self._describer is None or self._indexer is None:
            raise IndexFolderError('no map is loaded: call load_map(index_dir) first')
        view = view or View(heading_deg=heading_deg, gsd_m_per_px=gsd_m_per_px)
        top_k = self.config.retrieval.top_k if top_k is None else top_k
        timings_ms: dict[str, float] = {}
        started = time.perf_counter()
        with _timed(timings_ms, 'decode'):
            pixels = as_rgb(image)
        with _timed(timings_ms, 'preprocess'):
            refusal = refuse_image(pixels)
            photo = look_down(pixels, view)
            views = [] if photo is None else self._prepare_views(photo)
            rows = None
            if prior is not None:
                rows = np.flatnonzero(prior.touches(self.tile_boxes_m, self.frame))
        if not views:
            reason = 'horizon' if photo is None else 'no_patches'
            refusal = refusal or Refusal(reason, REASONS[reason])
            result = QueryResult((), refusal, timings_ms, refusal)
        elif rows is not None and not len(rows):
            refusal = refusal or Refusal('off_map', 'the prior lies off the map')
            result = QueryResult((), refusal, timings_ms, refusal)
        else:
            descriptors = self._describer.describe(views, timings_ms)
            with _timed(timings_ms, 'search'):
                ranked, best_view = self._search(descriptors, max(top_k, _MIN_RANKED), rows)
            # Not the caller's top_k: how many tiles are looked at must not change the answer.
            looked_at = ranked[: self.config.retrieval.top_k]
            if refusal:
                result = QueryResult(ranked[:top_k], refusal, timings_ms, refusal)
            elif self._areas:
                with _timed(timings_ms, 'correlate'):
                    result = self._correlate(photo, view, looked_at, best_view, prior, track_prior)
                result = replace(result, candidates=ranked[:top_k], timings_ms=timings_ms)
            else:
                position = estimate_position(
                    looked_at,
                    rival_similarity(ranked),
                    self._background_descriptors @ best_view,
                    self._background_quantiles,
                    self.config.position,
                )
                hypotheses = tile_hypotheses(self._tile_evidence(best_view, rows))
                result = QueryResult(
                    ranked[:top_k], position, timings_ms, position, hypotheses=hypotheses
                )
        timings_ms['total'] = 1e3 * (time.perf_counter() - started)
        return result

    def _correlate(
        self,
        photo: NadirImage,
        view: View,
        ranked: Sequence[RetrievalResult],
        best_view: np.ndarray,
        prior: Prior | None,
        track_prior: Prior | None,
    ) -> QueryResult:
        """Return position and hypotheses of a photo by correlating it with the map."""
        tiles = [candidate.tile_metadata for candidate in ranked]
        tile_m = max(tiles[0].size_m)
        is_lever_known = photo.vehicle_from_center_m is not None
        lever_m = photo.vehicle_from_center_m if is_lever_known else np.zeros(2)
        gsd = photo.view.gsd_m_per_px
        footprint_m = tile_m if gsd is None else gsd * max(photo.image.shape[:2])
        unknown_tilt_deg = self.config.position.unknown_tilt_deg
        sigma_m = tilt_sigma_m(view, is_lever_known, footprint_m, unknown_tilt_deg)
        # Priors are of the vehicle; what is searched is where the photo's centre may be.
        prior, track_prior = (
            None if p is None else p.moved(-lever_m, SIGMAS_999 * sigma_m)
            for p in (prior, track_prior)
        )
        matches = match_on_map(
            photo,
            self._areas,
            tiles,
            tile_m,
            1e6 * self.config.correlation.max_million_scores,
            prior,
            track_prior,
        )
        model = load_position_model()
        center = position_of(matches, model, self.config.position)
        evidence = None
        if prior is None and not matches.is_whole_map:
            evidence = self._tile_evidence(best_view)
        return QueryResult(
            (),
            move_to_vehicle(center, lever_m, sigma_m),
            {},
            center,
            hypotheses_of(matches.with_expected(), model, self.frame, lever_m, sigma_m),
            matches.found_by,
            matches.places[0].match.heading_deg if matches.places else None,
            evidence,
            matches.expected is not None and bool(matches.expected.places),
            best_placement(matches),
        )

    def _tile_evidence(
        self, descriptor: np.ndarray, rows: np.ndarray | None = None
    ) -> TileEvidence:
        """Return how probable a (d,) descriptor makes each tile, or each of some tiles."""
        similarities = self._indexer.similarities(descriptor[np.newaxis], rows)[0]
        boxes_m = self.tile_boxes_m if rows is None else self.tile_boxes_m[rows]
        return TileEvidence(boxes_m, load_tile_model().probabilities(similarities))

    def query_with_timing(
        self, image: Any, top_k: int | None = None
    ) -> tuple[list[RetrievalResult], dict[str, float]]:
        """Return the ranked tiles and the seconds of each step, as aerial_map_retrieval does."""
        result = self.query(image, top_k=top_k)
        return list(result), {step: ms / 1e3 for step, ms in result.timings_ms.items()}

    def warm_up(self) -> None:
        """Run one query on a grey image, so that the first real one is as fast as the rest."""
        self.query(np.full((480, 640, 3), 128, np.uint8), heading_deg=0.0)

    def _install(
        self,
        describer: ImageDescriber,
        dimension: int,
        blocks: Iterable[np.ndarray],
        tiles: Sequence[TileMetadata],
        background_descriptors: np.ndarray,
    ) -> None:
        if describer.identity['dimension'] != dimension:
            raise IndexFolderError(
                f'descriptors have {dimension} numbers, the model makes '
                f'{describer.identity["dimension"]}: use the model and vocabulary that made them'
            )
        indexer = FAISSIndexer(dimension, self.config.retrieval.backend)
        indexer.build_from_blocks(len(tiles), blocks)
        self._describer, self._indexer, self.tiles = describer, indexer, tiles
        self._areas, self._frame, self._tile_boxes_m = [], None, None
        self._background_descriptors = background_descriptors

    def _load_areas(self, folder: IndexFolder, describer: ImageDescriber) -> None:
        """Load what the map is correlated by, unless that is off or was off for the index."""
        self._areas = []
        if self.config.correlation.correlate:
            device = describer.extractor.device
            self._areas = [
                load_area(area.frame, area.grid, folder.field(number), device)
                for number, area in enumerate(folder.manifest.areas)
            ]

    def _prepare_views(self, photo: NadirImage) -> list[PreparedImage]:
        """Return the image as the map would show it, once per heading that it may have."""
        if photo.view.heading_deg is not None:
            headings = [photo.view.heading_deg]
        else:
            count = self.config.preprocess.num_rotations
            headings = [i * 360.0 / count for i in range(count)]
        views = [
            self._describer.preprocessor.prepare_query(
                photo.image, heading, photo.view.gsd_m_per_px, self._map_gsd_m_per_px
            )
            for heading in headings
        ]
        return [view for view in views if view.patch_mask.any()]

    def _search(
        self, descriptors: np.ndarray, count: int, rows: np.ndarray | None
    ) -> tuple[tuple[RetrievalResult, ...], np.ndarray]:
        """
        Return the ranked tiles over all views, and the descriptor of the best view.

        :param rows: of the tiles that are ranked; None: all.
        """
        if rows is None:
            similarities, indices = self._indexer.search(descriptors, count)
        else:
            similarities = self._indexer.similarities(descriptors, rows)
            order = np.argsort(-similarities, axis=1, kind='stable')[:, :count]
            similarities = np.take_along_axis(similarities, order, axis=1)
            indices = rows[order]
        best_view = int(similarities[:, 0].argmax())
        ranked: dict[int, float] = {}
        for flat in np.argsort(-similarities, axis=None, kind='stable'):
            # The first view that found a tile is the one most similar to it.
            ranked.setdefault(int(indices.flat[flat]), float(similarities.flat[flat]))
        candidates = tuple(
            RetrievalResult(rank, similarity, self.tiles[index], index)
            for rank, (index, similarity) in enumerate(list(ranked.items())[:count], start=1)
        )
        return candidates, descriptors[best_view]


@contextmanager
def _timed(timings_ms: dict[str, float], step: str):
    started = time.perf_counter()
    yield
    timings_ms[step] = 1e3 * (time.perf_counter() - started)
