# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One thread owns the model and the maps; what waits for the model goes through it together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
import logging
import queue
import threading
import time
from typing import Any, TypeVar

import numpy as np
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.features.preprocess import PreparedImage

_MAX_BATCH = {False: 8, True: 64}  # images described together, by whether the device is CUDA
_log = logging.getLogger(__name__)
Result = TypeVar('Result')

# A prepared image to describe, or anything else that needs the model; where its result goes.
_Job = tuple[PreparedImage | Callable[[], Any], 'Future[Any]']


class ModelQueue:
    """
    Describe images and run what else needs the model, one after the other.

    :param on_described: is told how many images took how many seconds.
    """

    def __init__(
        self,
        describer: ImageDescriber,
        on_described: Callable[[int, float], None] = lambda images, seconds: None,
    ) -> None:
        self.describer = describer
        self._on_described = on_described
        self._batch = _MAX_BATCH[describer.extractor.device.type == 'cuda']
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name='model', daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._jobs.qsize()

    def describe(self, image: PreparedImage) -> Future[np.ndarray]:
        """Return what will be the descriptor (d,) of an image."""
        return self._put(image)

    def call(self, function: Callable[[], Result]) -> Future[Result]:
        """Return what will be the result of a function that needs the model's thread."""
        return self._put(function)

    def close(self) -> None:
        """End once what waits is done."""
        self._jobs.put(None)
        self._thread.join()

    def _put(self, work: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._jobs.put((work, future))
        return future

    def _work(self) -> None:
        ending = False
        while not ending:
            jobs: list[_Job] = []
            job = self._jobs.get()
            while True:
                if job is None:
                    ending = True
                    break
                jobs.append(job)
                if len(jobs) >= self._batch or self._jobs.empty():
                    break
                job = self._jobs.get()
            # Who gave up, as a client that hung up, is not served.
            jobs = [job for job in jobs if job[1].set_running_or_notify_cancel()]
            images = [job for job in jobs if isinstance(job[0], PreparedImage)]
            if images:
                self._describe(images)
            for work, future in jobs:
                if not isinstance(work, PreparedImage):
                    _finish(future, work)

    def _describe(self, jobs: list[_Job]) -> None:
        started = time.perf_counter()
        try:
            descriptors = self.describer.describe([work for work, _ in jobs])  # type: ignore[misc]
        except Exception as error:
            for _, future in jobs:
                future.set_exception(error)
            return
        self._on_described(len(jobs), time.perf_counter() - started)
        for (_, future), descriptor in zip(jobs, descriptors, strict=True):
            future.set_result(descriptor)


def _finish(future: Future[Any], function: Callable[[], Any]) -> None:
    try:
        future.set_result(function())
    except Exception as error:
        future.set_exception(error)
