"""
Score answers against the truth: recall, position error, refusals, false fixes, calibration.

Plain data in, plain data out: the caller runs the queries and brings their answers.
"""

from visual_navsat.evaluation.chance import Chance, score_of_chance
from visual_navsat.evaluation.outcome import RECALL_RANKS, QueryOutcome
from visual_navsat.evaluation.summary import Evaluation, evaluate

__all__ = [
    'RECALL_RANKS',
    'Chance',
    'Evaluation',
    'QueryOutcome',
    'evaluate',
    'score_of_chance',
]
