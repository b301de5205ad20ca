# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recorded flight as a video, with positions beside it as truth."""

from __future__ import annotations

from collections.abc import Iterator
import functools
import glob
from pathlib import Path

import cv2
import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.replay.positions import positions_in, read_positions, TimedPosition
from visual_navsat.replay.recording import RecordedMeasurement, RecordingError
from visual_navsat.replay.subtitles import read_subtitles_inside
from visual_navsat.replay.subtitles import SUFFIXES as SUBTITLES
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.timed_image import TimedImage

SUFFIXES = ('.mp4', '.mov', '.avi', '.mkv', '.m4v', '.webm', '.mts', '.ts')


class Video:
    """
    Frames of a video, some time apart, with the height and heading that stand beside them.

    The clock starts with the video. Its positions are truth only.
    """

    def __init__(
        self, path: str | Path, positions: str | Path | None = None, step_s: float = 1.0
    ) -> None:
        """
        Open a video.

        :param positions: subtitles or CSV; None takes the subtitles of the same name, or else
            those inside the video, where there are any.
        :param step_s: from one frame that is used to the next; 0 uses every frame.
        :raises RecordingError: if the video or the positions cannot be read.
        """
        if not 0 <= step_s < 3600:
            raise ConfigError(f'--step-s must be 0 to 3600 seconds, got {step_s:g}')
        self._path = Path(path)
        self.name = self._path.name
        self.notes: list[str] = []
        self._step_ns = round(step_s * 1e9)
        positions = positions or _beside(self._path)
        self._positions = [] if positions is None else read_positions(positions)
        if positions is None and self._path.is_file():
            self._positions = positions_in(read_subtitles_inside(self._path, self.notes))
            if self._positions:
                self.notes.append(f'the captions inside {self.name} say where it was')
        capture = self._open()
        frames = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        frames_per_second = capture.get(cv2.CAP_PROP_FPS)
        self._num_frames = max(int(frames), 0)
        per_step = max(frames_per_second * step_s, 1.0)
        self.num_images = int(np.ceil(self._num_frames / per_step))
        capture.release()

    def truth(self) -> TruthTrack | None:
        """Return the positions beside the video."""
        samples = [TruthSample(p.time_ns, p.latitude, p.longitude) for p in self._positions]
        is_order_known = all(position.is_order_known for position in self._positions)
        return TruthTrack(samples, is_order_known=is_order_known) if samples else None

    def events(self) -> Iterator[TimedImage | RecordedMeasurement]:
        """Yield what stands beside the video up to each frame, then the frame."""
        waiting = sorted(self._positions, key=lambda p: p.time_ns, reverse=True)
        for number, time_ns, pixels in self._frames():
            while waiting and waiting[-1].time_ns <= time_ns:
                position = waiting.pop()
                yield RecordedMeasurement(position.time_ns, functools.partial(_put, position))
            yield TimedImage(
                name=f'frame_{number:06d}',
                stamp_ns=time_ns,
                arrival_ns=time_ns,
                read=functools.partial(_rgb, pixels),
            )

    def _frames(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Yield number, time in nanoseconds and BGR pixels of the frames in use."""
        capture = self._open()
        next_ns, number = 0, 0
        try:
            while capture.grab():
                time_ns = round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
                if time_ns >= next_ns:
                    is_read, pixels = capture.retrieve()
                    if not is_read:
                        break
                    yield number, time_ns, pixels
                    next_ns += self._step_ns
                number += 1
        finally:
            capture.release()
        if number < self._num_frames - 1:  # containers may count one too many
            raise RecordingError(
                f'{self._path} ends after {number} of its {self._num_frames} frames: copy it '
                'again, or repair it with ffmpeg'
            )

    def _open(self) -> cv2.VideoCapture:
        if not self._path.is_file():
            raise RecordingError(f'there is no video {self._path}')
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise RecordingError(
                f'cannot read {self._path} as a video: it may be cut off or of an unknown codec; '
                'convert it with ffmpeg to H.264 in MP4'
            )
        return capture


def _beside(video: Path) -> Path | None:
    """Return the subtitles of the video's own name, None if there are none."""
    if not video.is_file():
        return None
    named = {
        path.suffix.lower(): path
        for path in sorted(video.parent.glob(f'{glob.escape(video.stem)}.*'))
        if path.stem == video.stem and path.is_file()
    }
    return next((named[suffix] for suffix in SUBTITLES if suffix in named), None)


def _put(position: TimedPosition, flight: Flight) -> None:
    if position.height_m is not None:
        flight.sensors.altitude_m.add(position.time_ns, position.height_m)
    if position.heading_deg is not None:
        flight.sensors.heading_deg.add(position.time_ns, position.heading_deg % 360.0)


def _rgb(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
