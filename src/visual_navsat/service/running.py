# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a process of the service has loaded: the library, the model, the maps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import shutil
import threading
import time
from typing import TypeVar

import visual_navsat
from visual_navsat.errors import one_line, traceback_text, VisualNavsatError
from visual_navsat.service.importer import Importer
from visual_navsat.service.library import Library
from visual_navsat.service.map_shelf import MapShelf
from visual_navsat.service.metrics import Metrics
from visual_navsat.service.model import load_describer
from visual_navsat.service.model_queue import ModelQueue
from visual_navsat.service.settings import Settings

MAX_AT_ONCE = 64  # requests with an image that are worked on or wait
MAX_BODIES = 512  # that come in at once: slow clients must not keep the others out
RETRY_AFTER_S = 2
_log = logging.getLogger(__name__)
Part = TypeVar('Part')


class BusyError(VisualNavsatError):
    """As many images wait as may wait."""


class NotReadyError(VisualNavsatError):
    """The model is not loaded yet, or could not be."""


class Running:
    """
    One process of the service.

    :meth:`load` takes seconds; until it is done everything but liveness is :exc:`NotReadyError`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.config = settings.config()
        self.version = visual_navsat.__version__
        self.metrics = Metrics()
        self.fault = ''  # why it could not be loaded
        self._started = time.monotonic()
        self._admitted = self._received = 0
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._queue: ModelQueue | None = None
        self._importer: Importer | None = None
        self.maps = MapShelf()

    def load(self) -> None:
        """Load everything; what is wrong is logged, and said by every answer."""
        try:
            describer = load_describer(self.settings)
            identity = describer.identity
            self.maps = MapShelf.open(self.settings.maps, self.config)
            self._library = Library.open(self.settings, identity, int(identity['dimension']))
            self._queue = ModelQueue(describer, self.metrics.described)
            self._importer = Importer(self._library, self._queue)
            self._importer.start()
        except Exception as error:
            self.fault = one_line(error)
            _log.critical('the service cannot work: %s', self.fault)
            if not isinstance(error, VisualNavsatError) or self.settings.debug:
                _log.critical(traceback_text(error))

    def close(self) -> None:
        """End what runs."""
        if self._importer is not None:
            self._importer.close()
        if self._queue is not None:
            self._queue.close()
        if self._library is not None:
            self._library.close()

    @property
    def is_ready(self) -> bool:
        """Whether everything is loaded."""
        return self._importer is not None

    @property
    def library(self) -> Library:
        """Return the library; raise NotReadyError while it is not loaded."""
        return self._loaded(self._library)

    @property
    def queue(self) -> ModelQueue:
        """Return the model's queue; raise NotReadyError while it is not loaded."""
        return self._loaded(self._queue)

    @property
    def importer(self) -> Importer:
        """Return what takes folders in; raise NotReadyError while it is not loaded."""
        return self._loaded(self._importer)

    @property
    def status(self) -> str:
        """Return healthy, loading, or failed."""
        return 'healthy' if self.is_ready else 'failed' if self.fault else 'loading'

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def admitted(self) -> int:
        """How many requests with an image are worked on or wait."""
        return self._admitted

    @property
    def disk(self) -> dict[str, int]:
        """Bytes of the disk with the library, and those left."""
        usage = shutil.disk_usage(self.settings.data_dir)
        return {'total_bytes': usage.total, 'free_bytes': usage.free}

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Read a body inside; raise BusyError if too many come in at once."""
        with self._lock:
            self._check_busy(self._received, MAX_BODIES, 'uploads come in')
            self._received += 1
        try:
            yield
        finally:
            with self._lock:
                self._received -= 1

    @contextmanager
    def admission(self) -> Iterator[None]:
        """Work on an image inside; raise BusyError if too many are worked on."""
        with self._lock:
            self._check_busy(self._admitted, MAX_AT_ONCE, 'images are worked on or wait')
            self._admitted += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted -= 1

    @staticmethod
    def _check_busy(count: int, limit: int, what: str) -> None:
        if count >= limit:
            raise BusyError(f'{limit} {what}: try again in {RETRY_AFTER_S} s')

    def _loaded(self, part: Part | None) -> Part:
        if part is None:
            raise NotReadyError(
                f'the service cannot work: {self.fault}'
                if self.fault
                else 'the model is being loaded: try again in a moment'
            )
        return part
