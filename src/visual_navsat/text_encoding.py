# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The encoding of a text file, as far as its first bytes tell."""

from __future__ import annotations

import codecs

# What a byte order mark says; the longer one first, since it begins with the shorter.
_MARKS = (
    (codecs.BOM_UTF8, 'utf-8-sig'),
    (codecs.BOM_UTF32_LE, 'utf-32'),
    (codecs.BOM_UTF32_BE, 'utf-32'),
    (codecs.BOM_UTF16_LE, 'utf-16'),
    (codecs.BOM_UTF16_BE, 'utf-16'),
)


def encoding_of(content: bytes) -> str:
    """Return what a byte order mark, or else the zeros of UTF-16, tell; '' where nothing does."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), '')
    if marked:
        return marked
    if content[1:2] == b'\0':
        return 'utf-16-le'
    return 'utf-16-be' if content[:1] == b'\0' else ''
