# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Strategies that other inputs are made of: numbers as people write them, edits of good texts."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

# Numbers as they stand in files, right and wrong.
number_texts = st.one_of(
    st.floats(-180, 180).map(lambda value: f'{value:.6f}'),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        ('', ' ', '0', '-0', '1e-320', '1e308', '-1e400', 'nan', 'inf', '4\u066b5', '47,85', '١٢')
    ),
    st.text(max_size=8),
)

_JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(([], {}, [1], {'a': 1}, '', 10**400, -1, 0, 2**63, 1e308, float('nan'))),
)


@st.composite
def damaged_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    """Return good content with some of its bytes cut out, doubled or replaced."""
    content = bytearray(good)
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.integers(0, 40))
        content[slice(start, start + length)] = draw(st.binary(max_size=12))
    return bytes(content)


@st.composite
def edited_json(draw: st.DrawFn, good: Any) -> str:
    """Return a good JSON document of which some values are others, gone, or of another name."""
    document = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 4))):
        document = _edited(draw, document)
    return json.dumps(document)


def _edited(draw: st.DrawFn, value: Any) -> Any:
    """Return a value with one edit somewhere in it."""
    inside = isinstance(value, dict | list) and len(value) > 0 and draw(st.integers(0, 5)) > 0
    if not inside:
        return draw(_JSON_VALUES)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        edit = draw(st.sampled_from(('change', 'change', 'drop', 'repeat')))
        if edit == 'drop':
            return [item for number, item in enumerate(value) if number != place]
        if edit == 'repeat':
            return [*value, copy.deepcopy(value[place])]
        edited = _edited(draw, value[place])
        return [edited if number == place else item for number, item in enumerate(value)]
    key = draw(st.sampled_from(sorted(value)))
    edit = draw(st.sampled_from(('change', 'change', 'change', 'drop', 'add')))
    if edit == 'drop':
        return {name: one for name, one in value.items() if name != key}
    if edit == 'add':
        return {**value, draw(st.text(max_size=6)): draw(_JSON_VALUES)}
    return {**value, key: _edited(draw, value[key])}
