# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What ROS's own linters (ament_copyright, ament_flake8, ament_pep257) ask for."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The rules that ament_copyright has for MIT, in the form that is found in all files.
HEADER = ''.join(Path(__file__).read_text().splitlines(keepends=True)[:3])
FOLDERS = ('src', 'test', 'bench', 'docs', 'launch')


def test_every_python_file_begins_with_the_licence_header():
    assert HEADER.startswith('# Copyright 2026 the visual_navsat authors\n')
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob('*.py')]
    assert len(files) > 400
    without = [str(file) for file in files if not file.read_text().startswith(HEADER)]
    assert not without, f'put these lines on top of each:\n{HEADER}'


def test_contributing_says_the_licence_as_ament_copyright_looks_for_it():
    text = ' '.join((ROOT / 'CONTRIBUTING.md').read_text().split())
    assert (
        'Any contribution that you make to this repository will be under the MIT license, as '
        'dictated by that [license](https://opensource.org/licenses/MIT).'
    ) in text
