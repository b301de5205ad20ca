# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The page of a replay, with the worst of its images."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from visual_navsat.errors import ImageError
from visual_navsat.evaluation import RunRecord
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.recording import Recording, RecordingError
from visual_navsat.report import sources_from_folders, write_report
from visual_navsat.report.worst import worst_answers
from visual_navsat.tracking.timed_image import TimedImage


def write_replay_report(
    path: str | Path, output: ReplayOutput, recording: Recording, map_dir: str | Path
) -> None:
    """Write the page of a replay that has a truth; reads the recording once more."""
    name = f'{output.recording} over {Path(map_dir).resolve().name}'
    run = RunRecord.from_json(output.evaluation(0), name)
    shown = {run.answers[number].filename for number in worst_answers(run.answers)}
    sources = sources_from_folders(map_dir, None)
    pictures = _read_pictures(recording, shown)
    write_report(path, run, replace(sources, read_query=pictures.get))


def _read_pictures(recording: Recording, names: set[str]) -> dict[str, np.ndarray]:
    """Return the pixels of some images of a recording."""
    pictures = {}
    with suppress(RecordingError):  # damaged: what comes before it is all there is
        for event in recording.events():
            if isinstance(event, TimedImage) and event.name in names:
                with suppress(ImageError):
                    pictures[event.name] = event.read()
    return pictures
