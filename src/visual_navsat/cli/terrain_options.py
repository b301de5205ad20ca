# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Flags that name an elevation model, and what verbs say of the terrain of an index."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from visual_navsat.cli.values import check_number
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.region import Region
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.maps.elevation import DEFAULT_SIGMA_M, ElevationSource
from visual_navsat.maps.geoid import DATUMS

MATTERS = 0.1  # of the height: what a search for the scale covers by itself
FLAT_GROUND = 'no elevation model: flat ground is assumed'


def add_terrain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--terrain`` and what belongs to it."""
    group = parser.add_argument_group(
        'terrain',
        'How high the ground is, so that altitudes above the sea are heights above ground. '
        'Without it flat ground is assumed.',
    )
    group.add_argument(
        '--terrain',
        action='append',
        default=[],
        metavar='DEM',
        help='elevation model that covers the map, such as a tile of Copernicus GLO-30 or SRTM; '
        'a GeoTIFF or another raster that GDAL opens; may be repeated, the first counts where '
        'several know a height; with --add it may be given to an index alone',
    )
    group.add_argument(
        '--terrain-datum',
        choices=DATUMS,
        default='',
        help='what the heights are above: the geoid EGM2008 (Copernicus) or EGM96 (SRTM), or the '
        'WGS 84 ellipsoid; without it as its CRS says',
    )
    group.add_argument(
        '--terrain-sigma-m',
        type=float,
        default=DEFAULT_SIGMA_M,
        metavar='S',
        help='standard deviation of the heights in metres (0.1 to 100; default %(default)s: about '
        'that of GLO-30 over open ground and low roofs)',
    )
    group.add_argument(
        '--geoid',
        default='',
        metavar='FILE',
        help="the geoid's height above the ellipsoid, .gtx or GeoTIFF, such as PROJ's "
        'us_nga_egm08_25.tif; with it the altitude of a fix is above the ellipsoid; without it '
        'the grid of PROJ is used where it is installed',
    )
    group.add_argument(
        '--geoid-undulation-m',
        type=float,
        metavar='N',
        help='the same as one number for the whole map, metres (-110 to 90)',
    )


def elevation_from_args(args: argparse.Namespace) -> ElevationSource | None:
    """Return the elevation model that the flags name; None without one."""
    check_number(args, '--terrain-sigma-m', 0.1, 100, 'metres')
    check_number(args, '--geoid-undulation-m', -110, 90, 'metres')
    if not args.terrain:
        for flag in ('terrain_datum', 'geoid', 'geoid_undulation_m'):
            if getattr(args, flag) not in ('', None):
                name = '--' + flag.replace('_', '-')
                raise ConfigError(f'{name} is about --terrain, which is not given: give both')
        return None
    return ElevationSource(
        tuple(args.terrain),
        args.terrain_datum,
        args.terrain_sigma_m,
        args.geoid,
        args.geoid_undulation_m,
    )


def terrain_facts(index: IndexFolder) -> dict[str, Any] | None:
    """Return what is known of the ground heights of an index; None without an elevation model."""
    terrain, stored = index.terrain, index.manifest.terrain
    if terrain is None or stored is None:
        return None
    bounds_m = tiles_bounds_m(index.tiles, terrain.frame).reshape(-1, 2, 2)
    ground = terrain.range_in(Region.around(bounds_m))
    known = np.isfinite(terrain.height_at(*bounds_m.mean(axis=1).T))
    undulation_m = terrain.undulation_m
    return {
        'low_m': None if ground is None else ground.low_m,
        'median_m': None if ground is None else ground.median_m,
        'high_m': None if ground is None else ground.high_m,
        'datum': terrain.datum,
        'sigma_m': terrain.sigma_m,
        'gsd_m': terrain.grid.gsd_m_per_px,
        'share_of_tiles': float(known.mean()),
        'undulation_m': None if undulation_m is None else float(undulation_m.mean()),
        'origins': list(stored.origins),
    }


def terrain_line(facts: dict[str, Any] | None) -> str:
    """Return the facts of :func:`terrain_facts` as a line for people."""
    if facts is None:
        return FLAT_GROUND
    if facts['median_m'] is None:
        return 'the elevation model knows no height of this map: flat ground is assumed'
    geoid = 'the geoid is unknown (build-map --geoid), so altitudes of fixes are'
    if facts['undulation_m'] is not None:
        geoid = f'the sea is {facts["undulation_m"]:.1f} m above the ellipsoid'
    share = facts['share_of_tiles']
    part = '' if share == 1 else f' under {share:.0%} of the tiles'
    return (
        f'ground {facts["low_m"]:.0f} to {facts["high_m"]:.0f} m above the sea '
        f'({facts["datum"]}){part}, {facts["median_m"]:.0f} m in the median, known to '
        f'{facts["sigma_m"]:g} m; {geoid}'
    )


def relief_note(facts: dict[str, Any] | None, height_m: float | None) -> str | None:
    """
    Return where the relief of a map makes heights over it uncertain; None where it does not.

    :param height_m: that is flown above ground; None: unknown.
    """
    if facts is None or facts['median_m'] is None:
        return None
    relief_m = facts['high_m'] - facts['low_m']
    if height_m is None:
        return f'relief of {relief_m:.0f} m: it matters below {relief_m / MATTERS:.0f} m of height'
    if relief_m < MATTERS * height_m:
        return None
    return (
        f'relief of {relief_m:.0f} m is {relief_m / height_m:.0%} of the height: state the '
        'altitude above the sea (--altitude-m, altitude_meaning amsl), not above take-off'
    )
