# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fill templates into pages that open without a network: each holds all that it shows."""

from __future__ import annotations

import base64
from functools import cache
import hashlib
from pathlib import Path
import re
from typing import Any, TYPE_CHECKING

from visual_navsat.durations import duration_text
from visual_navsat.files import write_text
from visual_navsat.optional import import_optional
from visual_navsat.report.plotting import matplotlib_module
from visual_navsat.report.wording import metres, percent

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).resolve().parent
_LEAFLET = 'vendor/leaflet/'
_NO_JINJA2 = 'a report needs jinja2, which is not installed: pip install jinja2'
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def check_packages() -> None:
    """Raise MissingDependencyError if a report cannot be made; to call before a long run."""
    matplotlib_module()
    _jinja2()


def write_page(path: str | Path, template: str, data: dict[str, Any], **values: object) -> None:
    """
    Write a page of which a browser may fetch nothing and run only its own two scripts.

    :param template: its name; it extends ``page.html``.
    :param data: what ``assets/report.js`` draws.
    :param values: what the template shows.
    :raises FileWriteError: if the file cannot be written.
    """
    markup = import_optional('markupsafe', _NO_JINJA2).Markup
    scripts = [_script(f'{_LEAFLET}leaflet.js'), _script('assets/report.js')]
    hashes = ' '.join(f"'sha256-{_sha256(script)}'" for script in scripts)
    # url() in Leaflet's style names icons that are not used here.
    style = re.sub(r'url\([^)]*\)', 'none', _asset(f'{_LEAFLET}leaflet.css'))
    page = render(
        template,
        policy=f'{POLICY}; script-src {hashes}',
        style=markup(style + _asset('assets/report.css')),
        scripts=[markup(script) for script in scripts],
        data=data,
        **values,
    )
    write_text(path, page)


def render(template: str, **values: object) -> str:
    """Return a filled template; everything in the values is escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> jinja2.Environment:
    jinja2 = _jinja2()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / 'templates'),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies['json.dumps_kwargs'] = {'allow_nan': False, 'separators': (',', ':')}
    environment.filters.update(percent=percent, metres=metres, duration=duration_text)
    return environment


def _jinja2() -> Any:
    return import_optional('jinja2', _NO_JINJA2)


def _script(name: str) -> str:
    # Without the comment that a browser's developer tools would look for a file by.
    return re.sub(r'//# sourceMappingURL=.*', '', _asset(name))


@cache
def _asset(name: str) -> str:
    """Return a text file that comes with the report; its lines end as a browser will see them."""
    return (_HERE / name).read_text(encoding='utf-8').replace('\r\n', '\n')


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
