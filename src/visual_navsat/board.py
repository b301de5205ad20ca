# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How the computer does: load, temperature, power, as far as Linux tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_IDLE = (3, 4)  # columns of /proc/stat: idle, and waiting for the disk
_INPUT_RAILS = ('VDD_IN', 'POM_5V_IN', 'VIN_SYS_5V0')  # what a Jetson draws as a whole
_MICRO, _MILLI = 1e-6, 1e-3


class BoardMonitor:
    """Measures since its last call; what the board does not tell is None."""

    def __init__(self, root: Path = Path('/')) -> None:
        """:param root: of /proc and /sys."""
        self._root = root
        self._ticks: tuple[int, int] | None = None  # busy and all
        self._energy: tuple[float, float] | None = None  # joules and when

    def read(self, time_s: float) -> dict[str, float | None]:
        """Return ``cpu`` (share of all cores), ``temperature_c`` and ``power_w``."""
        return {
            'cpu': self._cpu(),
            'temperature_c': self._temperature_c(),
            'power_w': self._rail_w() or self._package_w(time_s),
        }

    def _cpu(self) -> float | None:
        words = (_text(self._root / 'proc/stat') or '').splitlines()[:1]
        columns = [int(word) for line in words for word in line.split()[1:]]
        if len(columns) <= max(_IDLE):
            return None
        total = sum(columns)
        now = total - sum(columns[column] for column in _IDLE), total
        before, self._ticks = self._ticks, now
        if before is None or now[1] <= before[1]:
            return None
        return round((now[0] - before[0]) / (now[1] - before[1]), 4)

    def _temperature_c(self) -> float | None:
        """Return the hottest zone's."""
        zones = (self._root / 'sys/class/thermal').glob('thermal_zone*/temp')
        known = [value * _MILLI for value in map(_number, zones) if value is not None]
        return max(known, default=None)

    def _rail_w(self) -> float | None:
        """Return what the board's own sensor measures at its input (INA3221 of a Jetson)."""
        for rail in self._rails():
            volts, amperes = (
                _number(rail.with_name(f'{kind}{rail.name[2]}_input')) for kind in ('in', 'curr')
            )
            if volts is not None and amperes is not None:
                return round(volts * _MILLI * amperes * _MILLI, 3)
        return None

    def _rails(self) -> Iterator[Path]:
        for label in (self._root / 'sys/class/hwmon').glob('hwmon*/in[1-9]_label'):
            if (_text(label) or '').strip() in _INPUT_RAILS:
                yield label

    def _package_w(self, time_s: float) -> float | None:
        """Return what the processors of a PC draw, by their counters of energy (RAPL)."""
        packages = (self._root / 'sys/class/powercap').glob('intel-rapl:*/energy_uj')
        # intel-rapl:0:0 is a part of intel-rapl:0.
        counters = [_number(file) for file in packages if file.parent.name.count(':') == 1]
        known = [counter for counter in counters if counter is not None]
        if not known:
            return None
        now = sum(known) * _MICRO, time_s
        before, self._energy = self._energy, now
        # A counter begins anew every few minutes.
        if before is None or now[0] < before[0] or now[1] <= before[1]:
            return None
        return round((now[0] - before[0]) / (now[1] - before[1]), 3)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding='utf-8', errors='replace')
    except OSError:
        return None


def _number(path: Path) -> float | None:
    try:
        return float(_text(path) or 'none')
    except ValueError:
        return None
