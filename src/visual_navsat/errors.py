# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every error that visual_navsat raises on purpose: one line that says what to do."""

import traceback


class VisualNavsatError(Exception):
    """Base of the package's errors."""


def reason_of(error: BaseException) -> str:
    """Return what an exception says in one line, its type where it says nothing."""
    return ' '.join(str(error).split()) or type(error).__name__


def one_line(error: BaseException) -> str:
    """Return what an exception says in one line; one that nobody expected with its type."""
    if isinstance(error, VisualNavsatError):
        return reason_of(error)
    words = f': {reason_of(error)}' if str(error).strip() else ''
    return f'unexpected {type(error).__name__}{words}'


def traceback_text(error: BaseException) -> str:
    """Return the traceback of an exception, as Python prints it."""
    return ''.join(traceback.format_exception(error)).rstrip()


def shortened(text: str, length: int) -> str:
    """Return a text for a message, cut where it is longer."""
    return text if len(text) <= length else f'{text[:length]} ...'


class ConfigError(VisualNavsatError, ValueError):
    """A setting is unknown, of the wrong type or out of range."""


class ShapeError(VisualNavsatError, ValueError):
    """An array has the wrong shape or holds values that cannot be used."""


class ImageError(VisualNavsatError, ValueError):
    """An image cannot be read or used."""


class ModelError(VisualNavsatError, ValueError):
    """A checkpoint or vocabulary is missing, damaged or of another architecture."""


class MapError(VisualNavsatError, ValueError):
    """A map source (metadata CSV, image folder) is missing or wrong."""


class IndexFolderError(VisualNavsatError, ValueError):
    """An index folder is missing, incomplete, damaged or does not fit the running model."""


class WorkerError(VisualNavsatError, RuntimeError):
    """Processes or machines that share the work cannot be had, or end while they work."""


class LibraryError(VisualNavsatError, ValueError):
    """A library of the service is damaged, of another model, or cannot do what was asked."""


class MissingDependencyError(VisualNavsatError, ImportError):
    """An optional package is needed for what was asked; the message says how to install it."""


class FileWriteError(VisualNavsatError, OSError):
    """A file cannot be written: it has the attributes of an OSError."""

    def __str__(self) -> str:
        return f'cannot write {self.filename}: {self.strerror}'
