# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The maps that are loaded, and their imagery for the page."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.maps.mercator_tile import MAX_ZOOM
from visual_navsat.service.api.common import in_thread, Ready
from visual_navsat.service.api.problem import responses
from visual_navsat.service.api.schemas import MapsAnswer
from visual_navsat.service.map_shelf import ServedMap

router = APIRouter(prefix='/api/v1', tags=['maps'])


@router.get('/maps', response_model=MapsAnswer, responses=responses())
async def maps(running: Ready) -> dict[str, Any]:
    """Return the maps that photos can be located on."""
    return {'maps': [_info(one) for one in running.maps]}


@router.get(
    '/maps/{name}/tiles/{zoom}/{column}/{row}',
    response_class=Response,
    responses={
        **responses(404),
        200: {'content': {'image/png': {}}, 'description': 'A tile of 256 x 256 px'},
        204: {'description': 'The map has nothing there'},
    },
)
async def tile(
    request: Request,
    running: Ready,
    name: str,
    zoom: Annotated[int, Path(ge=0, le=MAX_ZOOM)],
    column: Annotated[int, Path(ge=0, lt=2**MAX_ZOOM)],
    row: Annotated[int, Path(ge=0, lt=2**MAX_ZOOM)],
) -> Response:
    """Return a web mercator tile of a map's imagery, clear where there is none."""
    served = running.maps.get(name)
    content = None
    if max(column, row) < 2**zoom:
        content = await in_thread(request, served.tile, zoom, column, row)
    if content is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {'Cache-Control': 'private, max-age=3600'}
    return Response(content, media_type='image/png', headers=headers)


def _info(served: ServedMap) -> dict[str, Any]:
    extent = served.place.extent
    first, last = served.zooms
    # Of a map that crosses the antimeridian, east is beyond 180.
    west = float(wrap_long(extent.west))
    return {
        'name': served.name,
        'bounds': (west, extent.south, west + extent.east - extent.west, extent.north),
        'tiles': f'api/v1/maps/{served.name}/tiles/{{z}}/{{x}}/{{y}}',
        'min_zoom': first,
        'max_zoom': last,
        'num_tiles': len(served.loaded_map.tiles),
        'gsd_m_per_px': served.place.gsd_m_per_px,
    }
