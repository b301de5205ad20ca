# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
What doctor looks at: one small function per thing that this machine has or lacks.

Nothing that may be missing is imported before its own check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import contextlib
from dataclasses import dataclass
import importlib
import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys
from typing import Any, Literal

from visual_navsat.errors import ModelError, reason_of
from visual_navsat.files import cache_folder

_MIN_MEMORY_GB = 2.0  # ViT-B with a small map; ViT-g takes about 7 in float32
_MIN_DISK_GB = 5.0  # ViT-g's checkpoint is 4.5
# pip's name of each package that everything needs, by its import name.
_NEEDED_PACKAGES = {
    'numpy': 'numpy',
    'cv2': 'opencv-python-headless',
    'PIL': 'pillow',
    'pyproj': 'pyproj',
    'scipy': 'scipy',
    'pandas': 'pandas',
    'yaml': 'PyYAML',
    'tqdm': 'tqdm',
}
_DAMAGED = 'checksum differs: damaged'
# What the node imports.
_ROS_MODULES = ('rclpy', 'sensor_msgs.msg', 'std_srvs.srv', 'diagnostic_msgs.msg')


@dataclass(frozen=True)
class Check:
    """One thing that was looked for."""

    name: str
    state: Literal['ok', 'absent', 'missing']  # absent: optional; missing: nothing runs without
    found: str  # for people
    remedy: str = ''  # the command that fixes it


def check_python() -> Check:
    """Say which Python runs; one older than 3.10 cannot import this module."""
    return Check('Python', 'ok', f'{platform.python_version()} on {platform.machine()}')


def check_packages() -> Check:
    """Look for the packages that everything needs."""
    broken = _broken(_NEEDED_PACKAGES)
    if broken:
        names = ' '.join(_NEEDED_PACKAGES[name] for name in broken)
        return Check('packages', 'missing', f'no {", ".join(broken)}', f'{_pip()} install {names}')
    versions = (f'{name} {_version(name)}' for name in _NEEDED_PACKAGES)
    return Check('packages', 'ok', ', '.join(versions))


def check_torch() -> Check:
    """Look for PyTorch."""
    torch, failure = _try_import('torch')
    if torch is None:
        return Check('PyTorch', 'missing', failure, f'{_pip()} install torch')
    if tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6):
        found = f'{torch.__version__}: 2.6 or newer is needed'
        return Check('PyTorch', 'missing', found, f'{_pip()} install --upgrade torch')
    return Check('PyTorch', 'ok', f'{torch.__version__}, {torch.get_num_threads()} threads')


def check_cuda() -> Check:
    """Look for a GPU that PyTorch can use."""
    torch, _ = _try_import('torch')
    if torch is None:
        return Check('CUDA', 'absent', 'unknown without PyTorch')
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        found = f'{name}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free, CUDA {torch.version.cuda}'
        return Check('CUDA', 'ok', found)
    gpus = _nvidia_gpus()
    if gpus and torch.version.cuda is None:
        remedy = f'{_pip()} install --force-reinstall torch  # a build with CUDA'
        return Check('CUDA', 'absent', f'{gpus}, but PyTorch is a CPU build', remedy)
    if gpus:
        found = f'{gpus}, but the driver is older than CUDA {torch.version.cuda}'
        return Check('CUDA', 'absent', found, 'sudo apt install --upgrade nvidia-driver')
    return Check('CUDA', 'absent', 'no NVIDIA GPU; the CPU is used')


def check_faiss() -> Check:
    """Look for FAISS, and for FAISS on the GPU."""
    faiss, failure = _try_import('faiss')
    if faiss is None:
        found = f'{failure}; torch searches instead, but no vocabulary can be fitted'
        return Check('FAISS', 'absent', found, f'{_pip()} install faiss-cpu')
    # The CPU build has no such function.
    num_gpus = getattr(faiss, 'get_num_gpus', lambda: 0)()
    return Check('FAISS', 'ok', f'{faiss.__version__}, GPUs: {num_gpus}')


def check_ros() -> Check:
    """Look for ROS 2, which the node needs and nothing else."""
    broken = _broken(_ROS_MODULES)
    if broken:
        remedy = f"{_pip()} install 'visual_navsat[ros]'"
        for installed in sorted(Path('/opt/ros').glob('*')):
            remedy = f'source {installed}/setup.bash'
        return Check('ROS 2', 'absent', f'no {", ".join(broken)}: no node', remedy)
    distribution = os.environ.get('ROS_DISTRO')
    if distribution:
        return Check('ROS 2', 'ok', f'ROS_DISTRO is {distribution}')
    return Check('ROS 2', 'ok', 'rclpy from pip; ROS_DISTRO is not set')


def check_cv_bridge() -> Check:
    """Look for cv_bridge, which the node asks for the encodings that it does not know itself."""
    if not _broken(['cv_bridge']):
        return Check('cv_bridge', 'ok', 'is asked only for encodings that the node does not know')
    return Check('cv_bridge', 'absent', 'not needed: the node converts what cameras send itself')


def check_large_images() -> Check:
    """Look whether what is started here sends raw images over 512 kB, which Fast DDS drops."""
    name = 'large images'
    if _broken(_ROS_MODULES):
        return Check(name, 'absent', 'unknown without ROS 2')
    from visual_navsat.ros.large_images import describe_setting  # noqa: PLC0415 (only with ROS)

    found, remedy = describe_setting(os.environ)
    return Check(name, 'absent' if remedy else 'ok', found, remedy)


def check_figures() -> Check:
    """Look for what draws figures and fills the pages of reports."""
    packages = 'matplotlib', 'jinja2'
    absent = _broken(packages)
    if absent:
        lost = 'no --report' if absent == ['jinja2'] else 'no --figure and no --report'
        remedy = f'{_pip()} install {" ".join(absent)}'
        return Check('figures', 'absent', f'{lost}: no {" and no ".join(absent)}', remedy)
    return Check('figures', 'ok', ', '.join(f'{name} {_version(name)}' for name in packages))


def check_embedded_model() -> Check:
    """Look for the model that comes with the package, and read all of it."""
    name = 'embedded model'
    if _broken(['torch']):
        return Check(name, 'absent', 'unknown without PyTorch')
    from visual_navsat.features import checkpoint as checkpoints  # noqa: PLC0415
    from visual_navsat.features.model_zoo import EMBEDDED_MODEL, get_model_spec  # noqa: PLC0415

    spec = get_model_spec(EMBEDDED_MODEL)
    try:
        path = checkpoints.find_checkpoint(spec)
        checkpoints.match_network(spec, checkpoints.read_tensors(path), path)
    except ModelError as error:
        remedy = f'{_pip()} install --force-reinstall --no-deps visual_navsat'
        return Check(name, 'missing', str(error), remedy)
    return Check(name, 'ok', f'{path}, {_checksum_state(path)}')


def check_official_models() -> Check:
    """Look for official weights that were fetched, and compare their checksums."""
    name = 'official models'
    if _broken(['torch']):
        return Check(name, 'absent', 'unknown without PyTorch')
    from visual_navsat.features.checkpoint import find_checkpoint  # noqa: PLC0415
    from visual_navsat.features.model_zoo import MODELS  # noqa: PLC0415

    states = {}
    for spec in (spec for spec in MODELS.values() if spec.url):
        with contextlib.suppress(ModelError):  # it was not fetched
            states[spec.name] = _checksum_state(find_checkpoint(spec))
    if not states:
        remedy = 'visual-navsat fetch-model dinov2_vitg14'
        return Check(name, 'absent', 'none was fetched', remedy)
    found = '; '.join(f'{model} ({state})' for model, state in states.items())
    for model, state in states.items():
        if state == _DAMAGED:
            remedy = f'delete its file, then visual-navsat fetch-model {model}'
            return Check(name, 'absent', found, remedy)
    return Check(name, 'ok', found)


def check_memory() -> Check:
    """Look at the free memory."""
    free_gb = _free_memory_gb()
    found = f'{free_gb:.1f} GB free'
    if free_gb < _MIN_MEMORY_GB:
        return Check('memory', 'absent', f'{found}: at least {_MIN_MEMORY_GB:g} GB is advised')
    return Check('memory', 'ok', found)


def check_disk() -> Check:
    """Look at the disk that fetched models go to."""
    folder = cache_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    found = f'{free_gb:.1f} GB free at {folder}'
    if free_gb < _MIN_DISK_GB:
        return Check('disk', 'absent', f'{found}: the largest model needs {_MIN_DISK_GB:g}')
    return Check('disk', 'ok', found)


CHECKS: tuple[Callable[[], Check], ...] = (
    check_python,
    check_packages,
    check_torch,
    check_cuda,
    check_faiss,
    check_ros,
    check_cv_bridge,
    check_large_images,
    check_figures,
    check_embedded_model,
    check_official_models,
    check_memory,
    check_disk,
)


def _try_import(module: str) -> tuple[Any, str]:
    """Return a module, or None and in one line why it cannot be imported."""
    try:
        return importlib.import_module(module), ''
    except Exception as error:  # a broken installation can raise anything
        return None, reason_of(error)


def _broken(modules: Iterable[str]) -> list[str]:
    """Return which modules cannot be imported."""
    return [module for module in modules if _try_import(module)[0] is None]


def _checksum_state(checkpoint: Path) -> str:
    """Return how a checkpoint compares with the SHA-256 that is recorded beside it."""
    from visual_navsat.features.checkpoint import checkpoint_sha256  # noqa: PLC0415
    from visual_navsat.features.fetch import recorded_sha256  # noqa: PLC0415

    recorded = recorded_sha256(checkpoint)
    if recorded is None:
        return 'no checksum recorded'
    return 'checksum right' if checkpoint_sha256(checkpoint) == recorded else _DAMAGED


def _version(module: str) -> str:
    # From the module: pip does not know packages that apt installed.
    return str(importlib.import_module(module).__version__)


def _pip() -> str:
    return f'{sys.executable} -m pip'


def _nvidia_gpus() -> str:
    """Return the names of the GPUs that the driver sees, or nothing."""
    command = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ''
    return ', '.join(done.stdout.split('\n')).strip(', ')


def _free_memory_gb() -> float:
    """Return what the kernel says is available without swapping."""
    try:
        lines = Path('/proc/meminfo').read_text(encoding='ascii').splitlines()
        values = dict(line.split(':', 1) for line in lines)
        return int(values['MemAvailable'].split()[0]) * 1024 / 1e9
    except (OSError, KeyError):
        return os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9
