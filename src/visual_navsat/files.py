"""Find the files that are installed beside the code: models, config, maps."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def find_shared_file(relative: str) -> Path | None:
    """
    Return an installed data file such as ``models/c_centers.pt``, or None if there is none.

    Looks in the source checkout (editable installs), in each ROS prefix that is sourced, and
    where pip puts data files.
    """
    checkout = Path(__file__).resolve().parents[2]
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    # share/ of a colcon workspace or of a virtual environment, whichever holds this module.
    prefixes += [parent for parent in Path(__file__).resolve().parents if parent.name != 'src']
    prefixes.append(Path(sys.prefix))
    folders = [checkout, *(prefix / 'share' / 'visual_navsat' for prefix in prefixes)]
    return next((f / relative for f in folders if (f / relative).is_file()), None)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal; raise OSError if it is unreadable."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return where fetched models are kept: ``$XDG_CACHE_HOME/visual_navsat`` or ``~/.cache``."""
    root = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(root) / 'visual_navsat'
