# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tables: the metadata CSV, with every separator, encoding and number that people write."""

from __future__ import annotations

from pathlib import Path

from bench.fuzz.edits import number_texts
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
from visual_navsat.maps.metadata_csv import COLUMNS, read_tiles

_GOOD = dict(zip(COLUMNS, ('', '47.86', '9.01', '47.85', '9.02', '18', '0.4'), strict=True))
_names = st.one_of(
    st.sampled_from(('a.png', 'b.png', '../c.png', '', 'x' * 300, 'C:\\maps\\d.png')),
    st.text(max_size=12),
)


@st.composite
def _tables(draw: st.DrawFn) -> bytes:
    separator = draw(st.sampled_from(',,,;;\t|'))
    header = draw(st.permutations(COLUMNS)) if draw(st.booleans()) else list(COLUMNS)
    header = header[: draw(st.integers(3, len(COLUMNS)))] if draw(st.booleans()) else header
    lines = [separator.join(header)]
    for number in range(draw(st.integers(0, 4))):
        cells = [_cell(draw, name, number) for name in header]
        if draw(st.booleans()):
            cells = [f'"{cell}"' for cell in cells]
        lines.append(separator.join(cells))
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.text(max_size=12)))
    text = draw(st.sampled_from(('\n', '\r\n', '\r'))).join(lines)
    encoding = draw(st.sampled_from(('utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'latin-1')))
    return text.encode(encoding, 'replace')


def _cell(draw: st.DrawFn, column: str, line: int) -> str:
    """Return a cell that is right nine times of ten."""
    if draw(st.integers(0, 9)) == 0:
        return draw(_names if column == 'Filename' else number_texts)
    return f'{line}.png' if column == 'Filename' else _GOOD[column]


def _read_tiles(folder: Path, content: bytes) -> object:
    return read_tiles(write(folder, 'map.csv', content))


TARGETS = (Target('metadata CSV', _tables() | st.binary(max_size=200), _read_tiles),)
