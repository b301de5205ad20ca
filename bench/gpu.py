# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure everything that a GPU is for, against the recipe as published and the CPU's answers.

    python -m bench.gpu --out bench/results/gpu.json

The published recipe runs on the same device in the same run, by turns with ours. Weights are
random and the same for both: right for speed, and for how much rounding changes a descriptor.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median
import tempfile
import time
from typing import Any

from bench.paired import compare
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS
from bench.reference import published_vlad, PublishedDinoV2, PublishedExtractor, PublishedSearch
from bench.report import describe_machine
from bench.search_speed import time_cases
import numpy as np
import torch
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.features.model_zoo import get_model_spec, ModelSpec
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.features.vlad import VLADAggregator
from visual_navsat.files import write_json
from visual_navsat.planning.machine_speed import device_name
from visual_navsat.planning.timed_answers import percentiles
from visual_navsat.retrieval.indexer import FAISSIndexer

_MODEL, _SIDE, _NUM_CENTERS, _TOP = 'dinov2_vitg14', 896, 32, 10
_MEAN, _STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'gpu.json')
    parser.add_argument('--device', default='cuda', help='default %(default)s; cpu for a trial')
    parser.add_argument('--model', default=_MODEL, help='default %(default)s')
    add_counts(parser, side=_SIDE, tiles=6800, rounds=50)
    parser.add_argument('--no-search', action='store_true', help='leave the correlation out')
    args = parser.parse_args()
    record = {
        'command': command('bench.gpu', args, 'side', 'tiles', 'rounds')
        + f' --model {args.model} --device {args.device}',
        'commit': measured_commit(),
        'machine': describe_machine(),
        'device': device_name(torch.device(args.device)),
        'pixels_to_ranked_tiles': _compare_ranking(args),
    }
    if args.device.startswith('cuda'):
        record['precision'] = [compare_precision(batch, args.rounds) for batch in (1, 8)]
    if not args.no_search:
        threads = torch.get_num_threads()
        record['correlation'] = [
            asdict(case) for case in time_cases(args.device, threads, args.rounds)
        ]
    write_json(args.out, record)
    print({key: value for key, value in record.items() if key != 'correlation'})


def _compare_ranking(args: argparse.Namespace) -> dict[str, Any]:
    """Return the times from an image in memory to ranked tiles, of both recipes by turns."""
    spec, device = get_model_spec(args.model), torch.device(args.device)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, args.side, args.side, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        network, checkpoint = _weights(spec, Path(folder))
        reference = PublishedExtractor(network.to(device), spec.layer)
        extractor = DinoV2Extractor(
            args.model, spec.layer, 'value', checkpoint=checkpoint, device=args.device
        )
    patches = reference(_published_input(images[0], device))[0]
    vocabulary = patches[:: len(patches) // _NUM_CENTERS][:_NUM_CENTERS].clone()
    aggregator = VLADAggregator(vocabulary.cpu().numpy(), device=args.device)
    describer = ImageDescriber(extractor, aggregator, ImagePreprocessor(args.side))
    tiles = rng.standard_normal((args.tiles, aggregator.dimension), dtype=np.float32)
    # Tiles that look like an image, as on a map: among random ones alone the best is by chance.
    alike = [published_vlad(reference(_published_input(i, device))[0], vocabulary) for i in images]
    tiles[: len(images)] += 100.0 * torch.stack(alike).cpu().numpy()
    tiles /= np.linalg.norm(tiles, axis=1, keepdims=True)
    flat = PublishedSearch(tiles)
    indexer = FAISSIndexer(aggregator.dimension, 'torch' if device.type == 'cuda' else 'auto')
    indexer.build(tiles)

    def published(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = reference(_published_input(image, device))[0]
        descriptor = published_vlad(found, vocabulary).cpu().numpy()
        return descriptor, flat(descriptor, _TOP)[1]

    def ours(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        descriptor = describer.describe([describer.preprocessor.prepare_query(image)])
        return descriptor[0], indexer.search(descriptor, _TOP)[1][0]

    pairs = [(published(image), ours(image)) for image in images]
    times: dict[str, list[float]] = {'published': [], 'ours': []}
    for number in range(args.rounds):
        image = images[number % len(images)]
        turns: list[tuple[str, Callable]] = [('published', published), ('ours', ours)]
        for name, answer in turns if number % 2 else turns[::-1]:
            started = time.perf_counter()
            answer(image)
            times[name].append(1e3 * (time.perf_counter() - started))
    ratios = [a / b for a, b in zip(times['published'], times['ours'], strict=True)]
    return {
        'model': args.model,
        'side_px': args.side,
        'tiles': args.tiles,
        'dtype': str(extractor.dtype).removeprefix('torch.'),
        'published_ms': percentiles(times['published']),
        'ours_ms': percentiles(times['ours']),
        'ratio': median(ratios),
        'descriptor_cosine_min': min(float(theirs[0] @ mine[0]) for theirs, mine in pairs),
        'same_best_tile': sum(bool(theirs[1][0] == mine[1][0]) for theirs, mine in pairs),
        'images': len(pairs),
    }


def _weights(spec: ModelSpec, folder: Path) -> tuple[PublishedDinoV2, Path]:
    """Return a network with random weights, and its checkpoint."""
    torch.manual_seed(0)
    network = PublishedDinoV2(spec.dim, spec.depth, spec.heads, spec.ffn == 'swiglu')
    torch.save(network.state_dict(), folder / spec.filename)
    return network, folder / spec.filename


def _published_input(image: np.ndarray, device: torch.device) -> torch.Tensor:
    pixels = (image / 255.0 - _MEAN) / _STD
    return torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None].to(device)


def compare_precision(batch: int, rounds: int) -> dict[str, Any]:
    """
    Return milliseconds per image in float32 and bfloat16 and how alike the descriptors are.

    Weights are random: the cosine says how much the rounding does, not what recall it costs.
    float32 is exact: torch leaves TF32 off for matrix products unless it is told otherwise.

    :param batch: images described at once.
    """
    images = torch.randn(
        batch, 3, _SIDE, _SIDE, device='cuda', generator=torch.Generator('cuda').manual_seed(0)
    )
    exact, rounded = (
        DinoV2Extractor.with_random_weights(_MODEL, device='cuda', dtype=dtype)
        for dtype in ('float32', 'bfloat16')
    )
    patches = exact(images[:1])[0]
    vocabulary = patches[:: len(patches) // _NUM_CENTERS][:_NUM_CENTERS]
    aggregator = VLADAggregator(vocabulary, device='cuda')

    def describe(extractor: DinoV2Extractor) -> torch.Tensor:
        descriptors = aggregator.aggregate(extractor(images))
        torch.cuda.synchronize()
        return descriptors

    # Descriptors are unit vectors: their inner product is the cosine.
    cosines = (describe(exact) * describe(rounded)).sum(dim=-1)
    timing = compare(
        f'backbone and VLAD, {_MODEL}, {_SIDE} px, batch {batch}',
        lambda: describe(exact),
        lambda: describe(rounded),
        rounds,
        tolerance=2.0,  # any: their difference is what is measured
    )
    return {
        'name': timing.name,
        'float32_ms_per_image': timing.reference_ms / batch,
        'bfloat16_ms_per_image': timing.ours_ms / batch,
        'ratio': timing.ratio,
        'ratio_min': timing.ratio_min,
        'ratio_max': timing.ratio_max,
        'descriptor_cosine_min': float(cosines.min()),
    }


if __name__ == '__main__':
    main()
