# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The version is said once; what cannot read it from there agrees."""

from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
import re
import xml.etree.ElementTree as ElementTree

import pytest
import visual_navsat

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / 'setup.py').exists(), reason='an installed copy has no package.xml beside it'
)


def test_package_xml_agrees():
    package = ElementTree.parse(ROOT / 'package.xml').getroot()
    assert package.findtext('version') == visual_navsat.__version__


def test_the_simulator_agrees():
    text = (ROOT / 'src/visual_navsat_sim/pyproject.toml').read_text(encoding='utf-8')
    assert re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1] == visual_navsat.__version__


def test_what_was_installed_agrees():
    assert version('visual_navsat') == visual_navsat.__version__


def test_the_changelog_is_in_the_form_that_ros_releases_read():
    lines = (ROOT / 'CHANGELOG.rst').read_text(encoding='utf-8').splitlines()
    assert lines[1] == 'Changelog for package visual_navsat'
    headings = [above for above, line in pairwise(lines) if set(line) == {'-'}]
    assert headings[0] == 'Forthcoming' or headings[0].startswith(f'{visual_navsat.__version__} (')
