# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Flags are made from config.py: defaults, then --config, then what was typed."""

import argparse

import pytest
from visual_navsat.cli.options import (
    add_config_arguments,
    add_photo_arguments,
    check_photo_arguments,
    config_from_args,
)
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError


def parse(*argv, sections=('model', 'vlad', 'retrieval')):
    parser = argparse.ArgumentParser()
    add_config_arguments(parser, sections)
    return config_from_args(parser.parse_args(argv))


def test_no_flags_are_the_defaults():
    assert parse() == Config()


def test_flags_of_every_type():
    config = parse('--model', 'dinov2_vits14', '--num-clusters', '8', '--temperature', '3')
    assert config.model.name == 'dinov2_vits14'
    assert config.vlad.num_clusters == 8
    assert config.vlad.temperature == 3.0
    assert parse('--assignment', 'soft').vlad.assignment == 'soft'
    assert parse('--autostart', sections=['node']).node.autostart
    assert not parse('--no-autostart', sections=['node']).node.autostart


def test_flags_override_the_file(tmp_path):
    (tmp_path / 'config.yaml').write_text('retrieval: {top_k: 3}\nvlad: {seed: 7}\n')
    config = parse('--config', str(tmp_path / 'config.yaml'), '--top-k', '5')
    assert (config.retrieval.top_k, config.vlad.seed) == (5, 7)


def test_several_files_and_those_of_the_node_are_taken_in_order(tmp_path):
    (tmp_path / 'a.yaml').write_text('retrieval: {top_k: 3}\nvlad: {seed: 7}\n')
    node = '/**:\n  ros__parameters:\n    retrieval: {top_k: 4}\n'
    (tmp_path / 'b.yaml').write_text(node)
    files = [str(tmp_path / name) for name in ('a.yaml', 'b.yaml')]
    config = parse('--config', files[0], '--config', files[1])
    assert (config.retrieval.top_k, config.vlad.seed) == (4, 7)


def test_single_settings_can_be_chosen(capsys):
    assert parse('--max-side', '280', sections=('preprocess.max_side',)).preprocess.max_side == 280
    with pytest.raises(SystemExit):
        parse('--num-rotations', '2', sections=('preprocess.max_side',))
    assert '--num-rotations' in capsys.readouterr().err


def test_help_says_unit_range_and_default(capsys):
    with pytest.raises(SystemExit):
        parse('--help', sections=('preprocess',))
    text = ' '.join(capsys.readouterr().out.split())
    assert 'Longer side after resizing' in text
    assert '(0 to 4096 px; default 0)' in text


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('retrieval: {top_k: 0}', 'retrieval.top_k must be 1 to 1000, got 0'),
        ('retrieval: {tok: 1}', 'retrieval.tok'),
        ('a: [', 'is not YAML'),
        ('just text', "got 'just text'"),
        ('/**: {ros__parameters: {retrieval: {tok: 1}}}', 'retrieval.tok'),
        ('/**: {ros__parameters: 1}', 'ros__parameters'),
    ],
)
def test_wrong_files_are_named(tmp_path, content, message):
    (tmp_path / 'config.yaml').write_text(content)
    with pytest.raises(ConfigError, match=message) as raised:
        parse('--config', str(tmp_path / 'config.yaml'))
    assert '\n' not in str(raised.value)


def test_values_out_of_range_and_missing_files(tmp_path):
    with pytest.raises(ConfigError, match='num_clusters must be 1 to 4096, got 0'):
        parse('--num-clusters', '0')
    with pytest.raises(ConfigError, match=r'cannot read --config .*none.yaml: No such file'):
        parse('--config', str(tmp_path / 'none.yaml'))
    (tmp_path / 'empty.yaml').write_text('')
    assert parse('--config', str(tmp_path / 'empty.yaml')) == Config()


def test_what_photos_are_known_by():
    parser = argparse.ArgumentParser()
    add_photo_arguments(parser)
    args = parser.parse_args([])
    assert (args.hfov_deg, args.no_exif) == (None, False)
    check_photo_arguments(args)
    check_photo_arguments(parser.parse_args(['--hfov-deg', '84']))
    for wrong in ('0', '180', 'nan'):
        with pytest.raises(ConfigError, match=f'--hfov-deg must be .* degrees, got {wrong}'):
            check_photo_arguments(parser.parse_args(['--hfov-deg', wrong]))
