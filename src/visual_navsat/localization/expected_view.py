# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a flight expects of the next image, to be tried before all that it may be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from visual_navsat.geometry.view import View

# Of the images, those whose heading lies beyond the sigmas that are searched, or whose scale does:
# 4.6 % of a Gaussian, and turns that nobody foresaw.
_LEFT_OUT = 0.1


@dataclass(frozen=True)
class ExpectedView:
    """Heading and scale of an image as those before it let expect; never a place."""

    heading_deg: float | None = None  # of its up direction, clockwise from north
    heading_sigma_deg: float = 0.0
    gsd_m_per_px: float | None = None
    scale_sigma: float = 0.0  # relative


@dataclass(frozen=True)
class GuessedView:
    """What is known of an image, with what is expected where nothing is known."""

    view: View
    is_heading_guessed: bool
    is_scale_guessed: bool

    @classmethod
    def of(cls, view: View, expected: ExpectedView) -> GuessedView | None:
        """Return the view with what it does not say filled in; None if it says all of that."""
        is_heading_guessed = view.known_heading_deg is None and expected.heading_deg is not None
        # Under a known attitude a height, which the GSD would give, moves the fix.
        is_free = view.known_gsd_m_per_px is None and view.enu_from_camera is None
        is_scale_guessed = is_free and expected.gsd_m_per_px is not None
        if is_heading_guessed:
            sigma_deg = expected.heading_sigma_deg
            view = replace(view, heading_deg=expected.heading_deg, heading_sigma_deg=sigma_deg)
        if is_scale_guessed:
            gsd, sigma = expected.gsd_m_per_px, expected.scale_sigma
            view = replace(view, gsd_m_per_px=gsd, scale_sigma=sigma)
        guessed = cls(view, is_heading_guessed, is_scale_guessed)
        return guessed if is_heading_guessed or is_scale_guessed else None

    @property
    def left_out(self) -> float:
        """Return the probability that the true heading or scale is not tried."""
        return 1.0 - (1.0 - _LEFT_OUT) ** (self.is_heading_guessed + self.is_scale_guessed)
