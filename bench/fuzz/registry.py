"""Every parser that is fuzzed. A new one: a module with ``TARGETS``, and its name here."""

from __future__ import annotations

from bench.fuzz import indexes, tables
from bench.fuzz.target import Target

TARGETS: tuple[Target, ...] = (*tables.TARGETS, *indexes.TARGETS)
