# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from pathlib import Path
import re

from setuptools import find_packages, setup

NAME = 'visual_navsat'
# Said once, in the package itself.
VERSION = re.search(
    r"^__version__ = '(.+)'$", Path('src/visual_navsat/__init__.py').read_text(), re.MULTILINE
)[1]


def share_files(folder):
    """Return data_files entries that copy a folder below share/, keeping its subfolders."""
    by_parent = {}
    for path in sorted(Path(folder).rglob('*')):
        if path.is_file() and '__pycache__' not in path.parts:
            by_parent.setdefault(path.parent, []).append(str(path))
    return [(f'share/{NAME}/{parent}', files) for parent, files in by_parent.items()]


setup(
    name=NAME,
    version=VERSION,
    package_dir={'': 'src'},
    packages=find_packages('src', include=[NAME, f'{NAME}.*']),
    package_data={
        NAME: [
            'py.typed',
            '*/*_model.json',
            'report/assets/*',
            'report/templates/*',
            'report/vendor/*/*',
        ]
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *(
            entry
            for folder in ('launch', 'config', 'models', 'maps')
            for entry in share_files(folder)
        ),
    ],
    python_requires='>=3.10',
    install_requires=[
        'numpy',
        'torch>=2.6',  # before it, a checkpoint can run code (CVE-2025-32434)
        'opencv-python-headless<5',
        'pandas',
        'pillow',
        'pyproj',
        'scipy',
        'PyYAML',
        'tqdm',
    ],
    extras_require={
        # Two wheels of the same module: install one of them, never both.
        'cpu': ['faiss-cpu'],
        'gpu': ['faiss-gpu'],
        # Reports and figures.
        'figures': ['matplotlib', 'jinja2'],
        # Bags without ROS; the pin, because one of its converters is not public yet.
        # Captions inside a video: av.
        'replay': ['rosbags==0.11.*', 'mcap>=1.2,<2', 'av>=12'],
        # Maps in GeoTIFF and other rasters, and in PMTiles; a metadata CSV needs neither.
        'maps': ['rasterio', 'pmtiles>=3.4'],
        # Real ROS 2 Kilted for machines without a ROS distribution.
        'ros': [
            'ros-rclpy[fastrtps]==9.1.2',
            'ros-sensor-msgs==5.5.1',
            'ros-std-srvs',
            'ros-nav-msgs',
            'ros-diagnostic-msgs',
            'ros-visualization-msgs',
        ],
        # The pages as a site: make docs.
        'docs': ['sphinx>=7', 'myst-parser', 'furo', 'matplotlib'],
        # By this name colcon test knows that pytest is what runs the tests.
        'test': ['pytest'],
        'dev': [
            'pytest',
            'hypothesis',
            'ruff>=0.17,<0.18',
            'transformers',
            'colcon-common-extensions',
            'setuptools<80',
            'mypy>=2.4,<2.5',
            'pandas-stubs',
            'scipy-stubs',
            'types-PyYAML',
            'types-tqdm',
            # What ament_flake8 and ament_pep257 run.
            'flake8',
            'flake8-blind-except',
            'flake8-builtins',
            'flake8-class-newline',
            'flake8-comprehensions',
            'flake8-deprecated',
            'flake8-docstrings',
            'flake8-import-order',
            'flake8-quotes',
            'pydocstyle',
        ],
    },
    zip_safe=False,
    maintainer='visual_navsat maintainers',
    maintainer_email='maintainers@visual-navsat.example',
    description='A NavSatFix from a camera: DINOv2 + VLAD retrieval over a georeferenced map.',
    license='MIT',
    entry_points={
        'console_scripts': [
            'visual-navsat = visual_navsat.cli.main:main',
            'localizer = visual_navsat.ros.localizer_node:main',
        ],
    },
)
