"""Everything that a replay gives, as one folder that is complete or absent."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from visual_navsat.errors import VisualNavsatError
from visual_navsat.replay.fix_record import ImageRecord
from visual_navsat.replay.write_bag import write_fixes_bag
from visual_navsat.replay.write_text import csv_text, geojson_text
from visual_navsat.replay.write_xml import gpx_text, kml_text

_WRITERS: dict[str, Callable[[Sequence[ImageRecord]], str]] = {
    'fixes.csv': csv_text,
    'fixes.geojson': geojson_text,
    'fixes.kml': kml_text,
    'fixes.gpx': gpx_text,
}


class ResultsFolder:
    """A folder that gets its name when all is in it."""

    def __init__(self, path: str | Path) -> None:
        """
        Take a name for the folder.

        :raises VisualNavsatError: if something is there already: results are never mixed.
        """
        self.path = Path(path)
        if self.path.exists():
            raise VisualNavsatError(f'{path} exists: choose another --out, or remove it')
        self._partial = self.path.with_name(f'{self.path.name}.{os.getpid()}.partial')

    def write(self, records: Sequence[ImageRecord], documents: Mapping[str, Any]) -> None:
        """
        Write the fixes in every format, and documents as JSON.

        :param documents: content by file name; without NaN.
        :raises VisualNavsatError: if the folder cannot be written; then there is none.
        """
        try:
            try:
                self._partial.mkdir(parents=True)
                for name, text_of in _WRITERS.items():
                    (self._partial / name).write_text(text_of(records), encoding='utf-8')
                for name, content in documents.items():
                    text = json.dumps(content, allow_nan=False, indent=1)
                    (self._partial / name).write_text(text + '\n', encoding='utf-8')
                write_fixes_bag(self._partial / 'bag', records)
                self._partial.rename(self.path)
            finally:
                shutil.rmtree(self._partial, ignore_errors=True)
        except OSError as error:
            raise VisualNavsatError(f'cannot write {self.path}: {error.strerror}') from error
