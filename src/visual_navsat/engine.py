# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The whole flow from a camera image to a position, as the README's figure draws it.

camera image -> preprocess -> describe -> retrieve -> correlate -> locate
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import time
from typing import Any

import numpy as np
from visual_navsat.config import Config
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.image_file import as_rgb
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.correlate import correlate, MapMatches
from visual_navsat.localization.footprint_bound import refuse_footprint
from visual_navsat.localization.image_quality import refuse_image
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import hypotheses_of, locate_center
from visual_navsat.localization.position import Refusal
from visual_navsat.localization.position_model import load_position_model
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.rank_candidates import tile_candidates, verified_candidates
from visual_navsat.localization.tile_position import estimate_position, tile_hypotheses
from visual_navsat.retrieval.background import rival_similarity
from visual_navsat.retrieval.ranking import rank_tiles, Ranking

# Enough for a tile elsewhere to be among them, however much the tiles overlap.
_MIN_RANKED = 100


def query(
    loaded_map: LoadedMap,
    config: Config,
    image: Any,
    view: View | None = None,
    *,
    top_k: int | None = None,
    prior: Prior | None = None,
    track_prior: Prior | None = None,
) -> Answer:
    """
    Return where an image was taken, and the map tiles that look like it, best first.

    :param image: a path, a PIL image or an (H, W, 3) uint8 RGB array.
    :param view: what is known about how it was taken; the rest is searched for.
    :param top_k: how many tiles and candidates are listed; None takes ``retrieval.top_k``. How
        many are listed does not change the answer.
    :param prior: where the vehicle is known to be. Only the tiles that it touches are ranked, and
        nothing else is searched: a wrong prior makes a wrong answer.
    :param track_prior: where a track of earlier images expects the vehicle. If the whole map is
        beyond the budget, the photo is searched for there too, for the hypotheses alone: the
        position is that of this one image, independent of the track.
    :raises ImageError: if the image cannot be read.
    """
    asked = _Question(loaded_map, config, view or View(), top_k, prior, track_prior)
    clock = StageClock()
    photo = _preprocess(asked, image, clock)
    ranking = _retrieve(asked, photo, clock)
    found = _correlate(asked, photo, ranking, clock)
    return _locate(asked, ranking, found, clock)


def warm_up(loaded_map: LoadedMap, config: Config) -> None:
    """Answer an image of noise, so that the first real one is as fast as the rest."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    query(loaded_map, config, noise, View(heading_deg=0.0, gsd_m_per_px=0.3))


class StageClock:
    """Milliseconds that each stage of an answer took, and all of them."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.stages: dict[str, float] = {}  # milliseconds, in the order of work

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        started = time.perf_counter()
        yield
        self.stages[name] = 1e3 * (time.perf_counter() - started)

    @property
    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by stage, and ``total`` since the start."""
        return {**self.stages, 'total': 1e3 * (time.perf_counter() - self._started)}


@dataclass(frozen=True)
class _Question:
    """What stays the same from step to step."""

    loaded_map: LoadedMap
    config: Config
    view: View
    top_k: int | None
    prior: Prior | None
    track_prior: Prior | None

    @property
    def listed(self) -> int:
        """How many tiles and candidates are listed."""
        return self.config.retrieval.top_k if self.top_k is None else self.top_k


@dataclass(frozen=True)
class _Photo:
    """An image from straight above, and its copies for the backbone."""

    nadir: NadirImage
    copies: tuple[PreparedImage, ...]  # one per heading that it may have


def _preprocess(asked: _Question, image: Any, clock: StageClock) -> _Photo | Refusal:
    """Return the image as the map would show it, unless it shows nothing."""
    with clock.stage('decode'):
        pixels = as_rgb(image)
    with clock.stage('preprocess'):
        height, width = pixels.shape[:2]
        refusal = refuse_footprint(
            width, height, asked.view, asked.loaded_map.ground_m2
        ) or refuse_image(pixels)
        if refusal is not None:
            return refusal
        nadir = look_down(pixels, asked.view)
        if nadir is None:
            return Refusal.of('horizon')
        copies = _turned_copies(asked, nadir)
        return _Photo(nadir, copies) if copies else Refusal.of('no_patches')


def _turned_copies(asked: _Question, photo: NadirImage) -> tuple[PreparedImage, ...]:
    """Return the photo north up, once per heading that it may have."""
    heading_deg = photo.view.heading_deg
    count = asked.config.preprocess.num_rotations
    headings = [i * 360.0 / count for i in range(count)] if heading_deg is None else [heading_deg]
    preprocessor = asked.loaded_map.describer.preprocessor
    copies = [
        preprocessor.prepare_query(
            photo.image, heading, photo.view.gsd_m_per_px, asked.loaded_map.described_gsd_m_per_px
        )
        for heading in headings
    ]
    return tuple(copy for copy in copies if copy.patch_mask.any())


def _retrieve(asked: _Question, photo: _Photo | Refusal, clock: StageClock) -> Ranking | Refusal:
    """Return the map tiles that look like the photo, over all of its copies."""
    if isinstance(photo, Refusal):
        return photo
    loaded_map, rows = asked.loaded_map, None
    if asked.prior is not None:
        touched = asked.prior.touches(loaded_map.tile_boxes_m, loaded_map.frame)
        rows = np.flatnonzero(touched)
        if not len(rows):
            return Refusal('off_map', 'the prior lies off the map')
    descriptors = loaded_map.describer.describe(photo.copies, clock.stages)
    with clock.stage('search'):
        count = max(asked.listed, _MIN_RANKED)
        return rank_tiles(loaded_map.index, loaded_map.tiles, descriptors, count, rows)


@dataclass(frozen=True)
class _Found:
    """Where on the map the photo agrees, and the lever from its centre to the vehicle."""

    matches: MapMatches
    lever: Lever


def _correlate(
    asked: _Question, photo: _Photo | Refusal, ranking: Ranking | Refusal, clock: StageClock
) -> _Found | None:
    """Return where photo and map agree; None if refused, or for a map without fields."""
    if isinstance(photo, Refusal) or isinstance(ranking, Refusal) or not asked.loaded_map.areas:
        return None
    loaded_map, config = asked.loaded_map, asked.config
    # The longer side of the best tile: what a photo of unknown scale shows.
    usual_footprint_m = max(ranking.tiles[0].tile_metadata.size_m)
    lever = Lever.of(photo.nadir, asked.view, usual_footprint_m, config.position.unknown_tilt_deg)
    with clock.stage('correlate'):
        # Not the tiles that are listed: how many those are must not change the answer.
        looked_at = ranking.tiles[: config.retrieval.top_k]
        matches = correlate(
            photo.nadir,
            loaded_map.areas,
            [tile.tile_metadata for tile in looked_at],
            usual_footprint_m,
            1e6 * config.correlation.max_million_scores,
            # Priors are of the vehicle; what is searched is where the photo's centre may be.
            lever.center_prior(asked.prior),
            lever.center_prior(asked.track_prior),
        )
    return _Found(matches, lever)


def _locate(
    asked: _Question, ranking: Ranking | Refusal, found: _Found | None, clock: StageClock
) -> Answer:
    """Return the answer: by correlation where there was one, or else by the tiles."""
    if isinstance(ranking, Refusal):
        return Answer(ranking, ranking, timings_ms=clock.timings_ms)
    if found is None:
        return _locate_by_tiles(asked, ranking, clock)
    loaded_map, matches, lever = asked.loaded_map, found.matches, found.lever
    with clock.stage('locate'):
        model = load_position_model()
        center = locate_center(matches, model, asked.config.position)
        looked_at_all = asked.prior is not None or matches.is_whole_map
        tiles = None if looked_at_all else loaded_map.tile_evidence(ranking.descriptor)
        hypotheses = hypotheses_of(matches, model, loaded_map.frame, lever)
        candidates = verified_candidates(
            matches.matches, model, lever, ranking.tiles, asked.listed
        )
    return Answer(
        lever.vehicle(center),
        center,
        candidates,
        ranking.tiles[: asked.listed],
        matches.found_by,
        clock.timings_ms,
        hypotheses,
        tiles,
        matches.looked_near_track,
    )


def _locate_by_tiles(asked: _Question, ranking: Ranking, clock: StageClock) -> Answer:
    """Return the answer where the map has no fields to correlate with: the best tile's centre."""
    loaded_map, listed = asked.loaded_map, ranking.tiles[: asked.listed]
    with clock.stage('locate'):
        position = estimate_position(
            ranking.tiles[: asked.config.retrieval.top_k],
            rival_similarity(ranking.tiles),
            loaded_map.background_descriptors @ ranking.descriptor,
            loaded_map.background_quantiles,
            asked.config.position,
        )
        evidence = loaded_map.tile_evidence(ranking.descriptor, ranking.rows)
        candidates = tile_candidates(listed, ranking.by_row(evidence.probabilities))
        hypotheses = tile_hypotheses(evidence)
    return Answer(
        position,
        position,
        candidates,
        listed,
        timings_ms=clock.timings_ms,
        hypotheses=hypotheses,
    )
