# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A parser that is fuzzed: what it is given, how it is asked, and what counts as a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.strategies import SearchStrategy
from visual_navsat.errors import VisualNavsatError

# Of every run: as many inputs as are asked for, none kept, and faults made small.
PLAN = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
MAX_LINE = 2000  # characters of a refusal; paths of the machine are part of it


@dataclass(frozen=True)
class Target:
    """One parser, with inputs that are nearly right."""

    name: str
    inputs: SearchStrategy[Any]
    read: Callable[[Path, Any], object]  # puts an input into an empty folder, and reads it


class NotALineError(AssertionError):
    """A refusal that is not a line for people."""


def try_input(target: Target, value: Any) -> str:
    """
    Read one input; return what it was refused with, '' where it was read.

    :raises Exception: whatever else the parser raises: that is the fault that is looked for.
    """
    with tempfile.TemporaryDirectory(prefix='fuzz') as folder:
        try:
            target.read(Path(folder), value)
        except VisualNavsatError as error:
            line = str(error)
            if not line.strip() or '\n' in line or len(line) > MAX_LINE:
                raise NotALineError(f'{target.name}: {line!r}') from error
            return line
    return ''


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write an input's file and return its path."""
    path = folder / name
    data = content if isinstance(content, bytes) else content.encode('utf-8', 'surrogatepass')
    path.write_bytes(data)
    return path
