# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The replay of a low flight joins its images, as the node does."""

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
from low_flight import IMAGES, LOW_GSD, low_image, low_place, make_low_map
import pytest
from recorded_flight import Recorder, SECOND, START_NS
from visual_navsat.cli.main import main


@pytest.mark.slow
def test_a_replay_joins_the_images_of_a_bag(tmp_path, capsys):
    low_map = make_low_map(tmp_path)
    recorder = Recorder()
    for number in range(IMAGES):
        stamp_ns = START_NS + number * SECOND
        recorder.add_heading(0.0, stamp_ns)
        recorder.add_truth(*low_place(number), stamp_ns)
        recorder.add_image(low_image(number), stamp_ns)
    bag = recorder.write(tmp_path / 'bag')
    words = ['replay', bag, '--map', low_map.index, '--image-topic', '/camera/image']
    words += ['--heading-topic', '/compass', '--truth-topic', '/fix', '--gsd-m-per-px', LOW_GSD]
    words += ['--min-probability', '0.98']
    fixes = []
    for count in (1, 3):
        assert main([str(word) for word in [*words, '--join-images', count]]) == 0
        text = capsys.readouterr().out
        line = next(line for line in text.splitlines() if f'{IMAGES} images, ' in line)
        fixes.append(int(line.split(' fixes')[0].split()[-1]))
    assert fixes[1] >= fixes[0] + 3
