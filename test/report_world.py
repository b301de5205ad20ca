# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A small map of coloured tiles and runs over it, for the tests of the report."""

from makers import make_fix, make_tile, score
import numpy as np
from visual_navsat.errors import ImageError
from visual_navsat.evaluation import evaluate, RunRecord
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import Refusal
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.reader import MapImage
from visual_navsat.report import ReportSources

SIDE, TILE_M, TILE_PX = 4, 100.0, 50
FRAME = LocalFrame(47.0, 8.0)


def tile_colour(tile):
    """Return a tile's own colour."""
    row, column = int(tile.filename[0]), int(tile.filename[2])
    return np.array([40 + 50 * row, 40 + 50 * column, 120], np.uint8)


def tile_image(tile):
    """Return a tile in its colour, its north-eastern quarter black."""
    image = np.full((TILE_PX, TILE_PX, 3), tile_colour(tile), np.uint8)
    half = TILE_PX // 2
    image[:half, half:] = 0
    return image


class PaintedTiles:
    """Reads the images that a function paints; None: there is none."""

    def __init__(self, paint):
        self._paint = paint

    def read(self, tile):
        pixels = self._paint(tile)
        if pixels is None:
            raise ImageError('not there')
        return MapImage(pixels, GeoBox.of_tile(tile))


def painted(tiles, paint):
    """Make the imagery of tiles that a function paints."""
    reader = PaintedTiles(paint)
    return MapImagery(tiles, lambda tile: (reader, tile))


TILES = [make_tile(row, column, TILE_M, FRAME) for row, column in np.ndindex(SIDE, SIDE)]
IMAGERY = painted(TILES, tile_image)
SOURCES = ReportSources(IMAGERY, lambda name: np.full((60, 80, 3), 90, np.uint8))


def outcome(name, east, north, error_m=None, reason='no_match', stamp_s=None, sigma_m=3.0):
    """Make a fix that lies to the north of its truth, or a refusal."""
    lat, long = map(float, FRAME.geodetic_from_enu([east, north]))
    if error_m is None:
        position = Refusal(reason, 'a detail')
        places = [Candidate(1, 0.5, lat, long, 0.0, 1.0)] if reason == 'ambiguous' else []
    else:
        fix_lat, fix_long = map(float, FRAME.geodetic_from_enu([east, north + error_m]))
        position = make_fix(fix_lat, fix_long, sigma_m)
        places = [Candidate(1, 0.99, fix_lat, fix_long, 0.0, 1.0)]
    ranked = [tile for tile in TILES if tile.contains(lat, long)] + TILES[:3]
    tiles = [
        Candidate(
            len(places) + rank, None, tile.center_lat, tile.center_long, filename=tile.filename,
            similarity=0.8, retrieval_rank=rank,
        )
        for rank, tile in enumerate(ranked, start=1)
    ]  # fmt: skip
    return score(
        position, (lat, long), tiles=ranked, seconds=0.2, timings_ms={'backbone': 150.0},
        stamp_s=stamp_s, heading_deg=0.0, gsd=1.0, candidates=[*places, *tiles], name=name,
    )  # fmt: skip


def flight(name='flight', errors=(1.0, 4.0, None, 8.0, 20.0, None, 120.0)):
    """Make a run of images 40 m apart: fixes with these errors, None refused, by turns dark."""
    reasons = ('ambiguous', 'dark')
    outcomes = [
        outcome(
            f'{number}.jpg', 50 + 40 * number, -140.0, error_m,
            reasons[errors[:number].count(None) % 2], stamp_s=10.0 * number,
        )
        for number, error_m in enumerate(errors)
    ]  # fmt: skip
    summary = evaluate(outcomes, TILES, 50.0, is_sequence=True).to_json()
    return RunRecord.from_json(summary, name)
