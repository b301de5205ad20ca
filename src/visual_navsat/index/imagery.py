# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The imagery that an index was made of, where it is still at hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.manifest import Manifest
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.open_map import open_origins


def open_imagery(tiles: Sequence[TileMetadata], manifest: Manifest | None) -> MapImagery:
    """
    Return the tiles of an index with as much of their imagery as is still where it was.

    :param manifest: None for descriptors that do not say what they were made of.
    """
    segments = () if manifest is None else manifest.segments
    named = [zip(segment.names, segment.origins, strict=True) for segment in segments]
    return open_origins(tiles, list(chain(*named)))
