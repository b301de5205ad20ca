# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Trade the token for a cookie, with which a browser fetches pictures and tiles too."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import Response
from visual_navsat.service.api.problem import ProblemError
from visual_navsat.service.api.security import COOKIE, cookie_value, is_authorised
from visual_navsat.service.settings import Settings

_COOKIE_S = 30 * 24 * 3600


def add_session(app: FastAPI, settings: Settings) -> None:
    """Add the route that the console signs in at."""

    @app.post('/console/session', include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        if not is_authorised(settings, request):
            raise ProblemError(HTTPStatus.UNAUTHORIZED, 'this is not the token of the service')
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        if settings.api_token is not None:
            response.set_cookie(
                COOKIE,
                cookie_value(settings),
                max_age=_COOKIE_S,
                httponly=True,
                samesite='strict',
                secure=request.url.scheme == 'https',
            )
        return response
