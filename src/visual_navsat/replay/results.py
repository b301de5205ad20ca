"""Write everything that a replay gives as one folder, which is complete or absent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.evaluation.write_geojson import flight_geojson
from visual_navsat.evaluation.write_table import FLIGHT_COLUMNS, csv_lines
from visual_navsat.evaluation.write_tracks import gpx_text, kml_text
from visual_navsat.files import write_folder, write_json, write_text
from visual_navsat.replay.write_bag import write_fixes_bag

_WRITERS: dict[str, Callable[[Sequence[ScoredAnswer]], str]] = {
    'fixes.csv': lambda answers: '\n'.join([*csv_lines(answers, FLIGHT_COLUMNS), '']),
    'fixes.geojson': flight_geojson,
    'fixes.kml': kml_text,
    'fixes.gpx': gpx_text,
}


def write_results(
    path: str | Path,
    answers: Sequence[ScoredAnswer],
    documents: Mapping[str, Any],
    altitude_m: float = math.nan,
) -> None:
    """
    Write the fixes in every format, and documents as JSON, into a new folder.

    :param documents: content by file name; without NaN.
    :param altitude_m: above the ellipsoid, of positions without an altitude of their own.
    :raises VisualNavsatError: if there is something at the path; results are never mixed.
    :raises FileWriteError: if the folder cannot be written; then there is none.
    """
    with write_folder(path) as folder:
        for name, text_of in _WRITERS.items():
            write_text(folder / name, text_of(answers))
        for name, content in documents.items():
            write_json(folder / name, content, indent=1)
        write_fixes_bag(folder / 'bag', answers, altitude_m)
