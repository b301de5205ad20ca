# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The RViz config and the Foxglove layout name topics that the node has, read without ROS."""

import ast
import json
from pathlib import Path

from visual_navsat.config import Config
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
ROS = REPOSITORY / 'src/visual_navsat/ros'
# Which message each display and panel takes.
RVIZ_TYPES = {
    'MarkerArray': 'MarkerArray',
    'PoseWithCovariance': 'PoseWithCovarianceStamped',
    'Odometry': 'Odometry',
    'Image': 'Image',
}


def published() -> dict[str, str]:
    """Return the type of each topic that the node publishes, from its sources."""
    topics = {}
    for name in ('outputs.py', 'live_view.py'):
        for node in ast.walk(ast.parse((ROS / name).read_text())):
            match node:
                case ast.Tuple(elts=[ast.Name(id=kind), ast.Constant(value=str(topic))]):
                    topics[topic.replace('~', '/localizer')] = kind
    source = (ROS / 'localizer_node.py').read_text()
    assert "super().__init__('localizer')" in source
    publisher = (ROS / 'diagnostics_publisher.py').read_text()
    assert "create_publisher(DiagnosticArray, '/diagnostics'" in publisher
    return topics | {'/diagnostics': 'DiagnosticArray'}


def rviz() -> dict:
    return yaml.safe_load((REPOSITORY / 'config/localizer.rviz').read_text())


def layout() -> dict:
    return json.loads((REPOSITORY / 'config/foxglove_layout.json').read_text())


def test_rviz_shows_what_the_node_publishes_as_the_type_that_it_is():
    displays = rviz()['Visualization Manager']['Displays']
    shown = {
        display['Topic']['Value']: display['Class'].split('/')[1]
        for display in displays
        if 'Topic' in display
    }
    assert {'/localizer/markers', '/localizer/pose', '/localizer/debug_image'} <= set(shown)
    for topic, display in shown.items():
        assert published()[topic] == RVIZ_TYPES[display], topic


def test_rviz_looks_at_the_frame_of_the_map_and_gives_a_prior():
    manager = rviz()['Visualization Manager']
    assert manager['Global Options']['Fixed Frame'] == Config().node.map_frame_id
    (prior,) = (tool for tool in manager['Tools'] if tool['Class'].endswith('SetInitialPose'))
    assert prior['Topic']['Value'] == '/initialpose'


def test_rviz_shows_every_kind_of_marker():
    (markers,) = (
        display
        for display in rviz()['Visualization Manager']['Displays']
        if display['Class'].endswith('/MarkerArray')
    )
    drawn = {
        call.args[1].value
        for call in ast.walk(ast.parse((ROS / 'markers.py').read_text()))
        if isinstance(call, ast.Call)
        and getattr(call.func, 'id', '') in ('_marker', '_outline')
        and isinstance(call.args[1], ast.Constant)
    }
    assert set(markers['Namespaces']) == drawn | {'fix', 'fix_tracked'}


def test_foxglove_shows_what_the_node_publishes():
    panels = layout()['configById']
    topics = {
        *panels['3D!ground']['topics'],
        panels['map!fixes']['followTopic'],
        *panels['map!fixes']['topicColors'],
        panels['Image!answer']['imageMode']['imageTopic'],
        *(panel['topicToRender'] for panel in panels.values() if 'topicToRender' in panel),
        *(panel['topicPath'] for panel in panels.values() if 'topicPath' in panel),
    }
    assert topics <= set(published())
    assert topics == {
        '/diagnostics',
        *(f'/localizer/{name}' for name in ('fix', 'fix_tracked', 'candidates', 'markers',
                                            'pose', 'debug_image')),
    }  # fmt: skip


def test_foxglove_places_every_panel_once():
    def leaves(node):
        return [node] if isinstance(node, str) else leaves(node['first']) + leaves(node['second'])

    panels = leaves(layout()['layout'])
    assert sorted(panels) == sorted(layout()['configById'])
    assert layout()['configById']['3D!ground']['followTf'] == Config().node.map_frame_id
