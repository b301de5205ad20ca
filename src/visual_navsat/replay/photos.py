# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recorded flight as a folder of geotagged photos, in the order in which they were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import functools
from pathlib import Path

from visual_navsat.geometry.view import View
from visual_navsat.image_file import read_image
from visual_navsat.photo_knowledge import UnusedMetadata
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata
from visual_navsat.photo_time import taken_ns
from visual_navsat.replay.photo_files import list_photos, named, SUFFIXES
from visual_navsat.replay.photo_order import in_order_of_time, UNDATED_NS
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.tracking.timed_image import TimedImage

# The step between photos of the same second, and between photos without a time.


class PhotoFolder:
    """
    Photos that each say how they were taken, in the order of their times.

    Where most of them lack a time, all are taken in the order of their numbers, a second apart.
    """

    def __init__(
        self,
        folder: str | Path,
        view_of: Callable[[PhotoMetadata], View],
        is_exif_used: bool = True,
    ) -> None:
        """
        List the photos of a folder.

        :param view_of: what is known of a photo, from what it says of itself.
        :param is_exif_used: whether it matters what of their metadata cannot be used.
        :raises RecordingError: if there are none.
        """
        self._folder = Path(folder)
        self.name = self._folder.name
        self.notes: list[str] = []
        self._view_of = view_of
        self._unused = UnusedMetadata()
        self._is_exif_used = is_exif_used
        paths, others = list_photos(self._folder)
        if not paths:
            raise RecordingError(
                f'{folder} has no photos and no metadata.yaml: give a bag, a video or a folder of '
                f'{", ".join(SUFFIXES)}{_hint(self._folder, others)}'
            )
        self.notes += [f'left out: {text}' for text in others]
        self._photos = _in_order(paths, self.notes)

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
            photo = read_photo_metadata(path)
            if self._is_exif_used:
                self.notes += self._unused.of(photo)
            yield TimedImage(
                name=path.name,
                stamp_ns=stamp_ns,
                arrival_ns=stamp_ns,
                read=functools.partial(read_image, path),
                view=self._view_of(photo),
            )


def _in_order(paths: list[Path], notes: list[str]) -> list[tuple[int, Path]]:
    """
    Return stamps, each later than the one before, with the photos.

    :param paths: in the order of their numbers, which is that of photos of the same time.
    :param notes: gets which photos are left out, or that none has a time.
    """
    stamps = [taken_ns(path) for path in paths]
    undated = [path.name for path, stamp_ns in zip(paths, stamps, strict=True) if stamp_ns is None]
    if 2 * len(undated) > len(paths):
        if len(undated) < len(paths):
            notes.append(
                f'{len(undated)} of {len(paths)} photos have no time in their EXIF: all are taken '
                'in the order of their numbers, a second apart'
            )
        return [(number * UNDATED_NS, path) for number, path in enumerate(paths)]
    if undated:
        notes.append(f'left out: {named(undated, "photo")} without a time in the EXIF')
    dated = [
        (stamp_ns, path)
        for stamp_ns, path in zip(stamps, paths, strict=True)
        if stamp_ns is not None
    ]
    ordered = in_order_of_time([stamp_ns for stamp_ns, _ in dated])
    return [(stamp_ns, dated[index][1]) for stamp_ns, index in ordered]


def _hint(folder: Path, others: Sequence[str]) -> str:
    """Return what the folder has instead of photos."""
    inside = next((path for path in sorted(folder.iterdir()) if path.is_dir()), None)
    if others:
        return f'; it has {"; ".join(others)}'
    return '' if inside is None else f'; photos in folders below it are not looked at: {inside}'
