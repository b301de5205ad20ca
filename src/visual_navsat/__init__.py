"""
Find a drone's position on a map from its camera, without GNSS.

camera image -> preprocess -> backbone (DINOv2) -> vlad -> index search -> correlate -> position

``features`` describes images, ``maps`` reads tiles, ``retrieval`` finds the similar ones,
``localization`` decides where that is; ``engine`` is the whole flow, ``ros`` and ``cli`` adapt it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visual_navsat.config import Config
    from visual_navsat.engine import QueryResult, RetrievalEngine
    from visual_navsat.geometry.tile import TileMetadata
    from visual_navsat.localization.position import PositionEstimate, Refusal
    from visual_navsat.retrieval.result import RetrievalResult

__version__ = '0.1.0'

# Imported on first use: torch alone takes seconds, and --help needs none of it.
_PUBLIC = {
    'Config': 'visual_navsat.config',
    'PositionEstimate': 'visual_navsat.localization.position',
    'QueryResult': 'visual_navsat.engine',
    'Refusal': 'visual_navsat.localization.position',
    'RetrievalEngine': 'visual_navsat.engine',
    'RetrievalResult': 'visual_navsat.retrieval.result',
    'TileMetadata': 'visual_navsat.geometry.tile',
}
__all__ = [
    'Config',
    'PositionEstimate',
    'QueryResult',
    'Refusal',
    'RetrievalEngine',
    'RetrievalResult',
    'TileMetadata',
]


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_PUBLIC[name]), name)
