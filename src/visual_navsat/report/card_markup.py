"""The cards of the worst images as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from visual_navsat.evaluation.record import AnswerRecord
from visual_navsat.report.markup import escape, metres
from visual_navsat.report.style import GRADES, grade_of
from visual_navsat.report.worst import Card, Panel


def cards(items: Sequence[Card], colours: dict[str, str]) -> str:
    """
    Return the cards.

    :param colours: of the reasons of refusals.
    """
    return f'<div class="cards">{"".join(_card(item, colours) for item in items)}</div>'


def _card(card: Card, colours: dict[str, str]) -> str:
    columns = len(card.panels)
    pictures = ''.join(_panel(panel, index) for index, panel in enumerate(card.panels))
    is_single = len(card.names) == 1
    badges = ''.join(
        _badge(answer, colours, '' if is_single else f'{name}: ')
        for name, answer in zip(card.names, card.answers, strict=True)
    )
    notes = f'<p>{escape(_notes(card.answers[0]))}</p>' if is_single else ''
    return (
        f'<article class="panel card" id="image-{card.number}"><header>'
        f'<h3>{escape(card.answers[0].filename)}</h3>{badges}'
        f'<button type="button" data-show="{card.number}">show on the map</button></header>'
        f'<div class="pictures" style="grid-template-columns:repeat({columns},minmax(0,1fr))">'
        f'{pictures}</div>{notes}</article>'
    )


def _badge(answer: AnswerRecord, colours: dict[str, str], name: str) -> str:
    if not answer.is_fix:
        reason = answer.reason or 'unknown'
        colour = colours.get(reason, '#64748b')
        text = f'{name}refused: {reason}'
        return f'<span class="badge" style="--colour:{colour}">{escape(text)}</span>'
    colour = GRADES[-1 if answer.is_false_fix else grade_of(answer.error_m)][1]
    what = 'false fix' if answer.is_false_fix else 'fix'
    text = f'{name}{what}, {metres(answer.error_m)} off'
    return f'<span class="badge fix" style="--colour:{colour}">{escape(text)}</span>'


def _panel(panel: Panel, index: int) -> str:
    if panel.uri is None:
        picture = '<div class="picture missing">no picture at hand</div>'
    else:
        marks = ''.join(
            f'<i class="mark {name}" style="left:{100 * x:.1f}%;top:{100 * y:.1f}%"></i>'
            for name, x, y in panel.marks
        )
        centred = '' if index == 0 else ' centred'
        picture = (
            f'<div class="picture{centred}"><img src="{panel.uri}" alt="{escape(panel.label)}">'
            f'{marks}</div>'
        )
    return f'<figure>{picture}<figcaption>{escape(panel.label)}</figcaption></figure>'


def _notes(answer: AnswerRecord) -> str:
    notes = []
    if answer.is_fix:
        notes.append(f'{answer.error_sigmas:.1f} of its sigmas off')
    elif answer.detail:
        notes.append(answer.detail)
    if answer.confidence is not None:
        notes.append(f'confidence {answer.confidence:.4f}')
    if answer.found_by:
        notes.append(f'found by {answer.found_by}')
    rank = answer.rank_of_truth
    notes.append('true tile not retrieved' if rank is None else f'true tile ranks {rank}')
    if answer.candidates:
        best = answer.candidates[0]
        notes.append(f'most similar tile {best.filename} ({best.similarity:.3f})')
    return ' · '.join(notes)
