# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Show what the code says of the fields of its dataclasses: the comment behind or above each.

A setting of config.py says it in its metadata.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
import dataclasses
import inspect
import textwrap


def setup(app) -> dict[str, bool]:
    """Add the comments to the docstring, and mend the signature of default factories."""
    app.setup_extension('sphinx.ext.autodoc')
    app.connect('autodoc-process-docstring', _add_comments)
    app.connect('autodoc-process-signature', _without_factories)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}


def field_comments(cls: type) -> dict[str, str]:
    """Return the comment of each field of a dataclass that has one."""
    found = {
        field.name: field.metadata['description']
        for field in dataclasses.fields(cls)
        if 'description' in field.metadata
    }
    if found:
        return found
    lines = textwrap.dedent(inspect.getsource(cls)).splitlines()
    body = ast.parse('\n'.join(lines)).body[0].body
    for node in body:
        if isinstance(node, ast.AnnAssign):
            end = node.end_col_offset
            _, hash_sign, behind = lines[node.end_lineno - 1][end:].partition('#')
            comment = behind.strip() if hash_sign else _comment_above(lines, node.lineno - 1)
            if comment:
                found[node.target.id] = comment
    return found


def _comment_above(lines: Sequence[str], index: int) -> str:
    """Return the whole-line comment that ends above a line."""
    first = index
    while first > 0 and lines[first - 1].lstrip().startswith('#'):
        first -= 1
    return ' '.join(line.strip().lstrip('# ') for line in lines[first:index])


def _add_comments(app, what, name, obj, options, lines: list[str]) -> None:
    if what == 'class' and dataclasses.is_dataclass(obj):
        lines.append('')
        lines.extend(
            f':param {field}: {comment}'.replace('*', r'\*')
            for field, comment in field_comments(obj).items()
        )


def _without_factories(app, what, name, obj, options, signature, returned):
    if signature and '<factory>' in signature:
        return signature.replace('<factory>', '...'), returned
    return None
