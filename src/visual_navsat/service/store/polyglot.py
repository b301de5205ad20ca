# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Files that are a picture and something else at once."""

from __future__ import annotations

import mmap
from pathlib import Path
import re
import zipfile

from visual_navsat.errors import ImageError

_PDF_WITHIN = 1024  # bytes: readers of PDF look for its head in them
# Long enough that compressed pixels do not hold them by chance.
_MARKUP = re.compile(
    rb'<script[\s>]|<SCRIPT[\s>]|<!doctype html|<!DOCTYPE html|<html[\s>]|<\?php\s'
)


def check_only_picture(path: Path, name: str) -> None:
    """
    Raise ImageError if a picture is a zip, a PDF, a page or a script as well.

    What phones append to their photos, such as a short film, is let through.
    """
    kind = _other_kind(path)
    if kind is not None:
        raise ImageError(f'{name} is a picture and {kind} in one file: export the picture again')


def _other_kind(path: Path) -> str | None:
    if zipfile.is_zipfile(path):
        return 'a zip'
    with path.open('rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find(b'%PDF-', 0, _PDF_WITHIN) >= 0:
            return 'a PDF'
        return 'a page or a script' if _MARKUP.search(content) else None
