"""Read from the engine's answer what an evaluation scores and a report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visual_navsat.engine import QueryResult
    from visual_navsat.geometry.geodesy import LocalFrame
    from visual_navsat.localization.position import PositionEstimate, Refusal


def confidence(result: QueryResult) -> float | None:
    """Return the probability of the best hypothesis, None where the engine gives none."""
    return max((float(h.probability) for h in result.hypotheses), default=None)


def scored_position(result: QueryResult, score: str) -> PositionEstimate | Refusal:
    """Return the vehicle's position, or with ``footprint`` the ground under the image's centre."""
    return result.center if score == 'footprint' else result.position


def shown_fields(result: QueryResult, frame: LocalFrame) -> dict[str, Any]:
    """
    Return the fields of a QueryOutcome that say how an answer was found.

    :param frame: the engine's, in which the hypotheses are.
    """
    from visual_navsat.evaluation import Place
    from visual_navsat.localization.position import PositionEstimate

    ranked = sorted(result.hypotheses, key=lambda h: -h.probability)
    center = result.center
    return {
        'similarities': [candidate.similarity_score for candidate in result],
        'found_by': result.found_by,
        'center': (
            (center.latitude, center.longitude) if isinstance(center, PositionEstimate) else None
        ),
        'places': [
            Place(*map(float, frame.geodetic_from_enu(h.position_enu_m)), float(h.probability))
            for h in ranked
        ],
    }
