# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The file that takes a calibration from one flight to the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time

from visual_navsat.config import Config
from visual_navsat.config_file import load_config
from visual_navsat.files import is_there, write_text
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.calibration_state import CalibrationState

_PERIOD_S = 60.0  # a power cut costs no more


def with_kept_calibration(config: Config) -> Config:
    """
    Return a config with what is in ``node.calibration_file``, if there is such a file yet.

    :raises ConfigError: if it cannot be read or holds a bad setting.
    """
    path = config.node.calibration_file
    if not path or not is_there(path):
        return config
    return load_config(path, config, 'node.calibration_file')


class CalibrationKeeper:
    """Write what a flight has learned, once a minute while it changes and at the end."""

    def __init__(
        self, path: str, start: Corrections, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Begin a flight.

        :param path: empty: nothing is written.
        :param start: what the file holds, or would.
        """
        self._path, self._kept, self._clock = path, start, clock
        self._due_s = clock() + _PERIOD_S

    def keep(self, state: CalibrationState, is_last: bool = False) -> None:
        """
        Write the state if it has changed and a minute has passed, or the flight is over.

        :raises FileWriteError: if the disk refuses; the next minute tries again.
        """
        now_s = self._clock()
        if not self._path or (now_s < self._due_s and not is_last) or state.total == self._kept:
            return
        self._due_s = now_s + _PERIOD_S
        write_text(Path(self._path), state.yaml(), durable=True)
        self._kept = state.total
