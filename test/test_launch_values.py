# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the launch files make of their arguments."""

from pathlib import Path

import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError
from visual_navsat.ros.launch_values import (
    base_topic,
    camera_info_topic,
    existing_file,
    expand_home,
    PARAMETERS,
    truth,
)


# The right names are those of image_transport's getCameraInfoTopic.
@pytest.mark.parametrize(
    ('image_topic', 'expected'),
    [
        ('/camera/image_raw', '/camera/camera_info'),
        ('/camera/down/image_rect', '/camera/down/camera_info'),
        ('camera/image_raw', 'camera/camera_info'),
        ('image', 'camera_info'),
        ('/image', '/camera_info'),
        ('/camera/image_raw/compressed', '/camera/camera_info'),
        ('/camera/image_raw/', '/camera/camera_info'),
        ('~/image', '~/camera_info'),
    ],
)
def test_camera_info_is_beside_the_images(image_topic, expected):
    assert camera_info_topic(image_topic) == expected


def test_the_topic_of_compressed_images_leads_to_that_of_raw_ones():
    assert base_topic('/camera/image_raw/compressed') == '/camera/image_raw'
    assert base_topic('/camera/image_raw') == '/camera/image_raw'


@pytest.mark.parametrize('topic', ['', '/', ' '])
def test_no_topic_is_refused_by_the_name_of_the_argument(topic):
    with pytest.raises(ConfigError, match='image_topic must name a topic'):
        base_topic(topic)


def test_a_file_that_is_not_there_is_refused_by_the_name_of_the_argument(tmp_path, monkeypatch):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / 'mine.yaml').touch()
    assert existing_file('params_file', '~/mine.yaml') == str(tmp_path / 'mine.yaml')
    with pytest.raises(ConfigError, match=r'params_file must name a file, .*/no.yaml does not'):
        existing_file('params_file', '~/no.yaml')
    with pytest.raises(ConfigError, match='is a folder'):
        existing_file('params_file', '~')


def test_the_home_of_nobody_stays_as_it_is():
    assert expand_home('~nobody-of-this-name/map') == '~nobody-of-this-name/map'
    assert expand_home('~/map') == str(Path.home() / 'map')


def test_truths():
    assert [truth('use_sim_time', text) for text in ('true', 'True', '1')] == [True] * 3
    assert [truth('use_sim_time', text) for text in ('false', 'FALSE', '0')] == [False] * 3
    with pytest.raises(ConfigError, match="use_sim_time must be true or false, got 'yes'"):
        truth('use_sim_time', 'yes')


def test_arguments_set_parameters_that_exist():
    settings = {path for path, _, _ in Config().items()}
    assert set(PARAMETERS.values()) - settings == {'use_sim_time'}
