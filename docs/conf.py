# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Settings of Sphinx for the pages in this folder: ``make docs``, and rosdoc2 on the ROS build farm.

rosdoc2 copies this folder and runs this file from its own, so nothing here may look for a
neighbour of the folder that it cannot do without. Nothing is fetched from elsewhere: equations
are drawn here, fonts are the reader's.
"""

from importlib.util import find_spec
from pathlib import Path
import re
import sys

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
if (HERE.parent / 'src').is_dir():
    sys.path.insert(0, str(HERE.parent / 'src'))

project = 'visual_navsat'
author = 'the visual_navsat maintainers'
project_copyright = author
version = re.search(
    r"__version__ = '(.+?)'", Path(find_spec('visual_navsat').origin).read_text(encoding='utf-8')
)[1]
release = version

extensions = [
    'equations',  # beside this file
    'field_comments',
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.autosummary',
]
# rosdoc2 puts these here as well; no page links to them.
exclude_patterns = ['_build', '__*', 'README.md', 'CHANGELOG.rst', 'CONTRIBUTING.md']
templates_path = ['_templates']

# The build farm has ROS and what apt holds; the modules are read, not run.
autodoc_mock_imports = [
    name
    for name in ('torch', 'faiss', 'cv2', 'pandas', 'scipy', 'pyproj', 'rasterio', 'pmtiles')
    if find_spec(name) is None
]
autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
autodoc_default_options = {'members': True, 'ignore-module-all': True}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
autosummary_generate = True
add_module_names = False

myst_enable_extensions = ['dollarmath', 'colon_fence', 'deflist']
myst_heading_anchors = 3

# Where furo is absent (rosdep has no key for it), the theme that comes with Sphinx.
html_theme = 'furo' if find_spec('furo') else 'alabaster'
html_title = f'visual_navsat {version}'
html_static_path = ['_static']
html_css_files = ['site.css']
html_show_sphinx = False
html_math_renderer = 'svg'
html_theme_options = {'navigation_with_keys': True} if find_spec('furo') else {}

rosdoc2_settings = {'override_theme': False, 'allow_other_extensions': True}
