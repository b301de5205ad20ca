# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Values of a JSON document that people may have edited: each of its type and in range."""

from __future__ import annotations

import math
from typing import Any

_NUMBER_LIMIT = 1e9  # no place, size or count of a map is beyond it


def entry(values: Any, name: str) -> Any:
    """Return an entry of an object; raise ValueError if there is none."""
    if not isinstance(values, dict):
        raise ValueError(f'{values!r:.60} is no object with {name}')
    if name not in values:
        raise ValueError(f'{name} is missing')
    return values[name]


def whole(values: Any, name: str, low: int = 0) -> int:
    """Return a whole number of an object, ``low`` to a billion; raise ValueError otherwise."""
    value = entry(values, name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _NUMBER_LIMIT:
        raise ValueError(f'{name} must be a whole number of at least {low}, got {value!r:.60}')
    return value


def number(
    values: Any, name: str, low: float = -_NUMBER_LIMIT, high: float = _NUMBER_LIMIT
) -> float:
    """Return a number of an object; raise ValueError unless it is finite and in range."""
    return checked_number(entry(values, name), name, low, high)


def checked_number(
    value: Any, name: str, low: float = -_NUMBER_LIMIT, high: float = _NUMBER_LIMIT
) -> float:
    """Return a value; raise ValueError unless it is a finite number in range."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or not math.isfinite(value):
        raise ValueError(f'{name} must be a number, {low:g} to {high:g}, got {value!r:.60}')
    return value


def text(values: Any, name: str) -> str:
    """Return a text of an object; raise ValueError otherwise."""
    value = entry(values, name)
    if not isinstance(value, str):
        raise ValueError(f'{name} must be a text, got {value!r:.60}')
    return value


def items(values: Any, name: str, kind: type = object) -> list[Any]:
    """Return a list of an object, each item of a kind; raise ValueError otherwise."""
    value = entry(values, name)
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise ValueError(f'{name} must be a list, got {value!r:.60}')
    return value


def mapping(values: Any, name: str) -> dict[str, Any]:
    """Return an object within an object; raise ValueError otherwise."""
    value = entry(values, name)
    if not isinstance(value, dict):
        raise ValueError(f'{name} must be an object, got {value!r:.60}')
    return value
