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


def ros_wheels(rclpy, messages):
    """Return what the node needs of one ROS distribution, as PyPI has it."""
    names = ('sensor-msgs', 'std-srvs', 'nav-msgs', 'diagnostic-msgs', 'visualization-msgs')
    return [f'ros-rclpy[fastrtps]=={rclpy}', *(f'ros-{name}=={messages}' for name in names)]


setup(
    name=NAME,
    version=VERSION,
    package_dir={'': 'src'},
    packages=find_packages('src', include=[NAME, f'{NAME}.*']),
    package_data={
        NAME: [
            'py.typed',
            '*/*_model.json',
            'planning/published.json',
            'report/assets/*',
            'report/templates/*',
            'report/vendor/*/*',
            *('service/console/*', 'service/console/*/*', 'service/console/*/*/*'),
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
        # The oldest of Ubuntu 22.04, which rosdep installs on Humble.
        'numpy>=1.21.5',
        'torch>=2.6',  # before it, a checkpoint can run code (CVE-2025-32434)
        'opencv-python-headless>=4.5.4,<5',
        'pandas>=1.3.5',
        'pillow>=9.0',
        'pyproj>=3.3',
        'scipy>=1.8',
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
        # The bridge to an autopilot; pyserial for one on a serial line. Older ones of pymavlink
        # lack GLOBAL_POSITION_SENSOR.
        'autopilot': ['pymavlink>=2.4.50', 'pyserial>=3.5'],
        # Backbones as ONNX; to run one that is there, onnxruntime is enough.
        'onnx': ['onnx', 'onnxscript', 'onnxruntime'],
        # Maps built on many machines.
        'ray': ['ray>=2.40'],
        # Real ROS 2 Kilted for machines without a ROS distribution.
        'ros': ros_wheels(rclpy='9.1.2', messages='5.5.1'),
        # Jazzy's, for Python 3.11 and 3.12; one of the two, never both.
        'ros-jazzy': ros_wheels(rclpy='7.1.6', messages='5.3.6'),
        # A server that answers over HTTP.
        'service': [
            'fastapi>=0.115',
            'uvicorn>=0.30',
            'wsproto>=1.2',  # WebSockets of the flight view, over the h11 that uvicorn has
            'sqlalchemy>=2.0.30,<3',
            'alembic>=1.13',
            'pydantic-settings>=2.4',
            'prometheus-client>=0.20',
            'python-multipart>=0.0.18',
            'fsspec',
        ],
        # The pages as a site: make docs.
        'docs': ['sphinx>=7', 'myst-parser', 'furo', 'matplotlib'],
        # By this name colcon test knows that pytest is what runs the tests.
        'test': ['pytest>=7'],
        'dev': [
            'pytest',
            'pytest-xdist',
            'hypothesis',
            'httpx',
            'schemathesis',
            'playwright',
            'psycopg[binary]>=3.1',
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
    classifiers=[f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 15)],
    maintainer='visual_navsat maintainers',
    maintainer_email='maintainers@visual-navsat.example',
    description='A NavSatFix from a camera: DINOv2 + VLAD retrieval over a georeferenced map.',
    license='MIT',
    entry_points={
        'console_scripts': [
            'visual-navsat = visual_navsat.cli.main:main',
            'localizer = visual_navsat.ros.localizer_node:main',
            'autopilot_bridge = visual_navsat.ros.bridge_node:main',
        ],
    },
)
