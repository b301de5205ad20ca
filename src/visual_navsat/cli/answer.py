"""Read from the engine's answer what an evaluation scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visual_navsat.engine import QueryResult
    from visual_navsat.localization.position import PositionEstimate, Refusal


def confidence(result: QueryResult) -> float | None:
    """Return the probability of the best hypothesis, None where the engine gives none."""
    return max((float(h.probability) for h in result.hypotheses), default=None)


def scored_position(result: QueryResult, score: str) -> PositionEstimate | Refusal:
    """Return the vehicle's position, or with ``footprint`` the ground under the image's centre."""
    return result.center if score == 'footprint' else result.position
