# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The tables that people make and open: CSV files with a header, read with pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import io
import math
from pathlib import Path

import pandas as pd
from visual_navsat.errors import VisualNavsatError


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file, and how to say which of them is wrong."""

    path: str
    cells: pd.DataFrame  # stripped text; columns by their normal names, rows by line of the file
    error: type[VisualNavsatError]  # raised where a cell is wrong

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
        values = texts.map(_number).astype(float)
        is_wrong = ~(values.between(low, high) & values.abs().lt(math.inf))
        if is_optional:
            is_wrong &= texts.ne('')
        self.check(is_wrong, column, takes)
        return values

    def check(self, is_wrong: pd.Series[bool], column: str, takes: str) -> None:
        """Raise the table's error for the first row in which a column's cell is wrong."""
        line = first_line(is_wrong)
        if line is not None:
            raise self.error_at(line, f'{column} must be {takes}, got {self.text(column)[line]!r}')

    def error_at(self, line: int, message: str) -> VisualNavsatError:
        """Return an error that names the file, the line and the line's ``Filename`` if any."""
        name = self.text('Filename')[line]
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
    mark.

    :param required: columns that must be there.
    :param error: what to raise if the file cannot be read, lacks a column, or has more cells in a
        line than columns.
    :param aliases: other names of columns, both in lower case.
    """
    cells = _read_cells(path, error)
    cells = cells[(cells != '').any(axis=1)]
    header = list(cells.iloc[0]) if len(cells) else []
    while header and not header[-1]:
        header.pop()
    names = [normal_name(name) for name in header]
    names = [(aliases or {}).get(name, name) for name in names]
    missing = [name for name in required if normal_name(name) not in names]
    if missing:
        raise error(
            f'{path} has no column {", ".join(missing)}: its columns are '
            f'{", ".join(header) or "nothing"}'
        )
    rows = cells.iloc[1:]
    width = len(names)
    is_beyond = rows.iloc[:, width:] != ''
    line = first_line(is_beyond.any(axis=1))
    if line is not None:
        count = rows.loc[line].ne('').to_numpy().nonzero()[0][-1] + 1
        raise error(
            f'{path} line {line} has {count} cells for {len(names)} columns: quote cells that '
            'hold a comma'
        )
    named = rows.iloc[:, : len(names)].set_axis(names, axis=1)
    return Table(str(path), named.loc[:, ~named.columns.duplicated()], error)


def first_line(is_wrong: pd.Series[bool]) -> int | None:
    """Return the line of the first row that is wrong, None if none is."""
    lines = is_wrong.index[is_wrong]
    return int(lines[0]) if len(lines) else None


def normal_name(column: str) -> str:
    """Return a column's name as it is compared."""
    name = column.strip().lower()
    return f'{name}g' if name.endswith('_lon') else name


def _read_cells(path: str | Path, error: type[VisualNavsatError]) -> pd.DataFrame:
    """Return stripped text, as wide as the widest line; rows by line of the file, from 1."""
    try:
        text = Path(path).read_text(encoding='utf-8-sig')
        width = max((line.count(',') for line in text.split('\n')), default=0) + 1
        cells = pd.read_csv(
            io.StringIO(text),
            header=None,
            names=range(width),
            dtype=str,
            na_filter=False,
            skipinitialspace=True,
            skip_blank_lines=False,
        )
    except OSError as problem:
        raise error(f'cannot read {path}: {problem.strerror}') from problem
    except (UnicodeDecodeError, pd.errors.ParserError) as problem:
        raise error(f'{path} is not a CSV in UTF-8 ({problem}): save it as one') from problem
    cells.index += 1
    return cells.apply(lambda column: column.str.strip())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
