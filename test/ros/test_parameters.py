# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""ROS parameters against the one list of settings."""

import math

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from visual_navsat.config import Config
from visual_navsat.ros.parameters import declare_parameters, explain_rejection, read_config


@pytest.fixture
def make_node():
    context = Context()
    nodes = []

    def make(*arguments):
        if not context.ok():
            rclpy.init(context=context)
        node = Node('parameters', context=context, cli_args=['--ros-args', *arguments])
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown(context=context)


def test_every_setting_is_a_parameter_with_its_default_and_range(make_node):
    node = make_node()
    declare_parameters(node)
    for path, field, default in Config().items():
        descriptor = node.describe_parameter(path)
        value = node.get_parameter(path).value
        assert value == default or (math.isnan(value) and math.isnan(default)), path
        assert descriptor.description.startswith(field.metadata['description'])
        assert field.metadata['unit'] in descriptor.description
        ranges = [*descriptor.integer_range, *descriptor.floating_point_range]
        limits = [(entry.from_value, entry.to_value) for entry in ranges]
        low = field.metadata['low']
        assert limits == ([] if low is None else [(low, field.metadata['high'])]), path
        for choice in field.metadata['choices']:
            assert choice in descriptor.additional_constraints


def test_overrides_are_read_back_as_config(make_node):
    node = make_node('-p', 'retrieval.top_k:=3', '-p', 'node.altitude_m:=0.0')
    declare_parameters(node)
    config = read_config(node)
    assert (config.retrieval.top_k, config.node.altitude_m) == (3, 0.0)
    assert config.position == Config().position


@pytest.mark.parametrize(
    ('name', 'value', 'words'),
    [
        ('retrieval.top_k', 0, 'retrieval.top_k must be 1 to 1000, got 0'),
        ('model.facet', 'keys', 'must be one of auto, query, key, value, token'),
        ('node.gsd_m_per_px', math.nan, 'node.gsd_m_per_px must be 0.0 to 100.0, got nan'),
        ('node.altitude_m', math.nan, ''),
        ('model.facet', 'key', ''),
        ('use_sim_time', 'not ours to judge', ''),
    ],
)
def test_wrong_value_is_explained(name, value, words):
    reason = explain_rejection([Parameter(name, value=value)], 'unconfigured')
    assert words in reason
    assert bool(words) == bool(reason)


def test_what_takes_effect_in_configure_waits_for_it():
    parameters = [Parameter('retrieval.top_k', value=3)]
    assert 'clean up first' in explain_rejection(parameters, 'active')
    assert explain_rejection(parameters, 'unconfigured') == ''


def test_a_parameter_that_was_renamed_is_still_taken(make_node):
    node = make_node('-p', 'track.vertical_sigma_m:=30.0')
    declare_parameters(node)
    assert read_config(node).position.vertical_sigma_m == 30.0


def test_value_out_of_range_is_rejected_by_the_descriptor_too(make_node):
    node = make_node()
    declare_parameters(node)
    nan = [Parameter('node.gsd_m_per_px', value=math.nan)]
    assert not node.set_parameters(nan)[0].successful
    assert not node.set_parameters([Parameter('retrieval.top_k', value=0)])[0].successful
