"""A map source that cuts imagery of any extent into tiles of the wanted sizes."""

from __future__ import annotations

from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.tile_grid import grid_boxes
from visual_navsat.image_file import MIN_SIDE
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.source import MapImage, short_hash
from visual_navsat.maps.tile_plan import TilePlan

_MIN_VALID_SHARE = 0.5
# Finer than any model looks at a tile (896 px); the correlation may ask for more.
_ENOUGH_PX = 1024


class CutSource:
    """
    Imagery as tiles; those that are half empty or more are left out.

    :param area: only tiles whose middle lies in it are made; None makes them all.
    :param field_gsd_m_per_px: of the map's gradient field, which must not be coarser than the
        tiles' images.
    :raises MapError: if no tile is left, or the imagery is too coarse for such tiles.
    """

    def __init__(
        self,
        ortho: Ortho,
        plan: TilePlan,
        area: GeoBox | None = None,
        field_gsd_m_per_px: float = 0.5,
    ) -> None:
        self.name, self.origin = ortho.name, ortho.origin
        self._ortho = ortho
        self._field_gsd_m_per_px = field_gsd_m_per_px
        self.tiles: list[TileMetadata] = []
        num_empty = 0
        for tile_m in plan.tile_sizes_m:
            self._check_resolution(tile_m)
            for row, column, box in grid_boxes(ortho.extent, tile_m, plan.overlap):
                if area is not None and not area.contains(*box.center):
                    continue
                if ortho.valid_share(box) <= _MIN_VALID_SHARE:
                    num_empty += 1
                    continue
                name = f'{tile_m:g}m/{row:05d}_{column:05d}'
                self.tiles.append(box.as_tile(name, self._gsd_m_per_px(box)))
        if not self.tiles:
            raise MapError(self._no_tiles(num_empty, area))
        self.notes = list(ortho.notes)
        if num_empty:
            self.notes.append(
                f'{self.name}: {num_empty} of {num_empty + len(self.tiles)} tiles show no ground '
                'on half or more of them: left out'
            )

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image; raise ImageError if the imagery is damaged there."""
        box = GeoBox.of_tile(tile)
        gsd = self._gsd_m_per_px(box)
        width, height = (max(MIN_SIDE, round(side / gsd)) for side in box.size_m)
        return self._ortho.read(box, width, height)

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes with the tile's place, its size and the imagery there."""
        box = GeoBox.of_tile(tile)
        return short_hash(tile, self._gsd_m_per_px(box), self._ortho.stamp(box))

    def _gsd_m_per_px(self, box: GeoBox) -> float:
        """Return at which metres per pixel a tile is read: no finer than is of use."""
        enough = min(max(box.size_m) / _ENOUGH_PX, self._field_gsd_m_per_px / 2)
        return max(self._ortho.gsd_m_per_px, enough)

    def _check_resolution(self, tile_m: float) -> None:
        gsd = self._ortho.gsd_m_per_px
        if tile_m / gsd < MIN_SIDE:
            raise MapError(
                f'{self.origin} has {gsd:.3g} m per pixel, {tile_m / gsd:.1f} px for a tile of '
                f'{tile_m:g} m: use finer imagery or larger tiles (--tile-m)'
            )

    def _no_tiles(self, num_empty: int, area: GeoBox | None) -> str:
        if num_empty:
            return (
                f'{self.origin} has no tile that shows ground on over half of it '
                f'({num_empty} were looked at): use smaller tiles (--tile-m), or check its nodata'
            )
        extent = self._ortho.extent
        return (
            f'--area {area.west:g},{area.south:g},{area.east:g},{area.north:g} holds no tile of '
            f'{self.origin}, which covers {extent.west:.6f},{extent.south:.6f},'
            f'{extent.east:.6f},{extent.north:.6f}: give west,south,east,north in degrees'
        )
