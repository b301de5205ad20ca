"""
The whole flow from a camera image to a position, as the README's figure draws it.

camera image -> preprocess -> describe -> retrieve -> correlate -> locate
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from visual_navsat.config import Config
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.geometry.nadir import NadirImage, look_down
from visual_navsat.geometry.view import View
from visual_navsat.image_file import as_rgb
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer, TrackEvidence
from visual_navsat.localization.correlate import MapMatches, correlate
from visual_navsat.localization.image_quality import refuse_image
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import hypotheses_of, locate_center
from visual_navsat.localization.position import REASONS, Refusal
from visual_navsat.localization.position_model import load_position_model
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.rank_candidates import tile_candidates, verified_candidates
from visual_navsat.localization.tile_position import estimate_position, tile_hypotheses
from visual_navsat.retrieval.background import rival_similarity
from visual_navsat.retrieval.ranking import Ranking, rank_tiles

# Deep enough that a tile elsewhere is among them, however much the tiles overlap.
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
    :param view: what is known about how it was taken; what is not is searched for.
    :param top_k: how many tiles and candidates are listed; None takes ``retrieval.top_k``. How
        many are listed does not change the answer.
    :param prior: where the vehicle is known to be. Only tiles that it touches are ranked, and
        nothing else is searched: the answer is as right as the prior is.
    :param track_prior: where a track of earlier images expects the vehicle. Where the whole map
        is beyond the budget, the photo is looked for there too, for the hypotheses alone: the
        position stays what this one image says, independent of the track.
    :raises ImageError: if the image cannot be read.
    """
    asked = Question(loaded_map, config, view or View(), top_k, prior, track_prior)
    clock = StageClock()
    photo = preprocess(asked, image, clock)
    ranking = retrieve(asked, photo, clock)
    matches = correlate_photo(asked, photo, ranking, clock)
    return locate(asked, photo, ranking, matches, clock)


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
class Question:
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
class Photo:
    """An image from straight above, and its copies for the backbone; or why there is none."""

    nadir: NadirImage | None = None
    copies: tuple[PreparedImage, ...] = ()  # one per heading that it may have
    refusal: Refusal | None = None


def preprocess(asked: Question, image: Any, clock: StageClock) -> Photo:
    """Return the image as the map would show it, unless it shows nothing."""
    with clock.stage('decode'):
        pixels = as_rgb(image)
    with clock.stage('preprocess'):
        refusal = refuse_image(pixels)
        if refusal is not None:
            return Photo(refusal=refusal)
        nadir = look_down(pixels, asked.view)
        if nadir is None:
            return Photo(refusal=Refusal('horizon', REASONS['horizon']))
        copies = _turned_copies(asked, nadir)
        if not copies:
            return Photo(refusal=Refusal('no_patches', REASONS['no_patches']))
        return Photo(nadir, copies)


def _turned_copies(asked: Question, photo: NadirImage) -> tuple[PreparedImage, ...]:
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


def retrieve(asked: Question, photo: Photo, clock: StageClock) -> Ranking:
    """Return the map tiles that look like the photo, over all of its copies."""
    if photo.refusal is not None:
        return Ranking()
    loaded_map, rows = asked.loaded_map, None
    if asked.prior is not None:
        touched = asked.prior.touches(loaded_map.tile_boxes_m, loaded_map.frame)
        rows = np.flatnonzero(touched)
        if not len(rows):
            return Ranking(reason='the prior lies off the map')
    descriptors = loaded_map.describer.describe(photo.copies, clock.stages)
    with clock.stage('search'):
        count = max(asked.listed, _MIN_RANKED)
        return rank_tiles(loaded_map.index, loaded_map.tiles, descriptors, count, rows)


def correlate_photo(
    asked: Question, photo: Photo, ranking: Ranking, clock: StageClock
) -> MapMatches | None:
    """Return where on the map the photo agrees; None where there is nothing to correlate."""
    if photo.nadir is None or not ranking.tiles or not asked.loaded_map.areas:
        return None
    with clock.stage('correlate'):
        lever = _lever(asked, photo.nadir, ranking)
        # Not as many as are listed: how many tiles are looked at must not change the answer.
        looked_at = ranking.tiles[: asked.config.retrieval.top_k]
        return correlate(
            photo.nadir,
            asked.loaded_map.areas,
            [tile.tile_metadata for tile in looked_at],
            _usual_footprint_m(ranking),
            1e6 * asked.config.correlation.max_million_scores,
            # Priors are of the vehicle; what is searched is where the photo's centre may be.
            lever.center_prior(asked.prior),
            lever.center_prior(asked.track_prior),
        )


def locate(
    asked: Question,
    photo: Photo,
    ranking: Ranking,
    matches: MapMatches | None,
    clock: StageClock,
) -> Answer:
    """Return the position that all of it gives, or the first reason why there is none."""
    listed = ranking.tiles[: asked.listed]
    if photo.refusal is not None or not ranking.tiles:
        refusal = photo.refusal or Refusal('off_map', ranking.reason)
        return Answer(refusal, refusal, timings_ms=clock.timings_ms)
    if matches is None:
        return _locate_by_tiles(asked, ranking, clock)
    model, loaded_map = load_position_model(), asked.loaded_map
    with clock.stage('locate'):
        lever = _lever(asked, photo.nadir, ranking)
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
        listed,
        matches.found_by,
        clock.timings_ms,
        TrackEvidence(hypotheses, tiles),
        matches.looked_near_track,
    )


def _locate_by_tiles(asked: Question, ranking: Ranking, clock: StageClock) -> Answer:
    """Return the answer where the map has no fields to correlate with: the best tile's centre."""
    loaded_map = asked.loaded_map
    with clock.stage('locate'):
        position = estimate_position(
            ranking.tiles[: asked.config.retrieval.top_k],
            rival_similarity(ranking.tiles),
            loaded_map.background_descriptors @ ranking.descriptor,
            loaded_map.background_quantiles,
            asked.config.position,
        )
        evidence = loaded_map.tile_evidence(ranking.descriptor, ranking.rows)
        candidates = tile_candidates(
            ranking.tiles[: asked.listed], ranking.by_row(evidence.probabilities)
        )
    return Answer(
        position,
        position,
        candidates,
        ranking.tiles[: asked.listed],
        timings_ms=clock.timings_ms,
        evidence=TrackEvidence(tile_hypotheses(evidence)),
    )


def _usual_footprint_m(ranking: Ranking) -> float:
    """Return the longer side of the best tile: what a photo of unknown scale shows."""
    return max(ranking.tiles[0].tile_metadata.size_m)


def _lever(asked: Question, photo: NadirImage, ranking: Ranking) -> Lever:
    tilt_deg = asked.config.position.unknown_tilt_deg
    return Lever.of(photo, asked.view, _usual_footprint_m(ranking), tilt_deg)
