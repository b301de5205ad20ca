"""Pieces of HTML, with everything that comes from outside escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as _escape

from visual_navsat.report.pictures import data_uri


def escape(value: object) -> str:
    """Return text for HTML, in an attribute too."""
    return _escape(str(value), quote=True)


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share, 0 to 1, for people."""
    return '–' if share is None else f'{share:.{digits}%}'.replace('%', ' %')


def metres(value: float | None) -> str:
    """Return metres for people: to a decimetre, of long distances to a metre."""
    if value is None:
        return '–'
    return f'{value:.1f} m' if value < 100 else f'{value:,.0f} m'


def figure_tile(name: str, value: str, note: str, mood: str = '') -> str:
    """Return one of the large figures at the top; ``mood`` is good, bad or nothing."""
    return (
        f'<div class="figure {mood}"><span>{escape(name)}</span>'
        f'<strong>{escape(value)}</strong><span>{escape(note)}</span></div>'
    )


def chart(title: str, svg: str, caption: str, wide: bool = False) -> str:
    """Return a chart; as an image of its own, its names cannot meet those of another."""
    uri = data_uri(svg.encode(), 'image/svg+xml')
    return (
        f'<figure class="panel chart{" wide" if wide else ""}"><h3>{escape(title)}</h3>'
        f'<img src="{uri}" alt="{escape(f"{title}. {caption}")}">'
        f'<figcaption>{escape(caption)}</figcaption></figure>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are HTML already, whole ``<td>`` or what stands in one."""
    titles = ''.join(f'<th>{escape(title)}</th>' for title in head)
    lines = (
        ''.join(cell if cell.startswith('<td') else f'<td>{cell}</td>' for cell in row)
        for row in rows
    )
    body = ''.join(f'<tr>{line}</tr>' for line in lines)
    return (
        f'<div class="scroll"><table><thead><tr>{titles}</tr></thead>'
        f'<tbody>{body}</tbody></table></div>'
    )


def section(title: str, intro: str, content: str) -> str:
    """Return a part of the page under its own heading."""
    return f'<section><h2>{escape(title)}</h2><p>{escape(intro)}</p>{content}</section>'
