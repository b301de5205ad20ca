# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every parser that is fuzzed. A new one: a module with ``TARGETS``, and its name here."""

from __future__ import annotations

from bench.fuzz import indexes, maps, rasters, recordings, routes, tables
from bench.fuzz.target import Target

TARGETS: tuple[Target, ...] = (
    *tables.TARGETS,
    *maps.TARGETS,
    *rasters.TARGETS,
    *indexes.TARGETS,
    *routes.TARGETS,
    *recordings.TARGETS,
)
