# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recording of whatever kind a path holds: a bag, a video, a folder or a table of photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from visual_navsat.config import NodeConfig
from visual_navsat.errors import ConfigError
from visual_navsat.files import check_input
from visual_navsat.geometry.view import View
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import PhotoMetadata
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.photo_table import PhotoTable
from visual_navsat.replay.photos import PhotoFolder
from visual_navsat.replay.recording import no_tf, Recording, RecordingError
from visual_navsat.replay.stored_bag import is_bag
from visual_navsat.replay.video import SUFFIXES, Video

_TABLE = '.csv'


@dataclass(frozen=True)
class RecordingOptions:
    """How a recording is read; each kind of recording has options of its own."""

    topics: Mapping[str, str]  # of a bag, by role; see replay/bag_topics.py
    positions: str | None  # file beside a video
    step_s: float  # between the frames of a video that are used
    hfov_deg: float | None  # of photos that do not say it
    use_exif: bool  # whether the metadata of photos is used
    images: str | None = None  # folder of the photos of a table; None: that of the table


@contextmanager
def open_recording(
    path: Path, config: NodeConfig, options: RecordingOptions
) -> Iterator[Recording]:
    """
    Yield the recording.

    :param config: what else the node would know of the images.
    :raises VisualNavsatError: if there is none, or an option belongs to another kind.
    """
    try:
        check_input(path, or_folder=True)
    except FileNotFoundError as error:
        raise RecordingError(f'there is no recording {path}') from error
    except OSError as error:
        raise RecordingError(f'cannot read recording {path}: {error.strerror}') from error
    kind = '' if path.is_dir() else path.suffix.lower()
    _check_options(path, kind, options)
    if is_bag(path):
        if 'image' not in options.topics:
            raise ConfigError(f'{path} is a bag: name its images with --image-topic')
        base_frame_id = config.base_frame_id if config.mount_from_tf else None
        with Bag(path, options.topics, config.map_frame_id, base_frame_id) as bag:
            yield bag
    elif config.mount_from_tf:
        raise ConfigError(no_tf(path))
    elif path.is_dir():
        yield _photo_folder(path, config, options)
    elif kind == _TABLE:
        yield _photo_table(path, config, options)
    elif kind in SUFFIXES:
        yield Video(path, options.positions, options.step_s)
    else:
        raise RecordingError(
            f'{path} is not a recording: give a rosbag2, .mcap, .db3, .bag, a video '
            f'({", ".join(SUFFIXES)}), a folder of photos or a CSV of them'
        )


def _check_options(path: Path, kind: str, options: RecordingOptions) -> None:
    """Raise ConfigError if an option belongs to another kind of recording."""
    if options.positions is not None and kind not in SUFFIXES:
        raise ConfigError(f'--positions needs a video, and {path} is not one')
    if options.images is not None and kind != _TABLE:
        raise ConfigError(f'--images needs a CSV of photos, and {path} is not one')
    if 'image' in options.topics and not is_bag(path):
        raise ConfigError(f'--image-topic needs a bag, and {path} is not one')


def _photo_folder(path: Path, config: NodeConfig, options: RecordingOptions) -> PhotoFolder:
    view_of = partial(_view_of, config, options, Knowledge())
    return PhotoFolder(path, view_of, options.use_exif)


def _photo_table(path: Path, config: NodeConfig, options: RecordingOptions) -> PhotoTable:
    folder = path.parent if options.images is None else options.images
    return PhotoTable(path, folder, partial(_view_of, config, options), options.use_exif)


def _view_of(
    config: NodeConfig, options: RecordingOptions, said: Knowledge, photo: PhotoMetadata
) -> View:
    """Return what is known of a photo: from its line in a table, from the settings, by itself."""
    given = Knowledge(
        height_agl_m=config.height_agl_m or None,
        gsd_m_per_px=config.gsd_m_per_px or None,
        hfov_deg=options.hfov_deg,
    )
    if not options.use_exif:
        photo = PhotoMetadata(photo.width, photo.height)
    return said.or_else(given).completed_by(photo).view(photo)
