# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The machine that was measured, and the results as a markdown table."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import platform
from typing import Any

from bench.record import measured_commit
import torch


def describe_machine() -> dict[str, Any]:
    """Return what a ratio may depend on: processor, threads, other load, versions, commit."""
    return {
        'cpu': _cpu_model(),
        'threads': torch.get_num_threads(),
        'python': platform.python_version(),
        'torch': torch.__version__,
        'load_average': os.getloadavg()[0],
        'gpu': torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        'commit': measured_commit(),
    }


def markdown_lines(results: dict[str, Any]) -> Iterator[str]:
    """Yield the results for people."""
    machine = results['machine']
    yield (
        f'{machine["cpu"]}, {machine["threads"]} threads, torch {machine["torch"]}, '
        f'load {machine["load_average"]:.1f} at the start'
    )
    yield ''
    yield '| step | times as fast as published | lowest | highest | largest difference |'
    yield '|---|---:|---:|---:|---:|'
    for row in results['cpu']:
        yield (
            f'| {row["name"]} | {row["ratio"]:.2f} | {row["ratio_min"]:.2f} | '
            f'{row["ratio_max"]:.2f} | {row["largest_difference"]:.0e} |'
        )
    yield ''
    if results['gpu'] is None:
        yield 'ViT-g at 896 px in float32 and bfloat16: skipped, there is no CUDA GPU.'
        return
    yield '| on the GPU | float32, ms per image | bfloat16 | times as fast | lowest cosine |'
    yield '|---|---:|---:|---:|---:|'
    for row in results['gpu']:
        yield (
            f'| {row["name"]} | {row["float32_ms_per_image"]:.1f} | '
            f'{row["bfloat16_ms_per_image"]:.1f} | {row["ratio"]:.2f} | '
            f'{row["descriptor_cosine_min"]:.4f} |'
        )


def _cpu_model() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        lines = []
    # Arm processors have no such line.
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()
