# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Who may ask, and what a browser may do with the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
import hmac
import ipaddress
import logging

from fastapi import Request, Response
from starlette.requests import HTTPConnection
from visual_navsat.errors import ConfigError
from visual_navsat.service.api.problem import problem_response
from visual_navsat.service.settings import Settings

COOKIE = 'visual_navsat_token'
# Without a token: whether the process lives, and the console's own files, which ask for it.
_OPEN = ('/livez', '/readyz', '/console/')
_OPEN_PAGES = ('/', '/docs', '/redoc', '/openapi.json')
_HEADERS = {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'geolocation=(), microphone=()',
}
_POLICY = "default-src 'none'; frame-ancestors 'none'"
_OTHER_SITES = ('cross-site', 'same-site')  # of the header Sec-Fetch-Site
_log = logging.getLogger(__name__)

Next = Callable[[Request], Awaitable[Response]]


def check_exposure(settings: Settings) -> None:
    """Raise ConfigError if anyone on a network could ask, unless that is wanted."""
    if is_loopback(settings.host) or settings.api_token is not None:
        return
    if not settings.allow_anonymous:
        raise ConfigError(
            f'HOST={settings.host} can be reached by others: set API_TOKEN, or '
            'ALLOW_ANONYMOUS=true on a closed network'
        )
    _log.warning(
        'ALLOW_ANONYMOUS: everyone who reaches %s:%d may read, add and delete',
        settings.host,
        settings.port,
    )


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's alone."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_authorised(settings: Settings, request: HTTPConnection) -> bool:
    """Return whether a request carries the token, if there is one; in constant time."""
    if settings.api_token is None:
        return True
    kind, _, given = request.headers.get('authorization', '').partition(' ')
    if kind.lower() != 'bearer':
        cookie = request.cookies.get(COOKIE, '')
        return hmac.compare_digest(cookie.encode(), cookie_value(settings).encode())
    # Headers are bytes, which Starlette shows as Latin-1.
    token = settings.api_token.get_secret_value().encode()
    return hmac.compare_digest(given.strip().encode('latin-1', 'replace'), token)


def cookie_value(settings: Settings) -> str:
    """Return what a browser keeps in place of the token, from which that cannot be told."""
    token = '' if settings.api_token is None else settings.api_token.get_secret_value()
    return hmac.new(token.encode(), b'console', 'sha256').hexdigest()


def foreign_page(settings: Settings, request: Request) -> str | None:
    """
    Return why a request comes from a page of somebody else, None if it does not.

    A browser on this machine reaches the service for every page that it shows: such a page must
    not upload or delete (the browser says where it comes from), nor read under a name of its own
    that it lets lead here.
    """
    origin = request.headers.get('origin')
    site = request.headers.get('sec-fetch-site', 'none')
    is_reading = request.method in ('GET', 'HEAD', 'OPTIONS')
    if not is_reading and site in _OTHER_SITES and origin not in settings.cors_origins:
        return f'pages of {origin!r:.80} may not do this: name them in CORS_ORIGINS'
    return _foreign_name(settings, request)


def foreign_socket(settings: Settings, socket: HTTPConnection) -> str | None:
    """Return why a WebSocket is one of somebody else's page, None if it is not."""
    origin = socket.headers.get('origin')  # a browser always says it
    if origin is not None and origin not in settings.cors_origins:
        host = origin.partition('://')[2]
        if host != socket.headers.get('host'):
            return f'pages of {origin!r:.80} may not listen'
    return _foreign_name(settings, socket)


def _foreign_name(settings: Settings, request: HTTPConnection) -> str | None:
    """Return why the service is called by a name that somebody else gave it."""
    if settings.api_token is None and not settings.allow_anonymous:
        host = request.url.hostname or ''
        if not (is_loopback(host) or host.endswith('.localhost')):
            return f'without API_TOKEN this service is called localhost, not {host!r:.80}'
    return None


def make_guard(settings: Settings) -> Callable[[Request, Next], Awaitable[Response]]:
    """Return the middleware that asks for the token, and adds the headers of safety."""

    async def guard(request: Request, call_next: Next) -> Response:
        path = request.url.path
        is_open = path in _OPEN_PAGES or path.startswith(_OPEN)
        fault = foreign_page(settings, request)
        if fault is not None:
            response: Response = problem_response(403, fault)
        elif not is_open and not is_authorised(settings, request):
            response = problem_response(
                401,
                'this service wants its token: send Authorization: Bearer API_TOKEN',
                {'WWW-Authenticate': 'Bearer'},
            )
        else:
            response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault('Content-Security-Policy', _POLICY)
        if path.startswith('/api/'):
            response.headers.setdefault('Cache-Control', 'no-store')
        return response

    return guard
