"""Score a map index on images whose true positions are known."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from visual_navsat.cli.options import add_config_arguments, config_from_args
from visual_navsat.errors import ConfigError

if TYPE_CHECKING:
    from visual_navsat.cli.queries_csv import Query
    from visual_navsat.engine import RetrievalEngine
    from visual_navsat.evaluation import Evaluation, QueryOutcome

_IGNORABLE = ('heading', 'gsd')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument('--images', required=True, metavar='DIR', help='folder of query images')
    parser.add_argument(
        '--queries',
        required=True,
        metavar='CSV',
        help='Filename,Latitude,Longitude in degrees; optional Yaw (where the image points up, '
        'degrees clockwise from north) and GSD (metres per pixel)',
    )
    parser.add_argument(
        '--truth-columns',
        default='Latitude,Longitude',
        metavar='LAT,LON',
        help='columns with the true position (default %(default)s)',
    )
    parser.add_argument(
        '--radius-m',
        type=float,
        default=50.0,
        metavar='R',
        help='a tile also counts as correct if its centre is within R metres of the truth '
        '(default %(default)s)',
    )
    parser.add_argument(
        '--ignore',
        default='',
        metavar='NAMES',
        help='what the engine is not told, of: heading, gsd (separated by commas)',
    )
    parser.add_argument('--limit', type=int, metavar='N', help='score the first N images only')
    parser.add_argument('--json', metavar='FILE', help='write the figures and every answer here')
    add_config_arguments(parser, ('model', 'preprocess', 'retrieval', 'position'))


def run(args: argparse.Namespace) -> int:
    """Answer every query, print the summary and write it."""
    from visual_navsat.cli.formats import write_json_atomically
    from visual_navsat.cli.queries_csv import read_queries
    from visual_navsat.engine import RetrievalEngine
    from visual_navsat.evaluation import evaluate

    ignored = _names(args.ignore)
    queries = read_queries(args.queries, args.images, _column_pair(args.truth_columns))
    if args.limit is not None and args.limit < 1:
        raise ConfigError(f'--limit is {args.limit}: it takes 1 or more')
    if not 0 < args.radius_m < math.inf:
        raise ConfigError(f'--radius-m is {args.radius_m:g}: it takes metres, over 0')
    queries = queries[: args.limit]
    engine = RetrievalEngine(config_from_args(args))
    engine.load_map(args.map)
    engine.warm_up()
    outcomes = list(_answer_all(engine, queries, ignored))
    evaluation = evaluate(outcomes, engine.tiles, args.radius_m)
    known = [name for name in _IGNORABLE if _is_given(queries, name) and name not in ignored]
    for line in summary_lines(evaluation, len(engine.tiles), known):
        print(line)
    if args.json:
        write_json_atomically(args.json, evaluation.to_json())
    return 0


def _answer_all(
    engine: RetrievalEngine, queries: list[Query], ignored: list[str]
) -> Iterator[QueryOutcome]:
    """Yield the engine's answer to each query, showing progress."""
    from tqdm import tqdm

    from visual_navsat.evaluation import RECALL_RANKS, QueryOutcome

    top_k = max(engine.config.retrieval.top_k, *RECALL_RANKS)
    for query in tqdm(queries, desc='queries', unit='image', disable=None, leave=False):
        started = time.perf_counter()
        result = engine.query(
            query.path,
            heading_deg=None if 'heading' in ignored else query.heading_deg,
            gsd_m_per_px=None if 'gsd' in ignored else query.gsd_m_per_px,
            top_k=top_k,
        )
        yield QueryOutcome(
            filename=query.filename,
            true_lat=query.true_lat,
            true_long=query.true_long,
            position=result.position,
            ranked_tiles=[candidate.tile_metadata for candidate in result],
            seconds=time.perf_counter() - started,
            timings_ms=result.timings_ms,
        )


def summary_lines(evaluation: Evaluation, num_tiles: int, known: list[str]) -> Iterator[str]:
    """Yield the summary for people, with what counts as correct and what chance would score."""
    chance = evaluation.chance
    n = len(evaluation.outcomes)
    yield f'{n} images over {num_tiles} tiles; known: {" and ".join(known) or "nothing"}'
    if chance.off_map:
        yield f'{chance.off_map} images lie in no tile: they count, as misses'
    yield ''
    radius = f'{evaluation.radius_m:g} m'
    yield "            the true point lies    the tile's centre is within"
    yield f'            in the tile            {radius} of it'
    yield '            found      chance      found      chance'
    for k in evaluation.recall_at:
        yield (
            f'recall@{k:<4d} {evaluation.recall_at[k]:6.1%}     {chance.recall_at[k]:6.1%}     '
            f'{evaluation.recall_at_radius[k]:6.1%}     {chance.recall_at_radius[k]:6.1%}'
        )
    yield ''
    published = n - evaluation.refused
    yield (
        f'{published} fixes published, {evaluation.refused} refused, '
        f'{evaluation.false_fixes} false (over 50 m or 5 sigma off)'
    )
    if published:
        yield (
            f'error of the fixes: median {evaluation.error_median_m:.1f} m, '
            f'90 % below {evaluation.error_p90_m:.1f} m; '
            f'a random tile: median {chance.error_m:.1f} m'
        )
    shares = ', '.join(f'{d} m {share:.1%}' for d, share in evaluation.share_within_m.items())
    yield f'share of all images with a fix within {shares}'
    stages = ', '.join(f'{stage} {ms:.1f}' for stage, ms in evaluation.timings_ms.items())
    yield f'{evaluation.seconds_per_query:.3f} s per query; median ms: {stages}'


def _is_given(queries: list[Query], name: str) -> bool:
    """Return whether any query has a heading, or a GSD."""
    attribute = {'heading': 'heading_deg', 'gsd': 'gsd_m_per_px'}[name]
    return any(getattr(query, attribute) is not None for query in queries)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(',') if name.strip()]
    for name in names:
        if name not in _IGNORABLE:
            raise ConfigError(f'--ignore {name!r} is unknown: choose of {", ".join(_IGNORABLE)}')
    return names


def _column_pair(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(',')]
    if len(names) != 2 or not all(names):
        raise ConfigError(f'--truth-columns is {text!r}: it takes two names, LAT,LON')
    return names[0], names[1]
