# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The tables that people make and open: CSV files with a header, read with pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
from pathlib import Path
import re

import pandas as pd
from visual_navsat.delimited_text import read_delimited
from visual_navsat.errors import shortened, VisualNavsatError

_SHOWN = 200  # characters of a header in a message
# Degrees with minutes, or with the letter of their half of the Earth.
_DEGREES_IN_PARTS = re.compile(r'\d\s*[°º\'′:]|^[NSEW]\s*\d|\d\s*[NSEWO]$', re.IGNORECASE)
_NUMBER = re.compile(
    r'[+-]?(?=[\d.,]*\d)\d*((?P<point>\.)|(?P<comma>,))?(?P<decimals>\d*)([eE][+-]?\d+)?', re.ASCII
)


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file, and how to say which of them is wrong."""

    path: str
    cells: pd.DataFrame  # stripped text; columns by their normal names, rows by line of the file
    error: type[VisualNavsatError]  # raised where a cell is wrong
    has_decimal_commas: bool = False  # a comma in a number is surely its decimal point

    def text(self, column: str) -> pd.Series[str]:
        """Return a column's cells; all empty if there is no such column."""
        name = normal_name(column)
        return self.cells[name] if name in self.cells else pd.Series('', self.cells.index)

    def numbers(
        self,
        column: str,
        takes: str,
        low: float = -math.inf,
        high: float = math.inf,
        is_optional: bool = False,
    ) -> pd.Series[float]:
        """
        Return a column's finite numbers.

        :param takes: what the column holds, for the message: ``-90 to 90 degrees``.
        :param low: the least number that is right.
        :param is_optional: an empty cell is NaN instead of wrong.
        """
        texts = self.text(column)
        values = texts.map(lambda text: _number(text, self.has_decimal_commas)).astype(float)
        is_wrong = ~(values.between(low, high) & values.abs().lt(math.inf))
        if is_optional:
            is_wrong &= texts.ne('')
        self.check(is_wrong, column, takes)
        return values

    def check(self, is_wrong: pd.Series[bool], column: str, takes: str) -> None:
        """Raise the table's error for the first row in which a column's cell is wrong."""
        line = first_line(is_wrong)
        if line is not None:
            text = self.text(column)[line]
            shown = shortened(text, _SHOWN)
            in_parts = _DEGREES_IN_PARTS.search(text)
            hint = '; write decimal degrees, such as 47.85' if in_parts else ''
            raise self.error_at(line, f'{column} must be {takes}, got {shown!r}{hint}')

    def error_at(self, line: int, message: str) -> VisualNavsatError:
        """Return an error that names the file, the line and the line's ``Filename`` if any."""
        name = shortened(self.text('Filename')[line], _SHOWN)
        return self.error(f'{self.path} line {line}{f" ({name})" if name else ""}: {message}')


def read_table(
    path: str | Path,
    required: Sequence[str],
    error: type[VisualNavsatError],
    aliases: Mapping[str, str] | None = None,
) -> Table:
    """
    Return the rows of a CSV file that hold something.

    As found in the wild: spaces around names and values, any case of column names, ``_lon`` for
    ``_long``, quoted cells, other columns, empty or missing last cells, blank lines, a byte order
    mark, semicolons or tabs, decimal commas.

    :param required: columns that must be there.
    :param error: what to raise if the file cannot be read, lacks a column, or has more cells in a
        line than columns.
    :param aliases: other names of columns, both in lower case.
    """
    names = {normal_name(name) for name in (*required, *(aliases or {}))}
    content = read_delimited(
        path, error, lambda row: sum(normal_name(cell) in names for cell in row)
    )
    header = list(content.rows[0][1]) if content.rows else []
    while header and not header[-1]:
        header.pop()
    columns = [normal_name(name) for name in header]
    columns = [(aliases or {}).get(name, name) for name in columns]
    missing = [name for name in required if normal_name(name) not in columns]
    if missing:
        shown = shortened(' '.join(', '.join(header).split()), _SHOWN)
        raise error(
            f'{path} has no column {", ".join(missing)}: its columns are {shown or "nothing"} '
            f'(separated by {content.separator_name})'
        )
    rows = content.rows[1:]
    for line, cells in rows:
        _check_width(path, line, cells, len(columns), error)
    width = len(columns)
    padded = [(cells + [''] * width)[:width] for _, cells in rows]
    named = pd.DataFrame(padded, [line for line, _ in rows], columns, dtype=str)
    kept = named.loc[:, ~named.columns.duplicated()]
    return Table(str(path), kept, error, content.separator != ',')


def first_line(is_wrong: pd.Series[bool]) -> int | None:
    """Return the line of the first row that is wrong, None if none is."""
    lines = is_wrong.index[is_wrong]
    return int(lines[0]) if len(lines) else None


def normal_name(column: str) -> str:
    """Return a column's name as it is compared."""
    name = column.strip().lower()
    return f'{name}g' if name.endswith('_lon') else name


def _check_width(
    path: str | Path, line: int, cells: list[str], width: int, error: type[VisualNavsatError]
) -> None:
    """Raise an error if a row holds something beyond its last column."""
    count = next((n for n in range(len(cells), width, -1) if cells[n - 1]), 0)
    if count:
        raise error(
            f'{path} line {line} has {count} cells for {width} columns: quote cells that hold a '
            'comma, and write decimals with a point'
        )


def _number(text: str, has_decimal_commas: bool = False) -> float:
    """Return a number as people write it; NaN for anything else."""
    text = text.replace('\N{MINUS SIGN}', '-')
    found = _NUMBER.fullmatch(text)
    if found is None:
        return math.nan
    # Three digits after a comma may be thousands, unless commas cannot separate cells either.
    if found['comma'] and not has_decimal_commas and len(found['decimals']) == 3:
        return math.nan
    return float(text.replace(',', '.'))
