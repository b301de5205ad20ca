# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The last photos of a flight, to be joined into one larger photo where one shows too little."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from visual_navsat.correlation.register_photos import register
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.photo_mosaic import paste_photos, PhotoMosaic
from visual_navsat.localization.correlate import MapMatches
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.prior import Prior

_MAX_SIDE_PX = 1280  # of a photo that is kept: finer than any map from the height that asks for it
_USUAL_ASPECT = 4 / 3
_KEPT_OVERLAP = 0.7  # with the last photo that was kept, below which the newest is kept too
# Of how photos are laid over each other, per link: the tilt bends each by as much.
_LINK_SIGMA = 0.01  # of the photo's longer side
_TURN_AND_STRETCH_SIGMA = 0.01  # of the way from the mosaic's middle to the newest photo's


@dataclass(frozen=True)
class JoinedPhoto:
    """Several photos as one, to be looked for on the map in the place of the newest."""

    mosaic: PhotoMosaic
    newest: NadirImage  # as it was before it was shrunk
    shrunk: float  # its pixels over those of the mosaic, at most 1

    @property
    def photo(self) -> NadirImage:
        """Return the photo to look for."""
        return self.mosaic.photo

    @property
    def images(self) -> int:
        """How many images were joined."""
        return self.mosaic.images

    @property
    def covariance_m2(self) -> np.ndarray:
        """(2, 2) of the newest photo's middle, beside that of the place of the whole."""
        gsd = self.photo.view.gsd_m_per_px
        if gsd is None:
            gsd = 100.0 / max(self.photo.image.shape[:2])
        side_m = gsd * max(self.newest.image.shape[:2]) * self.shrunk
        offset_m = float(np.hypot(*self.mosaic.newest_from_middle_m(0.0, gsd)))
        links = (self.images - 1) * (_LINK_SIGMA * side_m) ** 2
        return np.eye(2) * (links + (_TURN_AND_STRETCH_SIGMA * offset_m) ** 2)

    def usual_footprint_m(self, of_one_m: float) -> float:
        """Return the longer side of the ground that the mosaic shows, from that of one photo."""
        longer_px = self.shrunk * max(self.newest.image.shape[:2])
        return of_one_m * max(self.photo.image.shape[:2]) / longer_px

    def center_prior(self, of_newest: Prior | None) -> Prior | None:
        """Return where the mosaic's middle may be, from where the newest photo's may be."""
        view = self.photo.view
        if of_newest is None:
            return None
        if view.gsd_m_per_px is None:
            return of_newest.moved(np.zeros(2), 1e3)  # whatever it shows
        offset_m = self.mosaic.newest_from_middle_m(view.heading_deg or 0.0, view.gsd_m_per_px)
        away_m = float(np.hypot(*offset_m))
        if view.heading_deg is None:
            return of_newest.moved(np.zeros(2), away_m)
        error = 3.0 * (view.scale_sigma + math.radians(view.heading_sigma_deg))
        return of_newest.moved(-offset_m, error * away_m)

    def of_newest(self, found: MapMatches) -> MapMatches:
        """Return what was found of the mosaic as matches of the newest photo."""
        return replace(
            found,
            matches=tuple(map(self._of_newest, found.matches)),
            for_track=tuple(map(self._of_newest, found.for_track)),
        )

    def _of_newest(self, match: MapMatch) -> MapMatch:
        offset_m = self.mosaic.newest_from_middle_m(match.heading_deg, match.gsd_m_per_px)
        lat, long = LocalFrame(*match.place).geodetic_from_enu(offset_m)
        # One photo of usual shape that shows as much ground has this longer side.
        side_m = math.sqrt(self.mosaic.shown_px * _USUAL_ASPECT) * match.gsd_m_per_px
        return replace(
            match,
            latitude=float(lat),
            longitude=float(long),
            gsd_m_per_px=match.gsd_m_per_px * self.shrunk,
            evidence=replace(match.evidence, footprint_m=side_m),
        )


@dataclass(frozen=True)
class _Kept:
    photo: NadirImage  # shrunk
    earlier_from_this: np.ndarray | None  # (3, 3) of columns and rows; None: it begins a chain


class RecentPhotos:
    """
    The last photos of one flight that show ground of their own, each laid on the one before.

    A camera takes many photos of nearly the same ground; one is kept when it shows 30 % that the
    last one kept does not. The newest is laid on that one only: one registration an image.
    """

    def __init__(self, count: int) -> None:
        """
        Keep photos.

        :param count: how many are joined at most, the newest among them; 1 keeps none.
        """
        self._count = count
        self._kept: deque[_Kept] = deque(maxlen=max(count, 1))  # oldest first

    def clear(self) -> None:
        """Forget all photos."""
        self._kept.clear()

    def join(self, newest: NadirImage, is_wanted: bool = True) -> JoinedPhoto | None:
        """
        Take the newest photo; return it joined with earlier ones, None if none overlaps it.

        A photo that shows no ground of the last one begins anew.

        :param is_wanted: False takes the photo only, and returns None.
        """
        if self._count < 2:
            return None
        shrunk = _shrunk(newest)
        if not self._kept:
            self._kept.append(_Kept(shrunk, None))
            return None
        found = register(shrunk, self._kept[-1].photo)
        if found is None or found.is_same_view:
            return None
        if not found.is_verified:
            self._kept.clear()
            self._kept.append(_Kept(shrunk, None))
            return None
        chain = self._chain(found.older_from_newer)
        if found.overlap < _KEPT_OVERLAP:
            self._kept.append(_Kept(shrunk, found.older_from_newer))
        mosaic = paste_photos(shrunk, chain) if is_wanted else None
        if mosaic is None:
            return None
        return JoinedPhoto(mosaic, newest, shrunk.image.shape[1] / newest.image.shape[1])

    def _chain(self, last_from_newest: np.ndarray) -> list[tuple[NadirImage, np.ndarray]]:
        """Return the earlier photos with (3, 3) to the newest one's columns and rows."""
        newest_from_this, parts = np.linalg.inv(last_from_newest), []
        for kept in list(self._kept)[::-1][: self._count - 1]:
            parts.append((kept.photo, newest_from_this))
            if kept.earlier_from_this is None:
                break
            newest_from_this = newest_from_this @ np.linalg.inv(kept.earlier_from_this)
        return parts


def _shrunk(photo: NadirImage) -> NadirImage:
    """Return a photo with few enough pixels to be kept."""
    height, width = photo.image.shape[:2]
    scale = _MAX_SIDE_PX / max(height, width)
    if scale >= 1.0:
        return photo
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA)
    mask = photo.mask
    if mask is not None:
        shown = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        mask = shown > 0.999
    gsd = photo.view.gsd_m_per_px
    view = replace(photo.view, gsd_m_per_px=None if gsd is None else gsd * width / size[0])
    return NadirImage(image, mask, view, photo.vehicle_from_center_m)
