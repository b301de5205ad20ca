"""Name the commit that a benchmark measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent


def measured_commit() -> str | None:
    """Return the commit, marked if files differ from it; None without git."""
    try:
        return _git('describe', '--always', '--dirty', '--abbrev=12')
    except (OSError, subprocess.CalledProcessError):
        return None


def clean_commit() -> str:
    """Return the commit; exit with a line if it is not all that is there."""
    if _git('status', '--porcelain', '--untracked-files=no'):
        sys.exit('there are uncommitted changes: commit first, so that the record names what ran')
    return _git('rev-parse', '--short', 'HEAD')


def _git(*words: str) -> str:
    done = subprocess.run(['git', *words], cwd=_FOLDER, capture_output=True, text=True, check=True)
    return done.stdout.strip()
