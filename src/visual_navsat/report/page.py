"""Put style, script, pictures and figures into one page that opens without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from visual_navsat.files import write_text
from visual_navsat.report.markup import escape

_HERE = Path(__file__).resolve().parent
_LEAFLET = 'vendor/leaflet/'
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline';"


def write_page(path: str | Path, title: str, body: str, data: dict[str, Any]) -> None:
    """
    Write a page, whole or not at all.

    :param body: HTML.
    :param data: what ``assets/report.js`` draws.
    :raises FileWriteError: if the file cannot be written.
    """
    write_text(path, compose_page(title, body, data))


def compose_page(title: str, body: str, data: dict[str, Any]) -> str:
    """Return a page of which a browser may fetch nothing and run only its own two scripts."""
    scripts = [_script(f'{_LEAFLET}leaflet.js'), _script('assets/report.js')]
    hashes = ' '.join(f"'sha256-{_sha256(script)}'" for script in scripts)
    # url() in Leaflet's style names icons that are not used here.
    style = re.sub(r'url\([^)]*\)', 'none', _asset(f'{_LEAFLET}leaflet.css'))
    return Template(_asset('assets/page.html')).substitute(
        policy=f'{_POLICY} script-src {hashes}',
        title=escape(title),
        style=style + _asset('assets/report.css'),
        body=body,
        # In JSON a < can only be in a string: escaped, no text ends the script element.
        data=json.dumps(data, allow_nan=False, separators=(',', ':')).replace('<', '\\u003c'),
        scripts='\n'.join(f'<script>{script}</script>' for script in scripts),
    )


def _script(name: str) -> str:
    # Without the comment that a browser's developer tools would look for a file by.
    return re.sub(r'//# sourceMappingURL=.*', '', _asset(name))


@cache
def _asset(name: str) -> str:
    """Return a text file that comes with the report; its lines end as a browser will see them."""
    return (_HERE / name).read_text(encoding='utf-8').replace('\r\n', '\n')


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
