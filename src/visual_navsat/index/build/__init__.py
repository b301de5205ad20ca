"""Build a map's index, or change it: tile images -> descriptors and fields -> index folder."""

from visual_navsat.index.build.build_index import build_index, build_map
from visual_navsat.index.build.map_vocabulary import fit_map_vocabulary
from visual_navsat.index.build.update_index import update_index

__all__ = ['build_index', 'build_map', 'fit_map_vocabulary', 'update_index']
