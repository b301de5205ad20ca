"""What the page says on the cards of the worst images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from visual_navsat.evaluation.run_record import ScoredAnswer
from visual_navsat.report.style import GRADES, grade_of
from visual_navsat.report.wording import metres
from visual_navsat.report.worst import Card


@dataclass(frozen=True)
class Badge:
    """What an image was answered, in a word."""

    text: str
    colour: str
    is_fix: bool


def card_values(card: Card, colours: Mapping[str, str]) -> dict[str, Any]:
    """
    Return what a template shows of a card.

    :param colours: of the reasons of refusals.
    """
    is_single = len(card.names) == 1
    return {
        'number': card.number,
        'filename': card.answers[0].filename,
        'panels': card.panels,
        'badges': [
            _badge(answer, colours, '' if is_single else f'{name}: ')
            for name, answer in zip(card.names, card.answers, strict=True)
        ],
        'notes': _notes(card.answers[0]) if is_single else '',
    }


def _badge(answer: ScoredAnswer, colours: Mapping[str, str], name: str) -> Badge:
    if not answer.is_fix:
        reason = answer.reason or 'unknown'
        return Badge(f'{name}refused: {reason}', colours.get(reason, '#64748b'), False)
    colour = GRADES[-1 if answer.is_false_fix else grade_of(answer.error_m)][1]
    what = 'false fix' if answer.is_false_fix else 'fix'
    return Badge(f'{name}{what}, {metres(answer.error_m)} off', colour, True)


def _notes(answer: ScoredAnswer) -> str:
    notes = []
    if answer.is_fix:
        notes.append(f'{answer.error_sigmas:.1f} of its sigmas off')
    elif answer.detail:
        notes.append(answer.detail)
    if answer.answer.confidence is not None:
        notes.append(f'confidence {answer.answer.confidence:.4f}')
    if answer.answer.found_by:
        notes.append(f'found by {answer.answer.found_by}')
    rank = answer.rank_of_truth
    notes.append('true tile not retrieved' if rank is None else f'true tile ranks {rank}')
    ranked = [(one.retrieval_rank, one) for one in answer.answer.candidates if one.retrieval_rank]
    if ranked:
        _, best = min(ranked, key=lambda pair: pair[0])
        notes.append(f'most similar tile {best.filename} ({best.similarity:.3f})')
    return ' · '.join(notes)
