# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is corrected of compass, height and camera mount, how sure that is, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.calibration_filter import CalibrationEstimate

SIGNIFICANT = 3.0  # standard deviations, from which on a value is corrected
MIN_MATCHES = 5
_INSIGNIFICANT = 2.0  # below which one that was corrected is no more: it shall not flicker
_NAMES = ('heading_offset_deg', 'scale_factor', 'tilt_right_deg', 'tilt_up_deg')
_DIGITS = (2, 4, 2, 2)


def is_significant(estimate: CalibrationEstimate, was_used: np.ndarray) -> np.ndarray:
    """Return (4,) bool which values are to be corrected; those that were are so for longer."""
    least = np.where(was_used, _INSIGNIFICANT, SIGNIFICANT)
    return (estimate.significance >= least) & (estimate.matches >= MIN_MATCHES)


@dataclass(frozen=True)
class Quantity:
    """One value with its uncertainty, for people and files."""

    name: str  # of its setting
    value: float  # all of it, as the setting has it
    sigma: float
    significance: float  # of what was learned
    is_used: bool
    setting: float  # what is corrected
    digits: int

    def __str__(self) -> str:
        used = 'corrected' if self.is_used else 'not significant'
        return f'{self.value:.{self.digits}f} +- {self.sigma:.{self.digits}f}, {used}'


@dataclass(frozen=True)
class CalibrationState:
    """What is corrected, and how sure that is."""

    configured: Corrections
    estimate: CalibrationEstimate  # of what is learned beyond that
    is_used: np.ndarray  # (4,) bool

    @property
    def learned(self) -> Corrections:
        """Return what is corrected beyond what is configured."""
        return Corrections.from_vector(np.where(self.is_used, self.estimate.vector, 0.0))

    @property
    def total(self) -> Corrections:
        """Return all that is corrected."""
        return self.configured.plus(self.learned)

    @property
    def quantities(self) -> Iterator[Quantity]:
        """Yield the four values."""
        whole = self.configured.vector + self.estimate.vector
        for number, (name, digits) in enumerate(zip(_NAMES, _DIGITS, strict=True)):
            value, sigma = float(whole[number]), float(self.estimate.sigmas[number])
            if name == 'scale_factor':
                value = math.exp(value)
                sigma *= value
            yield Quantity(
                *(name, value, sigma, float(self.estimate.significance[number])),
                bool(self.is_used[number]),
                round(getattr(self.total, name), digits),
                digits,
            )

    @property
    def facts(self) -> dict[str, str]:
        """Return the values and how they came about, by the keys of the diagnostics."""
        facts = {f'calibration_{one.name}': str(one) for one in self.quantities}
        counts = f'{self.estimate.matches}, {self.estimate.outliers} left out'
        return {**facts, 'calibration_matches': counts}

    def yaml(self) -> str:
        """Return a file of parameters with what is corrected, for the next flight."""
        lines = [
            f'# Learned by visual_navsat from {self.estimate.matches} matches. Parameters of the',
            '# node, and a --config of locate, evaluate, replay and calibrate.',
            '/**:',
            '  ros__parameters:',
            '    calibration:',
        ]
        for one in self.quantities:
            lines += [f'      # {one}.', f'      {one.name}: {one.setting}']
        return '\n'.join([*lines, ''])
