# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every error that visual_navsat raises on purpose: one line that says what to do."""


class VisualNavsatError(Exception):
    """Base of the package's errors."""


def one_line(error: BaseException) -> str:
    """Return what an exception says in one line; one that nobody expected with its type."""
    words = ' '.join(str(error).split())
    if isinstance(error, VisualNavsatError):
        return words
    return f'unexpected {type(error).__name__}' + (f': {words}' if words else '')


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


class MissingDependencyError(VisualNavsatError, ImportError):
    """An optional package is needed for what was asked; the message says how to install it."""


class FileWriteError(VisualNavsatError, OSError):
    """A file cannot be written: it has the attributes of an OSError."""

    def __str__(self) -> str:
        return f'cannot write {self.filename}: {self.strerror}'
