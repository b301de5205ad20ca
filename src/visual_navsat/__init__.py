# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Find a drone's position on a map from its camera, without GNSS.

camera image -> preprocess -> describe -> retrieve -> correlate -> locate -> track -> NavSatFix

The folders are the steps: ``features`` describes images, ``retrieval`` finds the tiles that look
the same, ``correlation`` compares the image with the map, ``localization`` decides where it is,
``tracking`` follows many images; ``engine`` is the flow of one image, ``ros`` and ``cli`` adapt
it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visual_navsat.ancestor import RetrievalEngine
    from visual_navsat.config import Config
    from visual_navsat.geometry.tile import TileMetadata
    from visual_navsat.localization.answer import Answer
    from visual_navsat.localization.candidate import Candidate
    from visual_navsat.localization.position import PositionEstimate, Refusal
    from visual_navsat.retrieval.result import RetrievalResult

__version__ = '0.1.0'

# Imported on first use: torch alone takes seconds, and --help needs none of it.
_PUBLIC = {
    'Answer': 'visual_navsat.localization.answer',
    'Candidate': 'visual_navsat.localization.candidate',
    'Config': 'visual_navsat.config',
    'PositionEstimate': 'visual_navsat.localization.position',
    'Refusal': 'visual_navsat.localization.position',
    'RetrievalEngine': 'visual_navsat.ancestor',
    'RetrievalResult': 'visual_navsat.retrieval.result',
    'TileMetadata': 'visual_navsat.geometry.tile',
}
_RENAMED = {'QueryResult': 'Answer'}  # what code written for earlier versions imports
__all__ = [
    'Answer',
    'Candidate',
    'Config',
    'PositionEstimate',
    'Refusal',
    'RetrievalEngine',
    'RetrievalResult',
    'TileMetadata',
]


def __getattr__(name: str):
    name = _RENAMED.get(name, name)
    if name not in _PUBLIC:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_PUBLIC[name]), name)
