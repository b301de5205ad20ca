# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Disturb what is known of an image, to see whether the answers stay right and honest."""

from __future__ import annotations

from dataclasses import dataclass, replace
import hashlib
import math

from visual_navsat.errors import ConfigError
from visual_navsat.photo_knowledge import Knowledge


@dataclass(frozen=True)
class Perturbation:
    """Half widths of uniform errors; each image has its own, whatever the order of images."""

    heading_deg: float = 0.0
    height: float = 0.0  # as a fraction of the height, and of the GSD, which grows with it
    gsd: float = 0.0  # as a fraction of the GSD alone
    seed: int = 0

    @classmethod
    def parse(cls, text: str, seed: int) -> Perturbation:
        """
        Return what ``heading_deg=5,height=0.1,gsd=0.05`` says.

        :raises ConfigError: if a name is unknown or a number out of range.
        """
        limits = {'heading_deg': 180.0, 'height': 0.9, 'gsd': 0.9}
        values = {}
        for part in filter(None, (part.strip() for part in text.split(','))):
            name, _, number = (piece.strip() for piece in part.partition('='))
            if name not in limits:
                known = ', '.join(limits)
                raise ConfigError(f'--perturb {name!r} is unknown: choose from {known}')
            try:
                values[name] = float(number)
            except ValueError:
                values[name] = math.nan
            if not 0 <= values[name] <= limits[name]:
                raise ConfigError(
                    f'--perturb {name} must be 0 to {limits[name]:g}, got {number!r}'
                )
        return cls(**values, seed=seed)

    def disturb(self, known: Knowledge, filename: str) -> Knowledge:
        """Return what is known with its errors added, and its sigmas grown by theirs."""
        if not (self.heading_deg or self.height or self.gsd):
            return known
        heading_error = self.heading_deg * self._draw(filename, 'heading_deg')
        height_scale = 1 + self.height * self._draw(filename, 'height')
        gsd_scale = 1 + self.gsd * self._draw(filename, 'gsd')
        scale_widths = [self.height, self.gsd] if known.is_scale_from_gsd else [self.height]
        scale_sigma = _grown(known.scale_sigma, scale_widths)
        return replace(
            known,
            heading_deg=None if known.heading_deg is None else known.heading_deg + heading_error,
            height_agl_m=_scaled(known.height_agl_m, height_scale),
            gsd_m_per_px=_scaled(known.gsd_m_per_px, height_scale * gsd_scale),
            heading_sigma_deg=_grown(known.known_heading_sigma_deg, [self.heading_deg]),
            gsd_sigma=scale_sigma if known.is_scale_from_gsd else known.gsd_sigma,
            height_sigma=known.height_sigma if known.is_scale_from_gsd else scale_sigma,
        )

    def _draw(self, filename: str, name: str) -> float:
        """Return a number from -1 to 1 that only the seed, the file and the name decide."""
        digest = hashlib.sha256(f'{self.seed}/{name}/{filename}'.encode()).digest()
        return int.from_bytes(digest[:8], 'big') / 2**63 - 1


def _grown(sigma: float, half_widths: list[float]) -> float:
    """Return a standard deviation with those of uniform errors: half widths over the root of 3."""
    return math.hypot(sigma, *(width / math.sqrt(3) for width in half_widths))


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
