# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The energy that this machine says it takes, where it says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
import threading
import time

_SAMPLE_S = 0.1
_SYSTEM = Path('/sys')

Power = Callable[[], float]  # watts at this moment


class EnergyMeter:
    """
    Joules since it was started, over all that the machine does.

    By the energy counters of x86 processors (RAPL: the package alone, in Linux readable by root),
    or else by the power monitors of boards such as NVIDIA's Jetson (INA3221: the module).
    """

    def __init__(self, system: Path = _SYSTEM) -> None:
        """:param system: where the kernel shows its devices."""
        self._counters = [c for c in _counters(system) if c.microjoules() is not None]
        self._powers = [] if self._counters else _powers(system)
        self._joules = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    @property
    def source(self) -> str:
        """Return what tells, for people; empty if nothing does."""
        if self._counters:
            return 'RAPL, the processor package'
        return 'INA3221, the module' if self._powers else ''

    def __enter__(self) -> EnergyMeter:
        for counter in self._counters:
            counter.start()
        if self._powers:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._powers:
            self._stop.set()
            self._thread.join()
        self._joules += sum(counter.joules() for counter in self._counters)

    @property
    def joules(self) -> float | None:
        """Return joules from start to end, None if this machine does not tell."""
        return self._joules if self.source else None

    def _sample(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(_SAMPLE_S):
            watts = sum(power() for power in self._powers)
            now = time.monotonic()
            self._joules += watts * (now - last)
            last = now


class _Counter:
    """A counter of microjoules that begins anew at its range."""

    def __init__(self, folder: Path) -> None:
        self._file, self._range = folder / 'energy_uj', folder / 'max_energy_range_uj'
        self._started = 0

    def microjoules(self) -> int | None:
        return _read_integer(self._file)

    def start(self) -> None:
        self._started = self.microjoules() or 0

    def joules(self) -> float:
        """Return what was taken since the start; a range takes minutes, longer than a query."""
        taken = (self.microjoules() or 0) - self._started
        if taken < 0:
            taken += _read_integer(self._range) or 0
        return taken / 1e6


def _counters(system: Path) -> list[_Counter]:
    """Return one counter per processor package; its cores and memory are parts of it."""
    folders = sorted(system.glob('class/powercap/intel-rapl:*'))
    return [_Counter(folder) for folder in folders if folder.name.count(':') == 1]


def _powers(system: Path) -> Sequence[Power]:
    """Return the power of each monitored rail that feeds the module, or of the first of each."""
    powers: list[Power] = []
    for chip in sorted(system.glob('class/hwmon/hwmon*')):
        if _read_text(chip / 'name') != 'ina3221':
            continue
        rails = [
            number
            for number in (1, 2, 3)
            if _read_integer(chip / f'in{number}_input') is not None
            and _read_integer(chip / f'curr{number}_input') is not None
        ]
        labels = {number: _read_text(chip / f'in{number}_label') for number in rails}
        # VDD_IN feeds the others, which would be counted twice.
        whole = [number for number, label in labels.items() if label == 'VDD_IN'] or rails
        powers += [_rail(chip, number) for number in whole]
    return powers


def _rail(chip: Path, number: int) -> Power:
    def watts() -> float:
        millivolts = _read_integer(chip / f'in{number}_input') or 0
        milliamperes = _read_integer(chip / f'curr{number}_input') or 0
        return millivolts * milliamperes / 1e6

    return watts


def _read_text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text().strip()
    return ''


def _read_integer(path: Path) -> int | None:
    with suppress(ValueError):
        return int(_read_text(path))
    return None
