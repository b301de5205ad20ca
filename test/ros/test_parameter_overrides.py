# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Parameters that were set from outside and have no effect."""

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from visual_navsat.ros.parameter_overrides import (
    parameter_files,
    unheard_file,
    unknown_parameter,
    warn_of_unknown_parameters,
)
from visual_navsat.ros.parameters import declare_parameters, read_config, SETTINGS


@pytest.mark.parametrize(
    ('name', 'meant'),
    [
        ('node.maps', 'node.map'),
        ('map', 'node.map'),
        ('top_k', 'retrieval.top_k'),
        ('retreival.top_k', 'retrieval.top_k'),
        ('position.max_speed_m_per_s', 'track.max_speed_m_per_s'),
        ('node.gsd_m_per_pixel', 'node.gsd_m_per_px'),
    ],
)
def test_an_unknown_parameter_is_named_with_the_one_that_was_meant(name, meant):
    assert unknown_parameter(name, SETTINGS) == (
        f'there is no parameter {name}: did you mean {meant}? It has no effect'
    )


class Lines(list):
    """A logger that keeps its lines."""

    warning = list.append


@pytest.fixture
def make_node(monkeypatch):
    context = Context()
    rclpy.init(context=context)
    nodes = []

    def make(*arguments, namespace=''):
        arguments = ['--ros-args', *arguments]
        node = Node('localizer', context=context, cli_args=arguments, namespace=namespace)
        nodes.append(node)
        declare_parameters(node)
        lines = Lines()
        monkeypatch.setattr(node, 'get_logger', lambda: lines)
        warn_of_unknown_parameters(node, arguments)
        return node, lines

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def test_each_unknown_key_of_a_file_is_said_once(make_node, tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text(
        '/**:\n  ros__parameters:\n    node: {maps: a, altitude_m: 0.0}\n    use_sim_time: true\n'
        '    qos_overrides: {/image: {subscription: {depth: 2}}}\n'
    )
    _, lines = make_node('--params-file', str(path), '-p', 'top_k:=3')
    assert sorted(line.partition(':')[0] for line in lines) == [
        'there is no parameter node.maps',
        'there is no parameter top_k',
    ]


def test_nothing_is_said_of_known_ones_and_of_names_of_old(make_node):
    _, lines = make_node('-p', 'retrieval.top_k:=3', '-p', 'track.vertical_sigma_m:=30.0')
    assert lines == []


def test_a_home_folder_is_expanded(make_node, monkeypatch):
    monkeypatch.setenv('HOME', '/home/of/mine')
    node, _ = make_node('-p', 'node.map:=~/map', '-p', 'model.checkpoint:=~/model.pth')
    config = read_config(node)
    assert config.node.map == '/home/of/mine/map'
    assert config.model.checkpoint == '/home/of/mine/model.pth'


# As rclpy takes them: see what a node in each namespace reads from such a file.
@pytest.mark.parametrize(
    ('key', 'heard_in'),
    [
        ('/**', {'', 'uav1', 'a/uav1'}),
        ('localizer', {''}),
        ('/localizer', {''}),
        ('/uav1/localizer', {'uav1'}),
        ('uav1/localizer', {'uav1'}),
        ('/**/localizer', {'', 'uav1', 'a/uav1'}),
        ('/*/localizer', {'uav1'}),
        ('/uav1/*', {'uav1'}),
        ('visual_navsat', set()),
    ],
)
def test_a_file_for_another_node_is_said(make_node, tmp_path, key, heard_in):
    path = tmp_path / 'mine.yaml'
    path.write_text(f'{key}:\n  ros__parameters:\n    retrieval: {{top_k: 7}}\n')
    for namespace in ('', 'uav1', 'a/uav1'):
        node, lines = make_node('--params-file', str(path), namespace=namespace)
        is_heard = namespace in heard_in
        assert (read_config(node).retrieval.top_k == 7) == is_heard, namespace
        assert bool(lines) != is_heard
        if lines:
            name = node.get_fully_qualified_name()
            assert f'no parameters for the node {name}, only for ' in lines[0]
            assert f'name it {name}, or /** for any node' in lines[0]


def test_a_node_nested_in_its_namespace_is_heard(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('uav1:\n  localizer:\n    ros__parameters: {a: 1}\n')
    assert unheard_file(str(path), '/uav1/localizer') == ''
    assert unheard_file(str(path), '/localizer')


def test_files_are_those_behind_their_flag():
    arguments = ['node', '--ros-args', '--params-file', 'a', '-p', 'x:=1', '--params-file', 'b']
    assert parameter_files(arguments) == ['a', 'b']
    assert parameter_files(['--params-file']) == []
