# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which files of a folder are photos, in the order of the camera's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
import re

from visual_navsat.image_file import UNREAD_SUFFIXES

SUFFIXES = ('.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp', '.bmp', '.jp2')
# What systems leave in folders, and nobody misses.
_OF_SYSTEMS = ('thumbs.db', 'desktop.ini', 'ehthumbs.db')
_APPLE_DOUBLE = '._'
_SHOWN = 3  # names in a note
# Counters of cameras begin anew after these.
_LAST_NUMBERS = (999, 9999)


def list_photos(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the photos of a folder by their numbers, and what else there is, for people."""
    files = sorted(path for path in folder.iterdir() if path.is_file() or path.is_symlink())
    hidden = [path for path in files if path.name.startswith('.')]
    shown = [path for path in files if path not in hidden]
    photos = [path for path in shown if path.suffix.lower() in SUFFIXES]
    unread = [path.name for path in shown if path.suffix.lower() in UNREAD_SUFFIXES]
    known = {*(path.name for path in photos), *unread}
    others = [
        path.name
        for path in shown
        if path.name not in known and path.name.lower() not in _OF_SYSTEMS
    ]
    apple = [path.name for path in hidden if path.name.startswith(_APPLE_DOUBLE)]
    rest = [
        path.name for path in hidden if path.name not in apple and path.suffix.lower() in SUFFIXES
    ]
    said = [
        (apple, 'file', ' of macOS'),
        (rest, 'hidden file', ''),
        (unread, 'photo', ' of formats that are not read: export them as JPEG'),
        (others, 'file', ' of other kinds'),
    ]
    notes = [f'{named(names, what)}{why}' for names, what, why in said if names]
    return _by_number(photos), notes


def named(names: Sequence[str], what: str) -> str:
    """Return how many there are, and the first names."""
    listed = ', '.join(name[:60] for name in names[:_SHOWN])
    more = ', ...' if len(names) > _SHOWN else ''
    return f'{len(names)} {what}{"s" if len(names) > 1 else ""} ({listed}{more})'


def _by_number(paths: Sequence[Path]) -> list[Path]:
    """
    Return photos in the order of the last number in their names.

    Where the numbers reach 999 or 9999 and begin anew at 1, those before the gap come last.
    """
    keyed = [(_number(path), path) for path in paths]
    if any(number is None for number, _ in keyed):
        return sorted(paths)
    ordered = sorted((number or 0, path) for number, path in keyed)
    numbers = [number for number, _ in ordered]
    if not numbers or numbers[-1] not in _LAST_NUMBERS or numbers[0] > 1:
        return [path for _, path in ordered]
    gaps = [later - earlier for earlier, later in pairwise(numbers)]
    widest = max(range(len(gaps)), key=gaps.__getitem__, default=-1)
    begin = widest + 1 if gaps and gaps[widest] > 1 else 0
    return [path for _, path in (*ordered[begin:], *ordered[:begin])]


def _number(path: Path) -> int | None:
    found = re.findall(r'\d{1,9}', path.stem, re.ASCII)
    return int(found[-1]) if found else None
