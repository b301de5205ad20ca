# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The pages for people: the console at /, Swagger UI at /docs, ReDoc at /redoc; all offline."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
import visual_navsat.report
import visual_navsat.service

CONSOLE = Path(visual_navsat.service.__file__).with_name('console')
# The report's copy; one Leaflet for both.
LEAFLET = Path(visual_navsat.report.__file__).parent / 'vendor' / 'leaflet'

_NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    f"connect-src 'self' blob:; manifest-src 'self'; {_NOTHING_ELSE}"
)
# Swagger UI and ReDoc write styles into the page; scripts come from files here as well.
_API_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; "
    f"worker-src 'self' blob:; {_NOTHING_ELSE}"
)


class _Files(StaticFiles):
    """Files that a browser asks about each time, so that an upgrade shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers['Cache-Control'] = 'no-cache'
        return response


def add_pages(app: FastAPI) -> None:
    """
    Add the console and the pages of the API.

    ``app`` is made with ``docs_url=None, redoc_url=None``: FastAPI's own load from a CDN.
    """
    app.include_router(_router())
    app.mount('/console/leaflet', _Files(directory=LEAFLET), name='leaflet')
    app.mount('/console', _Files(directory=CONSOLE), name='console')


def _router() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get('/')
    def console() -> FileResponse:
        return FileResponse(
            CONSOLE / 'index.html',
            headers={'Content-Security-Policy': CONSOLE_POLICY, 'Cache-Control': 'no-cache'},
        )

    @router.get('/docs')
    def swagger(request: Request) -> HTMLResponse:
        return _api_page(request, 'swagger')

    @router.get('/redoc')
    def redoc(request: Request) -> HTMLResponse:
        return _api_page(request, 'redoc')

    return router


def _api_page(request: Request, name: str) -> HTMLResponse:
    page = (CONSOLE / 'api_pages' / f'{name}.html').read_text(encoding='utf-8')
    headers = {'Content-Security-Policy': _API_PAGE_POLICY, 'Cache-Control': 'no-cache'}
    return HTMLResponse(page.replace('{title}', request.app.title), headers=headers)
