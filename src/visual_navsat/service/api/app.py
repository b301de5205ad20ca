# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The application: all routes over one running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import sys
import time

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from visual_navsat.service.api.latest_stats import LatestStats
from visual_navsat.service.api.pages import add_pages
from visual_navsat.service.api.problem import add_problem_handlers
from visual_navsat.service.api.routes import (
    health,
    imports,
    live,
    locate,
    maps,
    similarity,
    uploads,
)
from visual_navsat.service.api.security import make_guard
from visual_navsat.service.api.session import add_session
from visual_navsat.service.live_feed import LiveFeed
from visual_navsat.service.running import Running
from visual_navsat.service.settings import Settings

_THREADS = 8  # for what waits for the disk
_SWITCH_S = 0.0005  # instead of 5 ms: the event loop waits for each busy thread this long
_MODEL_THREADS = 16  # for what decodes and waits for the model
_DESCRIPTION = 'Finds photos by their likeness, and where they were taken on a map.'


def create_app(settings: Settings, feed: LiveFeed | None = None) -> FastAPI:
    """
    Return the application; it loads the model in the background once it is started.

    :param feed: of a flight that is watched.
    """
    running = Running(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(_SWITCH_S)
        app.state.threads = CapacityLimiter(_THREADS)
        app.state.model_threads = CapacityLimiter(_MODEL_THREADS)
        app.state.latest_stats = LatestStats(running)
        loading = asyncio.create_task(to_thread.run_sync(running.load))
        if settings.workers > 1:
            # No connection is taken before this ends: what comes meanwhile, another process
            # answers, or it waits. A single process says at once that it is loading.
            await loading
        try:
            yield
        finally:
            await loading
            await to_thread.run_sync(running.close)

    app = FastAPI(
        title='visual_navsat',
        version=running.version,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.running, app.state.live = running, feed
    for part in (health, uploads, similarity, locate, maps, imports, live):
        app.include_router(part.router)
    add_session(app, settings)
    add_pages(app)
    add_problem_handlers(app)
    app.middleware('http')(make_guard(settings))
    app.middleware('http')(_measure(running))
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=['GET', 'POST', 'DELETE'],
            allow_headers=['Authorization'],
        )
    _add_gauges(running)
    return app


def _measure(
    running: Running,
) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    async def measure(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        # The template, not the path: an id each would be a metric each.
        route = getattr(request.scope.get('route'), 'path', 'other')
        running.metrics.requests.labels(route, request.method, response.status_code).inc()
        running.metrics.latency.labels(route).observe(time.perf_counter() - started)
        return response

    return measure


def _add_gauges(running: Running) -> None:
    gauge = running.metrics.gauge
    gauge('queue', 'Requests with an image that are worked on or wait', lambda: running.admitted)
    gauge('images', 'Images in the library', lambda: _count(running))
    gauge('ready', 'Whether the model is loaded', lambda: float(running.is_ready))


def _count(running: Running) -> float:
    return float(running.library.stats().total_images) if running.is_ready else 0.0
