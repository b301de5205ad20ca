# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Edits of an index as a hand or a script makes them, drawn from a seed, with checksums anew."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import numpy as np
from visual_navsat.files import file_sha256
from visual_navsat.index.manifest import CHECKSUMS, MANIFEST, VOCABULARY

Edit = Callable[[Path, np.random.Generator], str]
SEGMENT = '0001'
_STRANGE = (None, True, '', 'abc', '1', [], {}, [1], -1, 0, 1e308, 1e-308, 2**63, float('nan'))


def remake_checksums(folder: Path) -> None:
    """Write checksums.sha256 so that it fits the files that are there."""
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    lines = [f'{file_sha256(folder / name)}  {name}\n' for name in names]
    (folder / CHECKSUMS).write_text(''.join(lines))


def remake_digests(folder: Path) -> None:
    """Let the manifest say that it was written for the files that are there, where it says so."""
    content = json.loads((folder / MANIFEST).read_text())
    if isinstance(content, dict) and isinstance(content.get('sha256'), dict):
        content['sha256'] = {
            path.name: file_sha256(path)
            for path in sorted(folder.iterdir())
            if path.name not in (MANIFEST, CHECKSUMS)
        }
        (folder / MANIFEST).write_text(json.dumps(content))


def edit_manifest(folder: Path, rng: np.random.Generator) -> str:
    """Change, drop or move one entry of the manifest, as deep as it may lie."""
    content = json.loads((folder / MANIFEST).read_text())
    places = list(_places(content))
    # Where the map lies is where an edit does harm: each third edit is one of that.
    if rng.random() < 1 / 3:
        places = [(p, k) for p, k in places if k in _PLACE_NAMES]
    parent, key = places[rng.integers(len(places))]
    old = parent[key]
    if rng.random() < 0.12:
        del parent[key]
        said = 'dropped'
    else:
        parent[key] = _changed(old, rng)
        said = f'{old!r:.40} became {parent[key]!r:.40}'
    (folder / MANIFEST).write_text(json.dumps(content))
    return f'manifest {key}: {said}'


_PLACE_NAMES = (
    *('origin_lat', 'origin_long', 'west_m', 'north_m', 'gsd_m_per_px'),
    *('rows', 'columns', 'top', 'left', 'area'),
)


def _places(value: Any) -> Any:
    """Yield (object, key) of every entry of a JSON document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list) and key != 'sha256':
            yield from _places(inner)


def _changed(old: Any, rng: np.random.Generator) -> Any:
    """Return another value: a little off, far off, or of another kind."""
    if isinstance(old, int | float) and not isinstance(old, bool) and rng.random() < 0.75:
        size = 10.0 ** rng.uniform(-6, 3) * rng.choice([-1, 1])
        changed = [old + size, old * (1 + size / 100), -old, old + rng.choice([-1, 1])]
        value = changed[rng.integers(len(changed))]
        return round(value) if isinstance(old, int) else float(value)
    return _STRANGE[rng.integers(len(_STRANGE))]


def edit_tiles(folder: Path, rng: np.random.Generator) -> str:
    """Change a cell, a row or a column of the table of tiles."""
    path = folder / f'{SEGMENT}.tiles.csv'
    header, *lines = path.read_text().splitlines()
    rows = [line.split(',') for line in lines]
    kind = str(rng.choice(list(_TABLE_EDITS)))
    rows = _TABLE_EDITS[kind](rows, rng)
    path.write_text('\n'.join([header, *map(','.join, rows), '']))
    return f'tiles {kind}'


def _one_cell(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    row, column = rows[rng.integers(len(rows))], int(rng.integers(1, 5))
    row[column] = str(float(row[column]) + _shift(rng))
    return rows


def _all_moved(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    shift, first = _shift(rng), int(rng.integers(1, 3))
    for row in rows:
        for column in (first, first + 2):
            row[column] = str(float(row[column]) + shift)
    return rows


def _two_swapped(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    one, other = (rows[rng.integers(len(rows))] for _ in range(2))
    one[1:5], other[1:5] = other[1:5], one[1:5]
    return rows


def _columns_swapped(rows: list[list[str]], _: np.random.Generator) -> list[list[str]]:
    return [[row[0], row[2], row[1], row[4], row[3], *row[5:]] for row in rows]


def _sign_changed(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    column = int(rng.integers(1, 5))
    for row in rows:
        row[column] = str(-float(row[column]))
    return rows


def _shift(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-6, 1) * rng.choice([-1, 1]))


_TABLE_EDITS: dict[str, Callable[[list[list[str]], np.random.Generator], list[list[str]]]] = {
    'one cell': _one_cell,
    'all moved': _all_moved,
    'two swapped': _two_swapped,
    'columns swapped': _columns_swapped,
    'sign changed': _sign_changed,
    'one dropped': lambda rows, rng: [r for r in rows if r is not rows[rng.integers(len(rows))]],
    'one doubled': lambda rows, rng: [*rows, rows[rng.integers(len(rows))]],
    'shuffled': lambda rows, rng: [rows[index] for index in rng.permutation(len(rows))],
}


def edit_array(folder: Path, rng: np.random.Generator) -> str:
    """Change the values, the type or the shape of an array."""
    parts = ('codes', 'fields', 'blocks', 'gsds')
    names = [VOCABULARY, *(f'{SEGMENT}.{part}.npy' for part in parts)]
    name = names[rng.integers(len(names))]
    array = np.load(folder / name)
    kind = rng.choice(list(_ARRAY_EDITS))
    np.save(folder / name, _ARRAY_EDITS[kind](array, rng))
    return f'{name} {kind}'


def _with_nan(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if array.dtype.kind != 'f':
        return array[::-1]
    flat = array.copy().ravel()
    flat[rng.integers(len(flat))] = rng.choice([np.nan, np.inf, 1e30])
    return flat.reshape(array.shape)


_ARRAY_EDITS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    'permuted': lambda array, rng: rng.permutation(array),
    'rolled': lambda array, rng: np.roll(array, int(rng.integers(1, 5000))),
    'reversed': lambda array, _: array[::-1],
    'negated': lambda array, _: -array,
    'zeros': lambda array, _: np.zeros_like(array),
    'not finite': _with_nan,
    'scaled': lambda array, rng: (array * rng.uniform(0, 3)).astype(array.dtype),
    'noise': lambda array, rng: rng.normal(0, 1, array.shape).astype(array.dtype),
    'other type': lambda array, _: array.astype(np.float64),
    'shorter': lambda array, _: array[:-1],
    'longer': lambda array, _: np.concatenate([array, array[:1]]),
    'flat': lambda array, _: array.ravel() if array.ndim > 1 else array[np.newaxis],
}


def edit_bytes(folder: Path, rng: np.random.Generator) -> str:
    """Change some bytes of any file."""
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    path = folder / names[rng.integers(len(names))]
    content = bytearray(path.read_bytes())
    # A header is where one byte changes most.
    reach = len(content) if rng.random() < 0.5 else min(128, len(content))
    for _ in range(int(rng.integers(1, 4))):
        content[rng.integers(reach)] = rng.integers(256)
    path.write_bytes(content)
    return f'{path.name} bytes'


EDITS: tuple[Edit, ...] = (edit_manifest, edit_manifest, edit_tiles, edit_array, edit_bytes)
