"""How an answer was found, as the fields of a QueryOutcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visual_navsat.evaluation.outcome import Place
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.result import RetrievalResult


def found_fields(
    candidates: Sequence[RetrievalResult],
    found_by: str,
    center: PositionEstimate | Refusal | None,
    hypotheses: Sequence[Hypothesis],
    frame: LocalFrame,
) -> dict[str, Any]:
    """
    Return the fields of a QueryOutcome that say how an answer was found.

    :param center: the ground under the image's centre.
    :param hypotheses: where the vehicle may be.
    :param frame: that the hypotheses are in.
    """
    places = [
        Place(*map(float, frame.geodetic_from_enu(h.position_enu_m)), float(h.probability))
        for h in sorted(hypotheses, key=lambda h: -h.probability)
    ]
    is_found = isinstance(center, PositionEstimate)
    return {
        'ranked_tiles': [candidate.tile_metadata for candidate in candidates],
        'similarities': [float(candidate.similarity_score) for candidate in candidates],
        'confidence': places[0].probability if places else None,
        'found_by': found_by,
        'center': (float(center.latitude), float(center.longitude)) if is_found else None,
        'places': places,
    }
