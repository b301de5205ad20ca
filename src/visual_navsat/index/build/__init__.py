# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Build a map's index, or change it: tile images -> descriptors and fields -> index folder."""

from visual_navsat.index.build.build_index import build_index, build_map
from visual_navsat.index.build.map_vocabulary import fit_map_vocabulary
from visual_navsat.index.build.update_index import update_index

__all__ = ['build_index', 'build_map', 'fit_map_vocabulary', 'update_index']
