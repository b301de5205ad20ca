"""config/ and launch/ against config.py, without ROS."""

import ast
import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import yaml

from visual_navsat.config import Config

REPOSITORY = Path(__file__).resolve().parents[1]


def test_localizer_yaml_lists_every_setting_in_order_with_its_default():
    text = (REPOSITORY / 'config/localizer.yaml').read_text()
    sections = yaml.safe_load(text)['/**']['ros__parameters']
    listed = [
        (f'{section}.{name}', value)
        for section, entries in sections.items()
        for name, value in entries.items()
    ]
    expected = [(path, default) for path, _, default in Config().items()]
    assert [path for path, _ in listed] == [path for path, _ in expected]
    for (path, value), (_, default) in zip(listed, expected, strict=True):
        both_nan = default != default and math.isnan(value)
        # rclpy refuses a whole number for a float parameter, so the type counts as well.
        assert (type(value), value) == (type(default), default) or both_nan, path


def test_localizer_yaml_explains_every_setting_and_names_its_unit():
    lines = (REPOSITORY / 'config/localizer.yaml').read_text().splitlines()
    for path, field, _ in Config().items():
        name, unit = path.split('.')[1], field.metadata['unit']
        at = next(i for i, line in enumerate(lines) if line.strip().startswith(f'{name}:'))
        comment = lines[at - 1].strip() + ' ' + lines[at - 2].strip()
        assert lines[at - 1].strip().startswith('#'), path
        assert re.search(rf'(?<!\w){unit}(?!\w)', comment), path


def test_large_image_profile_replaces_the_small_shared_memory_segment():
    root = ElementTree.parse(REPOSITORY / 'config/fastdds_large_images.xml').getroot()
    space = {'dds': root.tag[1:].partition('}')[0]}
    transports = {
        entry.find('dds:transport_id', space).text: entry
        for entry in root.iterfind('.//dds:transport_descriptor', space)
    }
    used = [entry.text for entry in root.iterfind('.//dds:userTransports/*', space)]
    kinds = {name: transports[name].find('dds:type', space).text for name in used}
    assert sorted(kinds.values()) == ['SHM', 'UDPv4']
    shared_memory = next(transports[name] for name, kind in kinds.items() if kind == 'SHM')
    assert shared_memory.find('dds:segment_size', space).text == str(128 * 2**20)
    assert shared_memory.find('dds:port_queue_capacity', space).text == '2048'
    assert root.find('.//dds:useBuiltinTransports', space).text == 'false'


def test_launch_file_declares_its_arguments_and_relative_topics():
    tree = ast.parse((REPOSITORY / 'launch/localizer.launch.py').read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    declared = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == 'DeclareLaunchArgument'
    }
    assert declared == {'map', 'model', 'image_topic', 'namespace', 'params_file'}
    read = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == 'LaunchConfiguration'
    }
    assert read == declared
    settings = {path for path, _, _ in Config().items()}
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {'node.map', 'model.name'} <= constants & settings
    assert {'image', 'image/compressed'} <= constants
