"""What a recorded flight is to the replay: images and measurements in the order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.view import View
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.tracking.flight import Flight


class RecordingError(VisualNavsatError, ValueError):
    """A recording is missing, damaged, or lacks what was asked for."""


def no_tf(path: Path) -> str:
    """Return what to say where node.mount_from_tf is asked of a recording without TF."""
    return (
        f'node.mount_from_tf is true, and {path} has no /tf or /tf_static: record them in a bag, '
        'or set node.mount_roll_deg, mount_pitch_deg and mount_yaw_deg instead'
    )


@dataclass(frozen=True)
class RecordedImage:
    """One image of the camera."""

    name: str
    stamp_ns: int  # when it was taken
    arrival_ns: int  # when it was received, on the clock of the recording
    read: Callable[[], np.ndarray]  # (H, W, 3) uint8 RGB; raises ImageError
    frame_id: str = 'camera'
    # The mount as a (3, 3) rotation from TF, None where TF does not know it; without this function
    # it is the fixed one.
    body_from_camera: Callable[[], np.ndarray | None] | None = None
    view: View | None = None  # what the image says of itself; None asks the vehicle's sensors


@dataclass(frozen=True)
class RecordedMeasurement:
    """One message of a sensor of the vehicle."""

    arrival_ns: int
    put_into: Callable[[Flight], None]  # raises VisualNavsatError if it cannot be used


class Recording(Protocol):
    """A recorded flight."""

    name: str
    num_images: int  # as far as it is known before reading; a damaged recording gives fewer

    def truth(self) -> TruthTrack | None:
        """Return where the vehicle was, None where that is not known; the engine never sees it."""

    def events(self) -> Iterator[RecordedImage | RecordedMeasurement]:
        """
        Yield everything in the order of arrival.

        :raises RecordingError: where the recording is damaged; what came before it counts.
        """
