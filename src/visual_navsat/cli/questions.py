# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ask the engine about every query of an evaluation, and score what it says."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import math
import sys
from typing import Any

from tqdm import tqdm
from visual_navsat.cli.options import config_from_args, knowledge_from_args
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.errors import ConfigError, ImageError, one_line
from visual_navsat.evaluation import RECALL_RANKS, ScoredAnswer
from visual_navsat.evaluation.perturbation import Perturbation
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.fault import refused_by
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat.photo_knowledge import IGNORABLE, Knowledge, UnusedMetadata
from visual_navsat.photo_metadata import read_photo_metadata


@dataclass(frozen=True)
class Question:
    """A query, and what the engine is told of it."""

    query: Query
    told: Knowledge  # after what was taken away and disturbed
    view: View  # the same, as the engine takes it
    true_height_agl_m: float | None
    true_gsd_m_per_px: float | None
    footprint_m: float | None  # side of a square of as much ground


@dataclass(frozen=True)
class Asking:
    """How every query of a run is asked and scored."""

    config: Config
    of_all: Knowledge  # what is known of every query
    unused: UnusedMetadata | None  # None: the metadata of photos are ignored
    ignored: Sequence[str]
    perturbation: Perturbation
    perturb: str  # the same as it was given
    score: str
    radius_m: float
    truth_sigma_m: float
    join_images: int = 1  # of the flight that the queries are, in their order

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> Asking:
        """Return what the flags of evaluate say; raise ConfigError if one is wrong."""
        return cls(
            config_from_args(args),
            knowledge_from_args(args),
            None if args.no_exif else UnusedMetadata(),
            _ignored_names(args.ignore),
            Perturbation.parse(args.perturb, args.seed),
            args.perturb,
            args.score,
            args.radius_m,
            args.truth_sigma_m,
            args.join_images,
        )

    def prepare(self, queries: Sequence[Query]) -> list[Question]:
        """Return what the engine is told of each query; print what photos say in vain."""
        return [self._prepare(asked) for asked in queries]

    def answer_all(
        self, loaded_map: LoadedMap, questions: Sequence[Question], unread: list[str]
    ) -> Iterator[ScoredAnswer]:
        """Yield the answer to each query beside its truth; report and list those without one."""
        top_k = max(self.config.retrieval.top_k, *RECALL_RANKS)
        recent = RecentPhotos(self.join_images)
        for question in tqdm(questions, desc='queries', unit='image', disable=None, leave=False):
            asked = question.query
            try:
                answer = query(
                    loaded_map,
                    self.config,
                    asked.path,
                    question.view,
                    top_k=top_k,
                    recent=recent,
                )
            except Exception as error:  # whatever it was, the next image may fare better
                named = '' if isinstance(error, ImageError) else f'{asked.filename}: '
                tqdm.write(f'visual-navsat evaluate: {named}{one_line(error)}', file=sys.stderr)
                answer = refused_by(error)
                unread.append(asked.filename)
            answer = replace(
                answer,
                name=asked.filename,
                view=answer.view or question.view,
                stamp_ns=None if asked.stamp_s is None else round(asked.stamp_s * 1e9),
                position=(self.score == 'footprint' and answer.center) or answer.position,
            )
            yield ScoredAnswer.of(
                answer,
                (asked.true_lat, asked.true_long),
                self.radius_m,
                question.true_height_agl_m,
                question.true_gsd_m_per_px,
                self.truth_sigma_m if asked.truth_sigma_m is None else asked.truth_sigma_m,
                question.footprint_m,
            )

    def conditions(self, told: Sequence[str]) -> dict[str, Any]:
        """Return what was run, for the JSON."""
        return {
            'known': list(told),
            'ignored': list(self.ignored),
            'perturb': self.perturb,
            'seed': self.perturbation.seed,
            'score': self.score,
            'truth_sigma_m': self.truth_sigma_m,
            'join_images': self.join_images,
        }

    def _prepare(self, asked: Query) -> Question:
        photo = read_photo_metadata(asked.path)
        known = asked.known.or_else(self.of_all)
        if self.unused is not None:
            known = known.completed_by(photo)
            for note in self.unused.of(photo):
                print(f'visual-navsat evaluate: {note}', file=sys.stderr)
        told = self.perturbation.disturb(known.without(self.ignored), asked.filename)
        gsd_m_per_px = known.view(photo).known_gsd_m_per_px
        footprint_m = None
        if gsd_m_per_px is not None and photo.width is not None and photo.height is not None:
            footprint_m = gsd_m_per_px * math.sqrt(photo.width * photo.height)
        scale = known.height_agl_m, gsd_m_per_px, footprint_m
        return Question(asked, told, told.view(photo), *scale)


def names_told(questions: Sequence[Question]) -> list[str]:
    """Return what the engine was told of some query."""
    return list(dict.fromkeys(name for question in questions for name in question.told.names))


def _ignored_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(',') if name.strip()]
    for name in names:
        if name not in IGNORABLE:
            raise ConfigError(f'--ignore {name!r} is unknown: choose from {", ".join(IGNORABLE)}')
    return names
