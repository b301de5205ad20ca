# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Run the service: uvicorn with one or more processes over one library."""

from __future__ import annotations

import logging
import os

from fastapi import FastAPI
import uvicorn
from visual_navsat.memory import give_large_blocks_back, share_one_arena
from visual_navsat.service.api.app import create_app
from visual_navsat.service.api.security import check_exposure
from visual_navsat.service.live_feed import LiveFeed
from visual_navsat.service.settings import Settings

_KEEP_ALIVE_S = 30
_END_S = 10  # for requests that are under way when the service ends


def serve(settings: Settings, feed: LiveFeed | None = None) -> None:
    """
    Serve until a signal ends it.

    :param feed: of a flight that is watched; it takes a single process.
    :raises ConfigError: if it would be open to others.
    """
    check_exposure(settings)
    _quiet()
    share_one_arena()
    give_large_blocks_back()
    for line in startup_lines(settings):
        print(line, flush=True)
    options = {
        'host': settings.host,
        'port': settings.port,
        'log_level': settings.log_level,
        'access_log': settings.debug,
        'timeout_keep_alive': _KEEP_ALIVE_S,
        'timeout_graceful_shutdown': _END_S,
        'server_header': False,
    }
    if settings.workers == 1:
        uvicorn.run(create_app(settings, feed), **options)  # type: ignore[arg-type]
        return
    # Each process reads the settings from the environment.
    os.environ.update(environment_of(settings))
    uvicorn.run(
        'visual_navsat.service.server:app_from_environment',
        factory=True,
        workers=settings.workers,
        **options,  # type: ignore[arg-type]
    )


def app_from_environment() -> FastAPI:
    """Return the application of a worker."""
    settings = Settings.load()
    _quiet()
    share_one_arena()
    give_large_blocks_back()
    logging.basicConfig(
        level=settings.log_level.upper(), format='%(levelname)s %(name)s: %(message)s'
    )
    return create_app(settings)


def _quiet() -> None:
    """Leave out what libraries say of themselves at each start."""
    for name in ('alembic', 'faiss'):
        logging.getLogger(name).setLevel(logging.WARNING)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment that gives these settings."""
    values = settings.model_dump(exclude_defaults=True)
    found: dict[str, str] = {}
    for name, value in values.items():
        if name == 'api_token' and settings.api_token is not None:
            value = settings.api_token.get_secret_value()
        found[name.upper()] = ','.join(value) if isinstance(value, tuple) else str(value)
    return found


def startup_lines(settings: Settings) -> list[str]:
    """Return what is used, and where the page is."""
    host = f'[{settings.host}]' if ':' in settings.host else settings.host
    shown = 'localhost' if settings.host in ('0.0.0.0', '::') else host
    maps = ', '.join(settings.maps) or 'none (MAPS=DIR to locate photos)'
    return [
        f'library   {settings.data_dir.resolve()} ({settings.uploads}, {settings.features_path})',
        f'model     {settings.dino_model or "the embedded one"} on {settings.device}',
        f'maps      {maps}',
        f'token     {"wanted" if settings.api_token else "not wanted"}',
        f'page      http://{shown}:{settings.port}/   API: /docs',
    ]
