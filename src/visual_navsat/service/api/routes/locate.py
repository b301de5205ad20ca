# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a photo was taken, on a map."""

from __future__ import annotations

import time
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import PhotoMetadata
from visual_navsat.service.api.common import (
    in_thread,
    Ready,
    shown_name,
    stage,
    uploaded_form,
    with_model,
)
from visual_navsat.service.api.multipart import fields_of, files_of
from visual_navsat.service.api.problem import responses
from visual_navsat.service.api.schemas import LocateAnswer
from visual_navsat.service.locating import geojson_of, locate_photo
from visual_navsat.service.map_shelf import ServedMap
from visual_navsat.service.running import Running

router = APIRouter(prefix='/api/v1', tags=['locate'])


class LocateFields(BaseModel):
    """What is known of a photo; what is left out is read from its metadata, or searched for."""

    model_config = ConfigDict(extra='ignore', allow_inf_nan=False)

    map: str | None = Field(  # noqa: A003
        None, max_length=255, description='Name of a map; else the first'
    )
    heading_deg: float | None = Field(
        None, ge=-360, le=360, description="Of the photo's up direction, clockwise from north"
    )
    height_m: float | None = Field(None, ge=0.1, le=1e5, description='Above ground')
    gsd: float | None = Field(None, ge=1e-4, le=1e3, description='Metres per pixel')
    hfov_deg: float | None = Field(None, ge=0.1, le=179.9, description='Horizontal field of view')
    pitch_deg: float | None = Field(
        None, ge=-180, le=180, description='Of the optical axis above the horizon; -90 is down'
    )
    roll_deg: float | None = Field(None, ge=-180, le=180)
    heading_sigma_deg: float | None = Field(None, ge=0.1, le=180)
    gsd_sigma: float | None = Field(None, ge=0.001, le=0.45, description='A fraction of the GSD')
    height_sigma: float | None = Field(None, ge=0.001, le=0.45)
    use_exif: Literal['true', 'false'] = Field('true', description="Use the photo's metadata")
    top_k: int | None = Field(None, ge=1, le=100, description='Candidates')
    format: Literal['json', 'geojson'] = 'json'  # noqa: A003

    def knowledge(self) -> Knowledge:
        """Return what the client knows of the photo."""
        return Knowledge(
            heading_deg=self.heading_deg,
            height_agl_m=self.height_m,
            gsd_m_per_px=self.gsd,
            hfov_deg=self.hfov_deg,
            pitch_deg=self.pitch_deg,
            roll_deg=self.roll_deg,
            heading_sigma_deg=self.heading_sigma_deg,
            gsd_sigma=self.gsd_sigma,
            height_sigma=self.height_sigma,
        )


def _body() -> dict[str, Any]:
    schema = LocateFields.model_json_schema()
    file = {'type': 'string', 'format': 'binary', 'description': 'The photo'}
    for one in schema['properties'].values():
        # What is unknown is left out of a form, which has no null.
        one.update(one.pop('anyOf', [{}])[0])
        if one.get('default', ...) is None:
            del one['default']
    schema['properties'] = {'file': file, **schema['properties']}
    schema['required'] = ['file']
    return {
        'requestBody': {'required': True, 'content': {'multipart/form-data': {'schema': schema}}}
    }


@router.post(
    '/locate',
    response_model=LocateAnswer,
    openapi_extra=_body(),
    responses={
        **responses(400, 404, 408, 413, 415, 429, 507),
        200: {'content': {'application/geo+json': {}}, 'description': 'A fix, or why not'},
    },
)
async def locate(request: Request, running: Ready) -> Response:
    """
    Return where a photo, the part called file, was taken, or a refusal with its reason.

    With ``format=geojson`` the answer is a FeatureCollection: the fix and the footprint.
    """
    started = time.perf_counter()
    async with uploaded_form(request, running) as form:
        fields = _fields(fields_of(form))
        served = running.maps.get(fields.map)
        file = files_of(form)[0]
        values = await with_model(request, _locate, running, served, file, fields)
    milliseconds = 1e3 * (time.perf_counter() - started)
    values['processing_time_ms'] = milliseconds
    found = int(values['status'] == 'fix')
    note = running.library.note_search
    await in_thread(request, note, 'locate', milliseconds, found, fields.top_k)
    if fields.format == 'geojson':
        return JSONResponse(geojson_of(values), media_type='application/geo+json')
    return JSONResponse(LocateAnswer(**values).model_dump(mode='json'))


def _fields(given: dict[str, str]) -> LocateFields:
    try:
        return LocateFields.model_validate(given)
    except ValidationError as error:
        places = [{**one, 'loc': ('body', *one['loc'])} for one in error.errors()]
        raise RequestValidationError(places) from error


def _locate(
    running: Running, served: ServedMap, file: UploadFile, fields: LocateFields
) -> dict[str, Any]:
    staged = stage(running, file)
    try:
        photo = staged.facts.photo
        if fields.use_exif == 'false':
            photo = PhotoMetadata(photo.width, photo.height)
        name = shown_name(file.filename)
        return running.queue.call(
            lambda: locate_photo(
                served,
                running.config,
                staged.path,
                fields.knowledge(),
                photo,
                name,
                fields.top_k,
            )
        ).result()
    finally:
        staged.discard()
