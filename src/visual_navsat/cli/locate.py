# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find where images were taken, on a map index."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import sys

from visual_navsat.cli.options import (
    add_attitude_arguments,
    add_config_arguments,
    add_join_argument,
    add_photo_arguments,
    check_attitude_arguments,
    check_join_argument,
    check_photo_arguments,
    config_from_args,
    knowledge_from_args,
    QUERY_SETTINGS,
)
from visual_navsat.cli.terrain_options import FLAT_GROUND
from visual_navsat.cli.values import check_number
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.errors import ImageError, one_line
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.evaluation.write_geojson import geojson_lines
from visual_navsat.evaluation.write_table import csv_lines, json_lines, table_lines
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.image_file import read_image
from visual_navsat.index.imagery import open_imagery
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.fault import refused_by
from visual_navsat.localization.recent_photos import RecentPhotos
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.photo_knowledge import UnusedMetadata
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata
from visual_navsat.report.figure import AnswerPicture, save_answer_figure

_WRITERS = {
    'table': table_lines,
    'json': json_lines,
    'csv': csv_lines,
    'geojson': geojson_lines,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('images', nargs='+', metavar='IMAGE', help='nadir photos')
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument(
        '--heading-deg',
        type=float,
        metavar='H',
        help="direction of the images' up side, degrees clockwise from north; without it that of "
        "the photo's metadata; without either, several headings are tried",
    )
    parser.add_argument(
        '--gsd',
        type=float,
        metavar='G',
        help='metres per pixel of the images on the ground; --height-m overrides it where the '
        'field of view is known',
    )
    parser.add_argument(
        '--height-m',
        type=float,
        metavar='Z',
        help="height above ground in metres; without it the photo's own, above take-off",
    )
    parser.add_argument(
        '--altitude-m',
        type=float,
        metavar='A',
        help="altitude above the sea in metres, for a map with --terrain; without it the photo's "
        'own; --height-m is preferred to it',
    )
    add_photo_arguments(parser)
    add_attitude_arguments(parser)
    add_join_argument(parser)
    parser.add_argument(
        '--format',
        choices=tuple(_WRITERS),
        default='table',
        help='json is one object a line (default %(default)s)',
    )
    parser.add_argument(
        '--figure',
        metavar='DIR',
        help='draw each image on the map where it was found, with its rivals and the tiles that '
        'retrieval ranked, into this folder; needs matplotlib',
    )
    add_config_arguments(parser, QUERY_SETTINGS)


def run(args: argparse.Namespace) -> int:
    """Answer every image; 1 if one of them could not be read."""
    check_number(args, '--heading-deg', -360, 360, 'degrees')
    check_number(args, '--gsd', 0, unit='metres per pixel', is_open=True)
    check_number(args, '--height-m', 0, unit='metres', is_open=True)
    check_number(args, '--altitude-m', -500, 100_000, 'metres')
    check_photo_arguments(args)
    check_attitude_arguments(args)
    check_join_argument(args)
    config = config_from_args(args)
    loaded_map = LoadedMap.open(args.map, config)
    if args.altitude_m is not None and loaded_map.terrain is None:  # it is of no use then
        print(f'visual-navsat locate: {FLAT_GROUND}', file=sys.stderr)
    unreadable: list[str] = []
    for line in _WRITERS[args.format](_answers(loaded_map, config, args, unreadable)):
        print(line, flush=True)
    return 1 if unreadable else 0


def _answers(
    loaded_map: LoadedMap, config: Config, args: argparse.Namespace, unreadable: list[str]
) -> Iterator[ScoredAnswer]:
    """Yield one answer per image; report those that cannot be read, and list them."""
    given = replace(
        knowledge_from_args(args),
        heading_deg=args.heading_deg,
        height_agl_m=args.height_m,
        gsd_m_per_px=args.gsd,
        altitude_amsl_m=args.altitude_m,
    )
    imagery, unused = MapImagery(), UnusedMetadata(loaded_map.terrain is not None)
    recent = RecentPhotos(args.join_images)
    if args.figure and loaded_map.manifest is not None:
        imagery = open_imagery(loaded_map.tiles, loaded_map.manifest)
    for number, image in enumerate(args.images, start=1):
        photo = read_photo_metadata(image)
        if args.no_exif:
            photo = PhotoMetadata(photo.width, photo.height)
        for note in unused.of(photo):
            print(f'visual-navsat locate: {note}', file=sys.stderr)
        view = given.completed_by(photo).view(photo)
        try:
            answer = query(loaded_map, config, image, view, recent=recent)
        except Exception as error:  # whatever it was, the next image may fare better
            refused_by(error)  # a fault of ours leaves its traceback
            named = '' if isinstance(error, ImageError) else f'{image}: '
            print(f'visual-navsat locate: {named}{one_line(error)}', file=sys.stderr)
            unreadable.append(image)
            continue
        # Compared with the answer, and never used for it.
        gnss = None
        if photo.latitude is not None and photo.longitude is not None:
            gnss = (photo.latitude, photo.longitude)
        scored = ScoredAnswer.of(replace(answer, name=image), gnss)
        if args.figure and loaded_map.manifest is not None:
            # The number keeps images of the same name in different folders apart.
            path = Path(args.figure) / f'{number:03d}_{Path(image).stem}.png'
            pixels = read_image(image)
            view = answer.view or view  # as it was looked for
            nadir = look_down(pixels, view) or NadirImage(pixels, None, view, None)
            save_answer_figure(path, AnswerPicture(nadir, scored, imagery))
        yield scored
