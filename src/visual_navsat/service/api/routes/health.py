# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the service works: for people, for orchestrators, for Prometheus."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
import torch
from visual_navsat.service.api.common import in_thread, Ready, running_of
from visual_navsat.service.api.latest_stats import LatestStats, stats_values
from visual_navsat.service.api.problem import responses
from visual_navsat.service.api.schemas import DatabaseStats, HealthAnswer, StateAnswer
from visual_navsat.service.running import MAX_AT_ONCE

router = APIRouter(tags=['state'])


@router.get('/api/v1/health', response_model=HealthAnswer, responses=responses())
async def health(request: Request) -> dict[str, Any]:
    """Return whether the service works, and on what; also while it loads."""
    running = running_of(request)
    latest: LatestStats = request.app.state.latest_stats
    stats = await latest.soon() if running.is_ready else None
    return {
        'status': running.status,
        'detail': running.fault,
        'database_stats': stats,
        'gpu_available': torch.cuda.is_available(),
        'version': running.version,
        'uptime_seconds': running.uptime_s,
        'model': running.settings.dino_model or 'embedded',
        'device': str(running.queue.describer.extractor.device) if running.is_ready else '',
        'total_images': None if stats is None else stats['total_images'],
        'is_live': request.app.state.live is not None,
        'queue': {'waiting': running.admitted, 'limit': MAX_AT_ONCE},
        'disk': running.disk if running.is_ready else None,
    }


@router.get('/livez', response_model=StateAnswer)
async def live() -> dict[str, str]:
    """Return at once while the process lives."""
    return {'status': 'alive'}


@router.get('/readyz', response_model=StateAnswer, responses=responses())
async def ready(request: Request) -> Response:
    """Return 200 when requests can be answered, 503 before."""
    running = running_of(request)
    status = HTTPStatus.OK if running.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse({'status': running.status}, status)


@router.get('/api/v1/database/stats', response_model=DatabaseStats, responses=responses())
async def stats(request: Request, running: Ready) -> dict[str, Any]:
    """Return what is in the library, and how it was used."""
    return await in_thread(request, stats_values, running)


@router.get('/metrics', include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the metrics of this process, as Prometheus takes them."""
    content = await in_thread(request, running_of(request).metrics.text)
    return Response(content, media_type='text/plain; version=0.0.4; charset=utf-8')
