# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The answer to one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.view import View
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.deviation import Deviation
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.lever import FOUND_HEADING_SIGMA_RAD, FOUND_SCALE_SIGMA
from visual_navsat.localization.position import FAILED, PositionEstimate, Refusal, UNREADABLE
from visual_navsat.retrieval.result import RetrievalResult
from visual_navsat.retrieval.tile_evidence import TileEvidence

_LISTED_IN_JSON = 5  # candidates


@dataclass(frozen=True, eq=False)
class Answer(Sequence[RetrievalResult]):
    """
    Where an image was taken, with its reasons.

    As a sequence it is the ranked tiles, most similar first, as aerial_map_retrieval returns them;
    ``candidates`` are ranked by what is believed after verification.
    """

    position: PositionEstimate | Refusal  # of the vehicle where its attitude and height are known
    center: PositionEstimate | Refusal | None = None  # of the ground under the image's centre
    candidates: tuple[Candidate, ...] = ()  # likeliest first
    ranked_tiles: tuple[RetrievalResult, ...] = ()  # most similar first
    # Where correlation found the place: 'prior', 'retrieval' or 'search'.
    found_by: str = ''
    timings_ms: Mapping[str, float] = field(default_factory=dict)  # of each stage, and 'total'
    # For a track: where the vehicle may be, in the map's frame, and what each tile says if
    # retrieval alone has searched the whole map.
    hypotheses: tuple[Hypothesis, ...] = ()
    tile_evidence: TileEvidence | None = None
    looked_near_track: bool = False  # whether some hypotheses were found where it expects them
    # How many images of the flight, this one the newest, were joined to find the position and the
    # candidates; the hypotheses are those of this image alone.
    images_joined: int = 1
    deviation: Deviation | None = None  # of a position by correlation of this image alone

    # Of the image, where it is one of a flight.
    name: str = ''
    stamp_ns: int | None = None  # when it was taken
    frame_id: str = ''
    answered_ns: int | None = None  # on the clock of the flight
    view: View | None = None  # what was known of how it was taken
    attitude: Attitude | None = None  # of the vehicle, as known or as found
    inputs: Mapping[str, str] = field(default_factory=dict)  # what became of each sensor
    tracked: PositionEstimate | Refusal | None = None  # where the image takes the track

    @overload
    def __getitem__(self, index: int) -> RetrievalResult: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[RetrievalResult, ...]: ...

    def __getitem__(self, index: int | slice) -> RetrievalResult | tuple[RetrievalResult, ...]:
        return self.ranked_tiles[index]

    def __len__(self) -> int:
        return len(self.ranked_tiles)

    @property
    def is_fix(self) -> bool:
        """Whether there is a position."""
        return isinstance(self.position, PositionEstimate)

    @property
    def is_unreadable(self) -> bool:
        """Whether the image, or what came with it, was invalid."""
        return isinstance(self.position, Refusal) and self.position.reason == UNREADABLE

    @property
    def has_failed(self) -> bool:
        """Whether the software met an error that nobody expected."""
        return isinstance(self.position, Refusal) and self.position.reason == FAILED

    @property
    def problem(self) -> str:
        """Return what was wrong with the image or the software, in a line, or nothing."""
        is_problem = self.is_unreadable or self.has_failed
        return self.position.detail if is_problem and isinstance(self.position, Refusal) else ''

    @property
    def was_looked_for(self) -> bool:
        """Whether the map was searched, and the image not refused before."""
        return bool(self.ranked_tiles)

    @property
    def best_match(self) -> Candidate | None:
        """Return the place where the image fits the map best, published or not."""
        return next((first for first in self.candidates[:1] if first.is_verified), None)

    @property
    def heading_deg(self) -> float | None:
        """Where the image's up direction points, as found or else as known before."""
        if self.best_match is not None:
            return self.best_match.heading_deg
        return None if self.view is None else self.view.known_heading_deg

    @property
    def confidence(self) -> float | None:
        """Return the probability that the best candidate is the right place; None without one."""
        return self.candidates[0].probability if self.candidates else None

    @property
    def seconds(self) -> float:
        """How long the answer took on this machine."""
        return self.timings_ms.get('total', 0.0) / 1e3

    @property
    def stamp_s(self) -> float | None:
        """Seconds of the stamp."""
        return None if self.stamp_ns is None else self.stamp_ns / 1e9

    def to_json(self) -> dict[str, Any]:
        """
        Return what a report shows, as plain values; what is unknown is None.

        Position and covariance (east-east, east-north, north-north, m^2) are of the fix.
        """
        fix = self.position if isinstance(self.position, PositionEstimate) else None
        refusal = self.position if isinstance(self.position, Refusal) else None
        center = self.center if isinstance(self.center, PositionEstimate) else None
        return {
            'filename': self.name,
            'status': 'fix' if fix else 'no_fix',
            'reason': refusal.reason if refusal else None,
            'detail': refusal.detail if refusal else None,
            'stamp_s': self.stamp_s,
            'latitude': float(fix.latitude) if fix else None,
            'longitude': float(fix.longitude) if fix else None,
            'covariance_en_m2': fix.covariance_en_m2 if fix else None,
            'altitude_m': _known(fix.altitude_m) if fix else None,
            'altitude_amsl_m': _known(fix.altitude_amsl_m) if fix else None,
            'confidence': self.confidence,
            'found_by': self.found_by,
            'images_joined': self.images_joined,
            'heading_deg': self.heading_deg,
            'found_view': self._found_view(),
            'center_latitude': float(center.latitude) if center else None,
            'center_longitude': float(center.longitude) if center else None,
            'candidates': [one.to_json() for one in self.candidates[:_LISTED_IN_JSON]],
            'seconds': self.seconds,
            'timings_ms': dict(self.timings_ms),
        }

    def _found_view(self) -> dict[str, float | None] | None:
        """Return the heading and GSD of the best place, with their standard deviations."""
        best = self.best_match
        if best is None:
            return None
        return {
            'heading_deg': best.heading_deg,
            'heading_sigma_deg': round(float(np.degrees(FOUND_HEADING_SIGMA_RAD)), 6),
            'gsd_m_per_px': best.gsd_m_per_px,
            'gsd_sigma': FOUND_SCALE_SIGMA,  # as a share
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Answer:
        """
        Return the answer of :meth:`to_json`, without the ranked tiles.

        :raises KeyError, TypeError, ValueError: if the values are not an answer's.
        """
        position: PositionEstimate | Refusal
        if values['status'] == 'fix':
            place = _number(values, 'latitude'), _number(values, 'longitude')
            position = PositionEstimate.from_en(*place, values['covariance_en_m2'])
        else:
            position = Refusal(values.get('reason') or '', values.get('detail') or '')
        center = None
        if values.get('center_latitude') is not None:
            place = _number(values, 'center_latitude'), _number(values, 'center_longitude')
            center = PositionEstimate(*place, np.full((3, 3), np.nan))
        heading_deg = _optional_number(values, 'heading_deg')
        stamp_s = _optional_number(values, 'stamp_s')
        timings_ms = dict(values.get('timings_ms') or {})
        seconds = _optional_number(values, 'seconds')
        if seconds is not None:
            timings_ms['total'] = 1e3 * seconds
        return cls(
            position,
            center,
            tuple(Candidate.from_json(one) for one in values.get('candidates', ())),
            found_by=values.get('found_by') or '',
            images_joined=int(values.get('images_joined') or 1),
            timings_ms=timings_ms,
            name=str(values['filename']),
            stamp_ns=None if stamp_s is None else round(stamp_s * 1e9),
            view=View(heading_deg=heading_deg),
        )


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _number(values: Mapping[str, Any], name: str) -> float:
    number = _optional_number(values, name)
    if number is None:
        raise ValueError(f'{name} of {values.get("filename")!r} is null')
    return number


def _optional_number(values: Mapping[str, Any], name: str) -> float | None:
    value: float | None = values.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f'{name} must be a number, got {value!r}')
    return value
