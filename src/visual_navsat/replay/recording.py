# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a recorded flight is to the replay: images and measurements in the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from visual_navsat.errors import VisualNavsatError
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.timed_image import TimedImage

NEEDS_ROSBAGS = "bags are read with rosbags and mcap: pip install 'visual_navsat[replay]'"


class RecordingError(VisualNavsatError, ValueError):
    """A recording is missing, damaged, or lacks what was asked for."""


def no_tf(path: Path) -> str:
    """Return what to say where node.mount_from_tf is asked of a recording without TF."""
    return (
        f'node.mount_from_tf is true, and {path} has no /tf or /tf_static: record them in a bag, '
        'or set node.mount_roll_deg, mount_pitch_deg and mount_yaw_deg instead'
    )


@dataclass(frozen=True)
class RecordedMeasurement:
    """One message of a sensor of the vehicle."""

    arrival_ns: int
    put_into: Callable[[Flight], None]  # raises VisualNavsatError if it cannot be used

    @classmethod
    def refused(cls, arrival_ns: int, error: VisualNavsatError) -> RecordedMeasurement:
        """Return what is ignored and counted with the line of an error."""

        def put_into(_: Flight) -> None:
            raise error

        return cls(arrival_ns, put_into)


class Recording(Protocol):
    """A recorded flight."""

    name: str
    notes: list[str]  # what was unusual or not used, each said once; whole after its last event

    @property
    def num_images(self) -> int:
        """As far as it is known before reading; a damaged recording gives fewer."""

    def truth(self) -> TruthTrack | None:
        """Return where the vehicle was, None where that is not known; the engine never sees it."""

    def events(self) -> Iterator[TimedImage | RecordedMeasurement]:
        """
        Yield everything in the order of arrival.

        :raises RecordingError: where the recording is damaged; what came before it counts.
        """
