# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Time a backbone on the CPU by torch and by onnxruntime, and see how alike their patches are.

    python -m bench.onnx_backbone --models dinov2_vits14

All describe the same batch of pieces of the small map of `maps/`, in turns, each on one thread,
whose CPU time counts: so it can be measured on a busy machine. The embedded model has its weights;
official architectures have random ones, which say what a run takes but not how alike the patches
of trained weights would be.
"""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import tempfile
import time
from typing import Any

from bench.record import command, make_parser, measured_commit, RESULTS, ROOT
import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from visual_navsat.features.backbone import DinoV2Extractor
from visual_navsat.features.model_zoo import EMBEDDED_MODEL
from visual_navsat.features.onnx_export import export_onnx
from visual_navsat.features.onnx_network import NEEDS_ONNX, OnnxNetwork, pixels_of
from visual_navsat.files import write_json
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.tile_plan import plan_tiles
from visual_navsat.openmp import let_threads_sleep
from visual_navsat.optional import import_optional

CPU = torch.device('cpu')


def main() -> int:
    let_threads_sleep()
    parser = make_parser(__doc__, RESULTS / 'onnx_backbone.json')
    parser.add_argument('--models', nargs='+', default=[EMBEDDED_MODEL, 'dinov2_vits14'])
    parser.add_argument('--side', type=int, default=224, help='of the images in pixels')
    parser.add_argument('--batch', type=int, default=4, help='images at once')
    parser.add_argument('--rounds', type=int, default=9, help='of which the median counts')
    args = parser.parse_args()
    torch.set_num_threads(1)
    record = {
        'commit': measured_commit(),
        'command': command('bench.onnx_backbone', args, 'side', 'batch', 'rounds'),
        'models': {
            name: measure(name, args.side, args.batch, args.rounds) for name in args.models
        },
    }
    write_json(args.out, record)
    print(json.dumps(record, indent=1))
    return 0


def measure(name: str, side: int, batch: int, rounds: int) -> dict[str, Any]:
    """Return CPU seconds an image and the likeness to torch, by what runs the network."""
    images = map_pieces(side)
    with tempfile.TemporaryDirectory() as scratch:
        runs = contenders(name, images, side, Path(scratch))
        pixels = torch.cat([pixels_of(image) for image in images])
        expected = F.normalize(runs['torch'](pixels).float(), dim=-1)
        seconds: dict[str, list[float]] = {run: [] for run in runs}
        for _ in range(rounds):
            for run, describe in runs.items():
                started = time.thread_time()
                describe(pixels[:batch])
                seconds[run].append((time.thread_time() - started) / batch)
        medians = {run: float(np.median(times)) for run, times in seconds.items()}
        return {
            run: {
                'seconds': round(medians[run], 4),
                'times_as_fast_as_torch': round(medians['torch'] / medians[run], 2),
                'lowest_cosine': round(lowest_cosine(describe(pixels), expected), 5),
            }
            for run, describe in runs.items()
        }


def map_pieces(side: int) -> list[np.ndarray]:
    """Return images of the small map, (side, side, 3) uint8."""
    source = open_map([str(ROOT / 'maps/small/map.tif')], MapOptions(plan_tiles(tile_m=(150.0,))))
    pieces = (source.read(tile).pixels for tile in source.tiles)
    return [cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA) for piece in pieces]


def contenders(
    name: str, images: list[np.ndarray], side: int, folder: Path
) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return what describes a batch, by name."""

    def make(dtype: str) -> DinoV2Extractor:
        if name == EMBEDDED_MODEL:
            return DinoV2Extractor(name, device='cpu', dtype=dtype)
        return DinoV2Extractor.with_random_weights(name, device='cpu', dtype=dtype)

    exact = make('float32')
    whole, small = folder / 'whole.onnx', folder / 'int8.onnx'
    export_onnx(exact, (side, side), images[:1], whole)
    quantization = import_optional('onnxruntime.quantization', NEEDS_ONNX)
    quantization.quantize_dynamic(str(whole), str(small), weight_type=quantization.QuantType.QInt8)
    return {
        'torch': exact,
        'torch bfloat16': make('bfloat16'),
        'onnxruntime': OnnxNetwork(whole, CPU),
        'onnxruntime int8': OnnxNetwork(small, CPU),
    }


def lowest_cosine(patches: Tensor, expected: Tensor) -> float:
    """Return the cosine of the patch that differs most."""
    return float(F.cosine_similarity(patches.float(), expected, dim=-1).min())


if __name__ == '__main__':
    raise SystemExit(main())
