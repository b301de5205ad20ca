# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A recorded flight as a table of photos: where each was taken, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import functools
from pathlib import Path

from visual_navsat.evaluation.queries_csv import Query, read_queries
from visual_navsat.geometry.view import View
from visual_navsat.image_file import read_image
from visual_navsat.photo_knowledge import Knowledge, UnusedMetadata
from visual_navsat.photo_metadata import PhotoMetadata, read_photo_metadata
from visual_navsat.replay.photo_order import in_order_of_time, UNDATED_NS
from visual_navsat.replay.truth import TruthSample, TruthTrack
from visual_navsat.tracking.timed_image import TimedImage


class PhotoTable:
    """
    The photos of a CSV such as evaluate takes, in the order of their times.

    Where one lacks a time, all are taken in the order of the lines, a second apart.
    """

    def __init__(
        self,
        path: str | Path,
        image_dir: str | Path,
        view_of: Callable[[Knowledge, PhotoMetadata], View],
        is_exif_used: bool = True,
    ) -> None:
        """
        Read the table.

        :param image_dir: where the photos are.
        :param view_of: what is known of a photo, from its line and from what it says of itself.
        :raises MapError: if the table or a photo is missing, or a number is invalid.
        """
        self.name = Path(path).stem
        self.notes: list[str] = []
        self._view_of = view_of
        self._is_exif_used = is_exif_used
        self._unused = UnusedMetadata()
        self._queries = _in_order(read_queries(path, image_dir), self.notes)

    @property
    def num_images(self) -> int:
        """How many photos there are."""
        return len(self._queries)

    def truth(self) -> TruthTrack:
        """Return where the table puts the photos, each valid at its own time only."""
        samples = [TruthSample(stamp, q.true_lat, q.true_long) for stamp, q in self._queries]
        return TruthTrack(samples, is_continuous=False)

    def events(self) -> Iterator[TimedImage]:
        """Yield the photos."""
        for stamp_ns, query in self._queries:
            photo = read_photo_metadata(query.path)
            if self._is_exif_used:
                self.notes += self._unused.of(photo)
            yield TimedImage(
                name=query.filename,
                stamp_ns=stamp_ns,
                arrival_ns=stamp_ns,
                read=functools.partial(read_image, query.path),
                view=self._view_of(query.known, photo),
            )


def _in_order(queries: Sequence[Query], notes: list[str]) -> list[tuple[int, Query]]:
    """Return stamps, each later than the one before, with the lines of the table."""
    stamps_s = [query.stamp_s for query in queries if query.stamp_s is not None]
    if len(stamps_s) < len(queries):
        if stamps_s:
            notes.append(
                f'{len(queries) - len(stamps_s)} of {len(queries)} lines have no time: all are '
                'taken in the order of the lines, a second apart'
            )
        return [(number * UNDATED_NS, query) for number, query in enumerate(queries)]
    ordered = in_order_of_time([round(stamp_s * 1e9) for stamp_s in stamps_s])
    return [(stamp_ns, queries[index]) for stamp_ns, index in ordered]
