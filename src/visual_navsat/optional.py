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
