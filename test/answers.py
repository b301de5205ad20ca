"""Make answers as the localizer gives them, scored or not."""

from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.retrieval.result import RetrievalResult


def make_answer(
    position, tiles=(), similarity=0.8, seconds=0.0, timings_ms=None, stamp_s=None,
    confidence=None, heading_deg=None, **fields,
):  # fmt: skip
    """Make an answer; with a confidence it has a candidate that was not verified."""
    candidates = fields.pop('candidates', ())
    if confidence is not None and not candidates:
        candidates = (Candidate(1, confidence, 0.0, 0.0),)
    return Answer(
        position,
        candidates=tuple(candidates),
        ranked_tiles=tuple(
            RetrievalResult(rank, similarity, tile, rank - 1)
            for rank, tile in enumerate(tiles, start=1)
        ),
        timings_ms={**(timings_ms or {}), 'total': 1e3 * seconds},
        stamp_ns=None if stamp_s is None else round(stamp_s * 1e9),
        view=View(heading_deg=heading_deg),
        **{'name': 'q', **fields},
    )


def score(position, truth=(0.0, 0.0), radius_m=50.0, height_agl_m=None, gsd=None, **fields):
    """Make an answer beside its truth."""
    answer = make_answer(position, **fields)
    return ScoredAnswer.of(answer, truth, radius_m, height_agl_m, gsd)
