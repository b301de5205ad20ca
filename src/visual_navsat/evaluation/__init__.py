# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Score answers against the truth: recall, position error, refusals, false fixes, calibration.

Plain data in, plain data out: the caller runs the queries and brings their answers.
"""

from visual_navsat.evaluation.chance import Chance, score_of_chance
from visual_navsat.evaluation.gate import Gate
from visual_navsat.evaluation.metrics import metric_values, METRICS
from visual_navsat.evaluation.paired import compare_runs, PairedComparison
from visual_navsat.evaluation.run_record import named_apart, read_run, RunRecord
from visual_navsat.evaluation.scored_answer import RECALL_RANKS, ScoredAnswer
from visual_navsat.evaluation.summary import evaluate, Evaluation

__all__ = [
    'METRICS',
    'RECALL_RANKS',
    'Chance',
    'Evaluation',
    'Gate',
    'PairedComparison',
    'RunRecord',
    'ScoredAnswer',
    'compare_runs',
    'evaluate',
    'metric_values',
    'named_apart',
    'read_run',
    'score_of_chance',
]
