"""
Score answers against the truth: recall, position error, refusals, false fixes, calibration.

Plain data in, plain data out: the caller runs the queries and brings their answers.
"""

from visual_navsat.evaluation.chance import Chance, score_of_chance
from visual_navsat.evaluation.gate import Gate
from visual_navsat.evaluation.metrics import METRICS, metric_values
from visual_navsat.evaluation.paired import PairedComparison, compare_runs
from visual_navsat.evaluation.run_record import RunRecord, named_apart, read_run
from visual_navsat.evaluation.scored_answer import RECALL_RANKS, ScoredAnswer
from visual_navsat.evaluation.summary import Evaluation, evaluate

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
