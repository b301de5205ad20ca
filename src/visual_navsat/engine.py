# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The whole flow from a camera image to a position, as the README's figure draws it.

camera image -> preprocess -> describe -> retrieve -> correlate -> locate
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from visual_navsat.config import Config
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.view import View
from visual_navsat.image_file import as_rgb
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.correlate import correlate, MapMatches, OverRelief
from visual_navsat.localization.deviation import Deviation
from visual_navsat.localization.expected_view import ExpectedView
from visual_navsat.localization.footprint_bound import refuse_footprint
from visual_navsat.localization.image_quality import refuse_image
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import hypotheses_of, locate_center
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.rank_candidates import tile_candidates, verified_candidates
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat.localization.tile_position import estimate_position, tile_hypotheses
from visual_navsat.question import Question
from visual_navsat.retrieval.background import rival_similarity
from visual_navsat.retrieval.ranking import rank_tiles, Ranking
from visual_navsat.stage_clock import StageClock

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
    recent: RecentPhotos | None = None,
    expected: ExpectedView | None = None,
) -> Answer:
    """
    Return where an image was taken, and the map tiles that look like it, best first.

    :param image: a path, a PIL image or an (H, W, 3) uint8 RGB array.
    :param view: what is known about how it was taken, before ``config.calibration`` corrects it;
        the rest is searched for.
    :param top_k: how many tiles and candidates are listed; None takes ``retrieval.top_k``. How
        many are listed does not change the answer.
    :param prior: where the vehicle is known to be. Only the tiles that it touches are ranked, and
        nothing else is searched: a wrong prior makes a wrong answer.
    :param track_prior: where a track of earlier images expects the vehicle. If the whole map is
        beyond the budget, the photo is searched for there too, for the hypotheses alone: the
        position is that of this one image, independent of the track.
    :param recent: the last photos of this flight; takes this one. If this one shows little ground
        and is refused as ambiguous, it is looked for again together with those it overlaps.
    :param expected: heading and scale that a flight expects. Where the view does not say them,
        these are tried first, everywhere on the map; all others only if that gives no fix.
    :raises ImageError: if the image cannot be read.
    """
    view = Corrections.of(config.calibration).corrected(view or View())
    asked = Question(loaded_map, config, view, top_k, prior, track_prior).over_ground()
    guess = None if expected is None else asked.guessing(expected)
    questions = [asked] if guess is None else [guess, asked]
    return replace(_answer(questions, image, recent, StageClock()), view=view)


def _answer(
    questions: Sequence[Question], image: Any, recent: RecentPhotos | None, clock: StageClock
) -> Answer:
    """Return the answer to the first question that gives a fix, or to the last: the flow."""
    for asked in questions:
        photo = _preprocess(asked, image, clock)
        ranking = _retrieve(asked, photo, clock)
        found = _correlate(asked, photo, ranking, clock)
        answer = _locate(asked, ranking, found, clock)
        if answer.is_fix:
            break
    if recent is None or found is None or isinstance(photo, Refusal):
        return answer
    return _answer_joined(asked, recent, photo, ranking, found, answer, clock)


def warm_up(loaded_map: LoadedMap, config: Config) -> None:
    """Answer an image of noise, so that the first real one is as fast as the rest."""
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    query(loaded_map, config, noise, View(heading_deg=0.0, gsd_m_per_px=0.3))


@dataclass(frozen=True)
class _Photo:
    """An image from straight above, and its copies for the backbone."""

    nadir: NadirImage
    copies: tuple[PreparedImage, ...]  # one per heading that it may have
    relief: ReliefPhoto | None  # to be laid on the ground, if its altitude gives the height


def _preprocess(asked: Question, image: Any, clock: StageClock) -> _Photo | Refusal:
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
        if not copies:
            return Refusal.of('no_patches')
        terrain, relief = asked.loaded_map.terrain, None
        if terrain is not None and asked.where is not None:
            relief = ReliefPhoto.of(pixels, asked.view, terrain)
        return _Photo(nadir, copies, relief)


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


def _retrieve(asked: Question, photo: _Photo | Refusal, clock: StageClock) -> Ranking | Refusal:
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
    usual_footprint_m: float  # longer side of the ground that a photo of unknown scale shows
    added_m2: np.ndarray  # (2, 2) beside the covariance of the match


def _correlate(
    asked: Question, photo: _Photo | Refusal, ranking: Ranking | Refusal, clock: StageClock
) -> _Found | None:
    """Return where photo and map agree; None if refused, or for a map without fields."""
    if isinstance(photo, Refusal) or isinstance(ranking, Refusal) or not asked.loaded_map.areas:
        return None
    loaded_map, config = asked.loaded_map, asked.config
    # The longer side of the best tile: what a photo of unknown scale shows.
    usual_footprint_m = max(ranking.tiles[0].tile_metadata.size_m)
    lever = Lever.of(
        photo.nadir,
        asked.view,
        usual_footprint_m,
        config.position.unknown_tilt_deg,
        loaded_map.terrain,
    )
    with clock.stage('correlate'):
        # Not the tiles that are listed: how many those are must not change the answer.
        looked_at = ranking.tiles[: config.retrieval.top_k]
        # Priors are of the vehicle; what is searched is where the photo's centre may be.
        prior = lever.center_prior(asked.prior)
        matches = correlate(
            photo.nadir,
            loaded_map.areas,
            [tile.tile_metadata for tile in looked_at],
            usual_footprint_m,
            1e6 * config.correlation.max_million_scores,
            prior,
            lever.center_prior(asked.track_prior),
            _over_relief(asked, photo, prior),
            asked.is_sure_of,
        )
    return _Found(matches, lever, usual_footprint_m, np.zeros((2, 2)))


def _over_relief(asked: Question, photo: _Photo, prior: Prior | None) -> OverRelief | None:
    """Return the photo over its ground, on all ground that is searched."""
    if photo.relief is None or asked.where is None:
        return None
    boxes = [] if prior is None else prior.regions_in(photo.relief.terrain.frame)
    return photo.relief, Region.union([asked.where, *boxes])


def _locate(
    asked: Question, ranking: Ranking | Refusal, found: _Found | None, clock: StageClock
) -> Answer:
    """Return the answer: by correlation where there was one, or else by the tiles."""
    if isinstance(ranking, Refusal):
        return Answer(ranking, ranking, timings_ms=clock.timings_ms)
    if found is None:
        return _locate_by_tiles(asked, ranking, clock)
    loaded_map, matches, lever = asked.loaded_map, found.matches, found.lever
    with clock.stage('locate'):
        model = asked.model
        center = locate_center(matches, model, asked.config.position)
        if isinstance(center, PositionEstimate):
            center = center.widened(found.added_m2)
        looked_at_all = asked.prior is not None or matches.is_whole_map
        tiles = None if looked_at_all else loaded_map.tile_evidence(ranking.descriptor)
        hypotheses = hypotheses_of(matches, model, loaded_map.frame, lever)
        candidates = verified_candidates(
            matches.matches, model, lever, ranking.tiles, asked.listed
        )
    vehicle = lever.at(matches.matches[0]).vehicle(center) if matches.matches else center
    deviation = None
    if isinstance(vehicle, PositionEstimate):
        # Where the ground gave the height, the scale is that of the ground as well.
        deviation = Deviation.of(
            *(asked.view, lever, matches.matches[0], vehicle, loaded_map.frame),
            is_heading_known=not asked.is_heading_guessed,
            is_scale_known=asked.where is None and not asked.is_scale_guessed,
        )
    return Answer(
        vehicle,
        center,
        candidates,
        ranking.tiles[: asked.listed],
        matches.found_by,
        clock.timings_ms,
        hypotheses,
        tiles,
        matches.looked_near_track,
        deviation=deviation,
    )


def _answer_joined(
    asked: Question,
    recent: RecentPhotos,
    photo: _Photo,
    ranking: Ranking | Refusal,
    alone: _Found,
    answer: Answer,
    clock: StageClock,
) -> Answer:
    """Return the answer by the photo and those before it, or the one by the photo alone."""
    if isinstance(ranking, Refusal) or not _shows_little(asked, photo.nadir, alone):
        recent.clear()
        return answer
    with clock.stage('join'):
        joined = recent.join(photo.nadir, _is_ambiguous(answer))
        if joined is None:
            return replace(answer, timings_ms=clock.timings_ms)
        matches = correlate(
            joined.photo,
            asked.loaded_map.areas,
            [tile.tile_metadata for tile in ranking.tiles[: asked.config.retrieval.top_k]],
            joined.usual_footprint_m(alone.usual_footprint_m),
            1e6 * asked.config.correlation.max_million_scores,
            joined.center_prior(alone.lever.center_prior(asked.prior)),
        )
    found = replace(alone, matches=joined.of_newest(matches), added_m2=joined.covariance_m2)
    together = _locate(asked, ranking, found, clock)
    if not together.is_fix:
        return replace(answer, timings_ms=clock.timings_ms)
    return replace(
        together,
        images_joined=joined.images,
        deviation=None,  # its errors are those of several images
        # The track has heard the earlier photos already: it takes this one alone.
        hypotheses=answer.hypotheses,
        tile_evidence=answer.tile_evidence,
        looked_near_track=answer.looked_near_track,
    )


def _shows_little(asked: Question, photo: NadirImage, found: _Found) -> bool:
    """Return whether the photo shows so little ground that it is joined with others."""
    gsd = photo.view.gsd_m_per_px
    side_m = found.usual_footprint_m if gsd is None else gsd * max(photo.image.shape[:2])
    return side_m <= asked.config.low_flight.max_footprint_m


def _is_ambiguous(answer: Answer) -> bool:
    return isinstance(answer.position, Refusal) and answer.position.reason == 'ambiguous'


def _locate_by_tiles(asked: Question, ranking: Ranking, clock: StageClock) -> Answer:
    """Return the answer where the map has no fields to correlate with: the best tile's centre."""
    loaded_map, listed = asked.loaded_map, ranking.tiles[: asked.listed]
    with clock.stage('locate'):
        position = estimate_position(
            ranking.tiles[: asked.config.retrieval.top_k],
            rival_similarity(ranking.tiles),
            loaded_map.background_similarities(ranking.descriptor),
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
