"""A published fix as plain values, whether this process or the node published it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.config import NodeConfig
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.replay.flight_replay import Answer
from visual_navsat.replay.truth import TruthTrack


@dataclass(frozen=True)
class FixRecord:
    """One sensor_msgs/NavSatFix; latitude and longitude are NaN where there is no fix."""

    stamp_ns: int  # of the image
    latitude: float = math.nan  # degrees
    longitude: float = math.nan
    altitude_m: float = math.nan  # above the ellipsoid
    covariance_enu_m2: np.ndarray | None = None  # (3, 3)
    reason: str = ''  # why there is no fix, where that is known
    frame_id: str = 'camera'

    @property
    def is_fix(self) -> bool:
        """Whether there is a position."""
        return not math.isnan(self.latitude)

    def error_m(self, truth: tuple[float, float] | None) -> float:
        """Return the distance from the truth, NaN where either is unknown."""
        if truth is None or not self.is_fix:
            return math.nan
        return float(distance_m(*truth, self.latitude, self.longitude))


@dataclass(frozen=True)
class ImageRecord:
    """What became of one image."""

    name: str
    stamp_ns: int
    published_ns: int  # of its fixes, on the clock of the recording
    fix: FixRecord
    tracked: FixRecord
    truth: tuple[float, float] | None = None  # latitude and longitude
    ranked: Sequence[tuple[int, float]] = ()  # tile of the index and its similarity, best first
    seconds: float = 0.0  # of real time that the answer took


def record_answer(answer: Answer, truth: TruthTrack | None, config: NodeConfig) -> ImageRecord:
    """Return what the node would publish about an image, beside the truth."""
    frame_id = config.frame_id or answer.frame_id or 'camera'
    fix, tracked = (
        _record_fix(answer.stamp_ns, frame_id, position, config.altitude_m)
        for position in (answer.position, answer.tracked)
    )
    place = None if truth is None else truth.at(answer.stamp_ns)
    return ImageRecord(answer.name, answer.stamp_ns, answer.answered_ns, fix, tracked, place)


def _record_fix(
    stamp_ns: int,
    frame_id: str,
    position: PositionEstimate | Refusal | None,
    altitude_m: float,
) -> FixRecord:
    """
    Return an answer as a NavSatFix says it.

    :param position: None where the image could not be read.
    :param altitude_m: above the ellipsoid; used where the position has no altitude of its own.
    """
    if not isinstance(position, PositionEstimate):
        reason = 'unreadable' if position is None else position.reason
        return FixRecord(stamp_ns, reason=reason, frame_id=frame_id)
    own_m = position.altitude_m
    return FixRecord(
        stamp_ns,
        float(position.latitude),
        float(position.longitude),
        float(own_m if math.isfinite(own_m) else altitude_m),
        np.asarray(position.covariance_enu_m2, float),
        frame_id=frame_id,
    )
