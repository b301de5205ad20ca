# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recorded flight as a folder of geotagged photos, in the order in which they were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
import functools
from pathlib import Path

from PIL import Image
from visual_navsat.files import check_input
from visual_navsat.geometry.view import View
from visual_navsat.image_file import EXIF_TAGS, FORMATS, read_image
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.tracking.timed_image import TimedImage

_SUFFIXES = ('.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp', '.bmp', '.jp2')
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The step between photos of the same second, and between photos without a time.
_SAME_SECOND_NS, _UNDATED_NS = 1_000_000, 1_000_000_000


class PhotoFolder:
    """
    Photos that each say how they were taken.

    Where one of them lacks a time, all are taken in the order of their names, a second apart.
    """

    def __init__(self, folder: str | Path, view_of: Callable[[PhotoMetadata], View]) -> None:
        """
        List the photos of a folder.

        :param view_of: what is known of a photo, from what it says of itself.
        :raises RecordingError: if there are none.
        """
        self._folder = Path(folder)
        self.name = self._folder.name
        self.notes: list[str] = []
        self._view_of = view_of
        paths = sorted(p for p in self._folder.iterdir() if p.suffix.lower() in _SUFFIXES)
        if not paths:
            raise RecordingError(
                f'{folder} has no photos and no metadata.yaml: give a bag, a video or a folder of '
                f'{", ".join(_SUFFIXES)}'
            )
        self._photos = _in_order(paths)

    @property
    def num_images(self) -> int:
        """How many photos there are."""
        return len(self._photos)

    def truth(self) -> TruthTrack | None:
        """Return the GNSS positions of the photos, each valid at its own time only."""
        samples = []
        for stamp_ns, path in self._photos:
            photo = read_photo_metadata(path)
            if photo.latitude is not None and photo.longitude is not None:
                samples.append(TruthSample(stamp_ns, photo.latitude, photo.longitude))
        return TruthTrack(samples, is_continuous=False) if samples else None

    def events(self) -> Iterator[TimedImage]:
        """Yield the photos."""
        for stamp_ns, path in self._photos:
            yield TimedImage(
                name=path.name,
                stamp_ns=stamp_ns,
                arrival_ns=stamp_ns,
                read=functools.partial(read_image, path),
                view=self._view_of(read_photo_metadata(path)),
            )


def taken_ns(path: Path) -> int | None:
    """Return when a photo was taken by its EXIF, nanoseconds since 1970, as if that were UTC."""
    try:
        check_input(path)
        with Image.open(path, formats=FORMATS) as image:
            exif = image.getexif().get_ifd(EXIF_TAGS['ExifOffset'])
        moment = datetime.strptime(
            str(exif[EXIF_TAGS['DateTimeOriginal']]).strip('\0 '), '%Y:%m:%d %H:%M:%S'
        )
    except Exception:  # no photo, no EXIF, no such tag, or damage: Pillow raises many types
        return None
    subseconds = str(exif.get(EXIF_TAGS['SubsecTimeOriginal'], '')).strip('\0 ')
    fraction_ns = int(subseconds[:9].ljust(9, '0')) if subseconds.isdecimal() else 0
    # Whole numbers throughout: a float of today's nanoseconds is wrong by hundreds of them.
    elapsed_s = (moment.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(seconds=1)
    return elapsed_s * 1_000_000_000 + fraction_ns


def _in_order(paths: list[Path]) -> list[tuple[int, Path]]:
    """Return stamps, each later than the one before, with the photos."""
    stamps = [taken_ns(path) for path in paths]
    taken = [stamp_ns for stamp_ns in stamps if stamp_ns is not None]
    if len(taken) < len(paths):
        return [(number * _UNDATED_NS, path) for number, path in enumerate(paths)]
    ordered: list[tuple[int, Path]] = []
    for stamp_ns, path in sorted(zip(taken, paths, strict=True)):
        if ordered and stamp_ns <= ordered[-1][0]:
            stamp_ns = ordered[-1][0] + _SAME_SECOND_NS
        ordered.append((stamp_ns, path))
    return ordered
