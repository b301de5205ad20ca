# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import dataclasses

import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError


def test_every_setting_is_described_and_its_default_allowed():
    for path, entry, value in Config().items():
        assert len(entry.metadata['description']) > 10, path
        if value == value:  # NaN stands for unknown and has no range
            assert Config().replace(path, value) == Config()
    unknown = Config().replace('node.altitude_m', float('nan'))
    assert (unknown, hash(unknown)) == (Config(), hash(Config()))
    assert Config().replace('node.altitude_m', 1.0) != Config()


def test_names_of_aerial_map_retrieval_are_understood():
    config = Config.from_dict(
        {
            'model': {'name': 'dinov2_vitg14', 'layer': 31, 'vocab_path': 'c.pt', 'device': 'cpu'},
            'preprocessing': {'target_size': 896, 'patch_size': 14},
            'retrieval': {'use_gpu': False},
        }
    )
    assert config.model.name == 'dinov2_vitg14'
    assert config.model.layer == 31
    assert config.vlad.vocabulary == 'c.pt'
    assert config.preprocess.max_side == 896
    assert config.retrieval.backend == 'faiss-cpu'


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'retrieval': {'top_k': 0}}, 'retrieval.top_k must be 1 to 1000, got 0'),
        ({'retrieval': {'top_k': 2.5}}, 'retrieval.top_k must be a whole number, got 2.5'),
        ({'retrieval': {'top_k': True}}, 'retrieval.top_k must be a whole number, got True'),
        (
            {'model': {'facet': 'values'}},
            "model.facet must be one of auto, query, key, value, token, got 'values'",
        ),
        ({'model': {'nmae': 'x'}}, "unknown setting 'model.nmae'"),
        ({'modle': {'name': 'x'}}, "unknown setting 'modle.name'"),
        ({'model': 'dinov2'}, "config section 'model' must hold name: value pairs, got 'dinov2'"),
        ({'preprocessing': {'patch_size': 16}}, 'patch_size must be 14, got 16'),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(values, message):
    with pytest.raises(ConfigError, match=message):
        Config.from_dict(values)


def test_a_setting_that_was_renamed_is_still_taken():
    config = Config.from_dict({'track': {'vertical_sigma_m': 30.0}})
    assert config.position.vertical_sigma_m == 30.0


def test_a_whole_number_is_a_fine_float_and_the_config_is_immutable():
    config = Config().replace('position.vertical_sigma_m', 50)
    assert config.position.vertical_sigma_m == 50.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.position.vertical_sigma_m = 1.0
