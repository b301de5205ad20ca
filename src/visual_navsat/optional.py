# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Packages that only some tasks need, imported when such a task is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from visual_navsat.errors import MissingDependencyError


def import_optional(module: str, message: str) -> Any:
    """
    Return a module of a package that need not be installed.

    :param message: what needs it, and the command that installs it.
    :raises MissingDependencyError: with the message, if it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(message) from error
