# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The candidate: one place where an image may have been taken."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """
    One place; rank 1 is the most probable.

    Places that correlation verified come first, the best match first, then the ranked tiles that
    show none of them. Without correlation all are ranked by retrieval. ``similarity`` and
    ``retrieval_rank`` are those of the most similar ranked tile that shows the place.
    """

    rank: int
    probability: float | None  # that it is the right place; None: not verified
    latitude: float  # degrees, of the vehicle; of the tile's centre if not verified
    longitude: float
    heading_deg: float | None = None  # of the image's up direction; None: not verified
    # Of the image on the ground, shrunk to 12.6 megapixels if it has more; None: not verified.
    gsd_m_per_px: float | None = None
    center_latitude: float | None = None  # of the ground under the image's centre
    center_longitude: float | None = None
    filename: str = ''  # of the tile; '' where no ranked tile shows the place
    tile_index: int | None = None  # row of the tile in the index
    similarity: float | None = None  # of the tile to the image, -1 to 1
    retrieval_rank: int | None = None

    @property
    def is_verified(self) -> bool:
        """Whether correlation found the place, not retrieval alone."""
        return self.heading_deg is not None

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is unknown is None."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Candidate:
        """Return the candidate of :meth:`to_json`; raise TypeError or ValueError otherwise."""
        candidate = cls(**values)
        for name in ('latitude', 'longitude'):
            if not isinstance(getattr(candidate, name), int | float):
                raise ValueError(f'{name} of a candidate is {getattr(candidate, name)!r}')
        return candidate
