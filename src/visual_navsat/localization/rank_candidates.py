# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rank the candidates: the verified places by their match, then the tiles by similarity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.position_model import PositionModel
from visual_navsat.retrieval.result import RetrievalResult


def verified_candidates(
    matches: Sequence[MapMatch],
    model: PositionModel,
    lever: Lever,
    ranked: Sequence[RetrievalResult],
    listed: int,
) -> tuple[Candidate, ...]:
    """
    Return the places that correlation found, then the ranked tiles that show none of them.

    :param matches: of this image alone, strongest first.
    :param lever: to the vehicle, as known before.
    :param ranked: tiles, most similar first.
    :param listed: how many of them may be candidates.
    """
    candidates: list[Candidate] = []
    shown: set[int] = set()
    probabilities = model.probabilities(matches)
    for match, probability in zip(matches, probabilities, strict=True):
        tile = next((one for one in ranked if one.tile_metadata.contains(*match.place)), None)
        lat, long = lever.at(match).vehicle_place(*match.place)
        candidates.append(
            Candidate(
                len(candidates) + 1,
                # A rival must not be more probable than the best place.
                float(min(probability, probabilities[0])),
                lat,
                long,
                match.heading_deg,
                match.gsd_m_per_px,
                *match.place,
                **_of_tile(tile),
            )
        )
        if tile is not None:
            shown.add(tile.descriptor_idx)
    for tile in ranked[:listed]:
        if tile.descriptor_idx not in shown:
            candidates.append(_tile_candidate(tile, len(candidates) + 1, None))
    return tuple(candidates)


def tile_candidates(
    ranked: Sequence[RetrievalResult], probabilities: Mapping[int, float]
) -> tuple[Candidate, ...]:
    """
    Return ranked tiles as candidates where there is no correlation.

    :param probabilities: that a tile is the right one, by its row in the index.
    """
    return tuple(
        _tile_candidate(tile, tile.rank, probabilities[tile.descriptor_idx]) for tile in ranked
    )


def _tile_candidate(tile: RetrievalResult, rank: int, probability: float | None) -> Candidate:
    place = tile.tile_metadata.center_lat, tile.tile_metadata.center_long
    return Candidate(rank, probability, *place, **_of_tile(tile))


def _of_tile(tile: RetrievalResult | None) -> dict[str, Any]:
    if tile is None:
        return {}
    return {
        'filename': tile.tile_metadata.filename,
        'tile_index': tile.descriptor_idx,
        'similarity': float(tile.similarity_score),
        'retrieval_rank': tile.rank,
    }
