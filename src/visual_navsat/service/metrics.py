# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What Prometheus scrapes: requests and their latency, the queue, the model's time, images."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            'visual_navsat_requests',
            'Requests by route, method and status',
            ('route', 'method', 'status'),
            registry=self._registry,
        )
        self.latency = Histogram(
            'visual_navsat_request_seconds',
            'Seconds from the head of a request to the end of its answer',
            ('route',),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._model = Histogram(
            'visual_navsat_model_seconds',
            'Seconds of the model for each batch',
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._described = Counter(
            'visual_navsat_described_images', 'Images that were described', registry=self._registry
        )

    def described(self, images: int, seconds: float) -> None:
        """Count a batch that went through the model."""
        self._described.inc(images)
        self._model.observe(seconds)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show a value that is read whenever it is asked for."""
        gauge = Gauge(f'visual_navsat_{name}', text, registry=self._registry)
        gauge.set_function(read)

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._registry)
