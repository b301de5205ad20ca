"""Everything that a replay gives, as one folder that is complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from visual_navsat.files import check_absent, write_folder, write_json, write_text
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
        check_absent(self.path)

    def write(self, records: Sequence[ImageRecord], documents: Mapping[str, Any]) -> None:
        """
        Write the fixes in every format, and documents as JSON.

        :param documents: content by file name; without NaN.
        :raises FileWriteError: if the folder cannot be written; then there is none.
        """
        with write_folder(self.path) as folder:
            for name, text_of in _WRITERS.items():
                write_text(folder / name, text_of(records))
            for name, content in documents.items():
                write_json(folder / name, content, indent=1)
            write_fixes_bag(folder / 'bag', records)
