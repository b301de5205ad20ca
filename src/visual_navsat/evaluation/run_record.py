# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read back what ``evaluate --json`` wrote: the summary, and every answer beside its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any

from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.files import read_input

_REMEDY = 'write it with evaluate --json'


class RunRecordError(VisualNavsatError, ValueError):
    """A file is not what evaluate or replay wrote."""


@dataclass(frozen=True)
class RunRecord:
    """One run over many images."""

    name: str
    summary: Mapping[str, Any]  # as evaluate --json writes it
    answers: tuple[ScoredAnswer, ...]

    @property
    def fixes(self) -> list[ScoredAnswer]:
        """Return the answers with a position."""
        return [answer for answer in self.answers if answer.is_fix]

    @property
    def refusals(self) -> list[ScoredAnswer]:
        """Return the answers without a position."""
        return [answer for answer in self.answers if not answer.is_fix]

    @classmethod
    def from_json(cls, summary: Mapping[str, Any], name: str, where: str = '') -> RunRecord:
        """
        Return a run from the content of its JSON.

        :param name: what people call it.
        :param where: what stands in messages, if not the name.
        :raises RunRecordError: if it is something else, or lacks what was added later.
        """
        where = where or name
        if not isinstance(summary, Mapping) or not isinstance(summary.get('queries'), list):
            raise RunRecordError(f"{where} has no list of 'queries': {_REMEDY}")
        try:
            answers = tuple(ScoredAnswer.from_json(query) for query in summary['queries'])
        except KeyError as error:
            raise RunRecordError(f'{where} has a query without {error}: {_REMEDY}') from error
        except (TypeError, ValueError, AttributeError) as error:
            raise RunRecordError(f'{where} is not what evaluate --json writes: {error}') from error
        if not answers:
            raise RunRecordError(f'{where} has no queries: there is nothing to show')
        return cls(name, summary, answers)


def read_run(path: str | Path) -> RunRecord:
    """
    Return the run in a file of ``evaluate --json``, called as the file is.

    :raises RunRecordError: if the file cannot be read, is not JSON or is something else.
    """
    try:
        content = json.loads(read_input(path).decode())
    except OSError as error:
        raise RunRecordError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:
        raise RunRecordError(f'{path} is not JSON ({error}): {_REMEDY}') from error
    return RunRecord.from_json(content, Path(path).stem, str(path))


def named_apart(first: RunRecord, second: RunRecord) -> tuple[RunRecord, RunRecord]:
    """Return two runs under different names: files of one name lie in different folders."""
    if first.name != second.name:
        return first, second
    return replace(first, name=f'{first.name} (1)'), replace(second, name=f'{second.name} (2)')
