"""Read back what ``evaluate --json`` wrote: the summary, and every answer beside its truth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation.outcome import Place

_ALWAYS = ('filename', 'status', 'true_latitude', 'true_longitude')
_OF_A_FIX = ('latitude', 'longitude', 'covariance_en_m2', 'error_m', 'error_sigmas')
_NUMBERS = (
    'true_latitude', 'true_longitude', 'stamp_s', 'latitude', 'longitude', 'error_m',
    'error_sigmas', 'confidence', 'rank_of_truth', 'rank_within_radius', 'heading_deg',
    'gsd_m_per_px', 'center_latitude', 'center_longitude', 'seconds',
)  # fmt: skip


class RunRecordError(VisualNavsatError, ValueError):
    """A file is not what evaluate or replay wrote."""


@dataclass(frozen=True)
class Candidate:
    """A ranked tile of the map."""

    filename: str
    similarity: float
    latitude: float  # of its centre, degrees
    longitude: float


@dataclass(frozen=True)
class AnswerRecord:
    """What one image was answered, and the truth; what is unknown is None."""

    filename: str
    status: str  # 'fix' or 'no_fix'
    true_latitude: float  # degrees
    true_longitude: float
    reason: str | None = None
    detail: str | None = None
    stamp_s: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    covariance_en_m2: Sequence[float] | None = None  # east-east, east-north, north-north
    error_m: float | None = None
    error_sigmas: float | None = None
    is_false_fix: bool = False
    confidence: float | None = None
    rank_of_truth: int | None = None
    rank_within_radius: int | None = None
    found_by: str = ''
    heading_deg: float | None = None
    gsd_m_per_px: float | None = None
    center_latitude: float | None = None
    center_longitude: float | None = None
    places: Sequence[Place] = ()
    candidates: Sequence[Candidate] = ()
    seconds: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_fix(self) -> bool:
        """Whether a position was published."""
        return self.status == 'fix'

    @property
    def key(self) -> tuple[str, float | None]:
        """What tells this image from the others of a run: frames of a video share a name."""
        return self.filename, self.stamp_s

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AnswerRecord:
        """Return an answer; raise KeyError, TypeError or ValueError if it is no such thing."""
        for name in _ALWAYS:
            if values[name] is None:
                raise ValueError(f'{name} is null')
        for name in _OF_A_FIX if values['status'] == 'fix' else ():
            if values[name] is None:
                raise ValueError(f'{name} of the fix {values["filename"]!r} is null')
        for name in _NUMBERS:
            value = values.get(name)
            if value is not None and not isinstance(value, int | float):
                raise ValueError(f'{name} is {value!r}, which is no number')
        known = {entry.name for entry in fields(cls)}
        taken = {name: value for name, value in values.items() if name in known}
        taken['places'] = tuple(Place(**place) for place in values.get('places', ()))
        taken['candidates'] = tuple(Candidate(**tile) for tile in values.get('candidates', ()))
        return cls(**taken)


@dataclass(frozen=True)
class RunRecord:
    """One run over many images."""

    name: str
    summary: Mapping[str, Any]  # as evaluate --json writes it
    answers: tuple[AnswerRecord, ...]

    @property
    def fixes(self) -> list[AnswerRecord]:
        """The answers with a position."""
        return [answer for answer in self.answers if answer.is_fix]

    @property
    def refusals(self) -> list[AnswerRecord]:
        """The answers without one."""
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
            raise RunRecordError(f"{where} has no list of 'queries': it takes evaluate --json")
        try:
            answers = tuple(AnswerRecord.from_json(query) for query in summary['queries'])
        except KeyError as error:
            raise RunRecordError(
                f'{where} has a query without {error}: write it again with evaluate --json'
            ) from error
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
        content = json.loads(Path(path).read_text(encoding='utf-8'))
    except OSError as error:
        raise RunRecordError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:
        raise RunRecordError(f'{path} is not JSON: {error}; it takes evaluate --json') from error
    return RunRecord.from_json(content, Path(path).stem, str(path))


def named_apart(first: RunRecord, second: RunRecord) -> tuple[RunRecord, RunRecord]:
    """Return two runs under different names: files of one name lie in different folders."""
    if first.name != second.name:
        return first, second
    return replace(first, name=f'{first.name} (1)'), replace(second, name=f'{second.name} (2)')
