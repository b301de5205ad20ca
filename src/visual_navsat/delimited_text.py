# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The cells of a CSV file, in the encodings and with the separators that spreadsheets write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import csv
import io
import os
import re

from visual_navsat.errors import reason_of, VisualNavsatError
from visual_navsat.files import read_input
from visual_navsat.text_encoding import encoding_of

_SEPARATORS = (',', ';', '\t', '|')
_NAMES = {',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars'}
# How Excel names its separator in a line of its own.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)

Row = tuple[int, list[str]]  # the line that it begins in, from 1; its stripped cells


class Delimited:
    """The rows of a CSV file that hold something, and what separates their cells."""

    def __init__(self, separator: str, rows: list[Row]) -> None:
        self.separator, self.rows = separator, rows

    @property
    def separator_name(self) -> str:
        """Return what separates the cells, in words."""
        return _NAMES.get(self.separator, repr(self.separator))


def read_delimited(
    path: str | os.PathLike[str],
    error: type[VisualNavsatError],
    known_columns: Callable[[Sequence[str]], int],
) -> Delimited:
    """
    Return the cells of a CSV file.

    It is UTF-8, or has a byte order mark, or is UTF-16 or Windows' Western encoding. Commas,
    semicolons, tabs or vertical bars separate its cells: what makes the most of its first row.

    :param error: what to raise if the file cannot be read or is no table.
    :param known_columns: returns how many cells of a first row are names of columns.
    """
    try:
        text = _decoded(read_input(path))
        return _split(text, known_columns)
    except OSError as problem:
        raise error(f'cannot read {path}: {problem.strerror}') from problem
    except (UnicodeError, csv.Error) as problem:
        reason = reason_of(problem)
        raise error(f'{path} is not a CSV in UTF-8 ({reason}): save it as one') from problem


def _decoded(content: bytes) -> str:
    text = content.decode(encoding_of(content) or _unmarked(content))
    # Of what people write as text, none has control characters but tabs and ends of lines.
    strange = re.search(r'[\x00-\x08\x0b\x0e-\x1f]', text)
    if strange:
        raise UnicodeError(f'character {strange[0]!r} at {strange.start()}')
    return text


def _unmarked(content: bytes) -> str:
    """Return the encoding of content that does not tell it."""
    try:
        content.decode('utf-8')
    except UnicodeDecodeError:
        # Names of files may have Western letters; the header of a table has none.
        content.lstrip().partition(b'\n')[0].decode('ascii')
        return 'cp1252'
    return 'utf-8'


def _split(text: str, known_columns: Callable[[Sequence[str]], int]) -> Delimited:
    lines = text.splitlines()
    number = next((number for number, line in enumerate(lines) if line.strip()), 0)
    first = lines[number].strip() if lines else ''
    said = _SEPARATOR_LINE.fullmatch(first)
    if said:
        skipped = number + 1
        return Delimited(said[1], [row for row in _rows(text, said[1]) if row[0] > skipped])

    def known(separator: str) -> int:
        row = next(csv.reader([first], delimiter=separator), [])
        return known_columns([cell.strip() for cell in row])

    separator = max(_SEPARATORS, key=known)  # the first of those that are equal
    return Delimited(separator, _rows(text, separator))


def _rows(text: str, separator: str) -> list[Row]:
    reader = csv.reader(
        io.StringIO(text, newline=''), delimiter=separator, skipinitialspace=True, strict=True
    )
    rows, line = [], 1
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            rows.append((line, stripped))
        line = reader.line_num + 1
    return rows
