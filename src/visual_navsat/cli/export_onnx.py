# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write a backbone as ONNX for one image size, compared with torch on images of yours."""

from __future__ import annotations

import argparse
from pathlib import Path

from visual_navsat.cli.options import add_config_arguments, config_from_args
from visual_navsat.errors import ConfigError
from visual_navsat.features.describer import make_extractor, resolve_settings
from visual_navsat.features.onnx_export import export_onnx
from visual_navsat.image_file import read_image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        'images',
        nargs='+',
        metavar='IMAGE',
        help='images to compare on, such as photos or pieces of the map; more are a better proof',
    )
    parser.add_argument(
        '--out', required=True, metavar='FILE.onnx', help='file to write, for model.onnx'
    )
    parser.add_argument(
        '--size',
        metavar='HxW',
        help='height and width in pixels of the images that it will describe, multiples of 14 '
        '(default: the square of the model)',
    )
    settings = ('model.name', 'model.checkpoint', 'model.layer', 'model.facet', 'model.device')
    add_config_arguments(parser, settings)


def run(args: argparse.Namespace) -> int:
    """Export, compare, and print how alike the descriptors are."""
    config = resolve_settings(config_from_args(args)).replace('model.onnx', '')
    side = config.preprocess.max_side // 14 * 14
    size = (side, side) if args.size is None else _size(args.size)
    images = [read_image(path) for path in args.images]
    extractor = make_extractor(config.replace('model.dtype', 'float32'))
    cosine = export_onnx(extractor, size, images, Path(args.out))
    print(
        f'{args.out}: {extractor.spec.name}, block {extractor.layer}, {extractor.facet}, images '
        f'of {size[0]} x {size[1]} px; cosine with torch at least {cosine:.6f} on {len(images)} '
        f'image{"s" if len(images) > 1 else ""}'
    )
    return 0


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition('x')
    if not (height.isdecimal() and width.isdecimal()):
        raise ConfigError(f'--size must be HxW in pixels such as 224x224, got {text}')
    return int(height), int(width)
