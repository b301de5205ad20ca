# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The day on which a world is seen: light, season, what moved, and what the sensor did to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat_sim.worlds.noise import seeded_rng

SEASONS = ('spring', 'summer', 'autumn', 'winter')


@dataclass(frozen=True)
class Epoch:
    """Everything that differs between two pictures of the same ground."""

    seed: int  # of crops, parked cars and sensor noise
    season: str = 'summer'
    sun_azimuth_deg: float = 190.0  # where the sun stands, clockwise from north
    sun_elevation_deg: float = 45.0
    shadow: float = 0.6  # share of the light that a shadow takes, 0 to 1
    lean_east: float = 0.0  # metres that a roof is displaced, per metre of height
    lean_north: float = 0.0
    exposure: float = 1.0
    contrast: float = 1.0
    saturation: float = 0.8
    tint: tuple[float, ...] = (1.0, 1.0, 1.0)  # red, green, blue gains
    gamma: float = 1.0
    equalisation: float = 0.0  # 0 none, 1 a flat histogram
    haze: float = 0.0  # share of the light that is sky, 0 to 1
    blur_px: float = 0.55  # standard deviation of the point spread
    blur_m: float = 0.0  # the same in metres on the ground, for an image taken from far away
    bend_m: float = 0.0  # standard deviation of the map's position error along each axis
    noise: float = 1.5  # standard deviation, grey levels
    jpeg_quality: int = 0  # 1 to 100; 0 is uncompressed

    def spread_px(self, gsd_m_per_px: float) -> float:
        """Return the standard deviation of the point spread in pixels of some size."""
        return float(np.hypot(self.blur_px, self.blur_m / gsd_m_per_px))

    def lean(self, points: np.ndarray, height: np.ndarray) -> np.ndarray:
        """
        Return where (..., 2) points at some height (...) appear on the ground of a map.

        Seen from far away, what has height is displaced the same way everywhere.
        """
        return points + height[..., None] * (self.lean_east, self.lean_north)

    @property
    def shadow_shift(self) -> np.ndarray:
        """Metres east and north by which a shadow moves per metre of height, (2,)."""
        azimuth = np.deg2rad(self.sun_azimuth_deg)
        length = 1 / np.tan(np.deg2rad(self.sun_elevation_deg))
        return -length * np.array([np.sin(azimuth), np.cos(azimuth)])

    @property
    def sun_direction(self) -> np.ndarray:
        """Return the unit vector towards the sun, (3,) east, north, up."""
        azimuth, elevation = np.deg2rad([self.sun_azimuth_deg, self.sun_elevation_deg])
        flat = np.cos(elevation)
        return np.array([flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(elevation)])


def map_epoch(seed: int) -> Epoch:
    """
    Return the look of a satellite map: leaning roofs, bent, blurred, graded, compressed.

    Its coordinates are nominal: what it shows lies some metres beside them. ``replace(epoch,
    bend_m=0.0)`` is the same map without that error.

    :param seed: any integer; each gives another map.
    """
    rng = seeded_rng(seed, 301)
    lean = rng.uniform(0, 0.28)
    direction = rng.uniform(0, 2 * np.pi)
    cast = rng.normal(0, 0.035, 3)
    return Epoch(
        seed=int(rng.integers(0, 2**31)),
        season=str(rng.choice(SEASONS, p=[0.3, 0.4, 0.2, 0.1])),
        # Survey flights and sun-synchronous satellites see the ground around noon.
        sun_azimuth_deg=float(rng.uniform(145, 205)),
        sun_elevation_deg=float(rng.uniform(33, 62)),
        shadow=float(rng.uniform(0.5, 0.72)),
        lean_east=float(lean * np.cos(direction)),
        lean_north=float(lean * np.sin(direction)),
        exposure=float(rng.uniform(0.88, 1.12)),
        contrast=float(rng.uniform(0.85, 1.12)),
        saturation=float(rng.uniform(0.6, 1.0)),
        tint=tuple((1 + cast - cast.mean()).tolist()),
        gamma=float(rng.uniform(0.9, 1.12)),
        equalisation=float(rng.uniform(0, 0.55)),
        haze=float(rng.uniform(0, 0.12)),
        blur_px=float(rng.uniform(0.55, 1.0)),
        noise=float(rng.uniform(0.5, 1.5)),
        jpeg_quality=int(rng.integers(70, 92)),
        blur_m=float(rng.uniform(0.25, 1.0)),
        # As good satellite orthophotos.
        bend_m=float(rng.uniform(1.0, 2.0)),
    )


def flight_epoch(seed: int) -> Epoch:
    """
    Return the look of a drone's camera on one day: any flying weather, sharper and noisier.

    :param seed: any integer; each gives another day and camera.
    """
    rng = seeded_rng(seed, 302)
    cast = rng.normal(0, 0.03, 3)
    overcast = rng.random() < 0.3
    return Epoch(
        seed=int(rng.integers(0, 2**31)),
        season=str(rng.choice(SEASONS, p=[0.3, 0.35, 0.25, 0.1])),
        sun_azimuth_deg=float(rng.uniform(95, 265)),
        sun_elevation_deg=float(rng.uniform(24, 62)),
        shadow=float(rng.uniform(0.08, 0.25) if overcast else rng.uniform(0.5, 0.75)),
        exposure=float(rng.uniform(0.85, 1.18)),
        contrast=float(rng.uniform(0.85, 1.1)),
        saturation=float(rng.uniform(0.6, 1.0)),
        tint=tuple((1 + cast - cast.mean()).tolist()),
        gamma=float(rng.uniform(0.9, 1.12)),
        haze=float(rng.uniform(0, 0.08)),
        blur_px=float(rng.uniform(0.4, 0.9)),
        noise=float(rng.uniform(1.0, 4.0)),
        jpeg_quality=int(rng.integers(80, 97)),
    )
