# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The model that the settings of the service name."""

from __future__ import annotations

from visual_navsat.errors import ConfigError
from visual_navsat.features.describer import ImageDescriber, make_describer
from visual_navsat.features.model_zoo import EMBEDDED_MODEL
from visual_navsat.service.settings import Settings


def load_describer(settings: Settings) -> ImageDescriber:
    """
    Return what describes images for a library.

    :raises ConfigError: if a model is named without its vocabulary, or VLAD_CLUSTERS or
        VLAD_DESC_DIM are not those of the vocabulary.
    :raises ModelError: if weights or vocabulary are missing or damaged.
    """
    if settings.dino_model not in ('', EMBEDDED_MODEL) and not settings.vlad_vocabulary:
        raise ConfigError(
            f'DINO_MODEL {settings.dino_model} comes without a vocabulary: set VLAD_VOCABULARY to '
            'its c_centers.pt, or to vocabulary.npy of a map that build-map made with it'
        )
    describer = make_describer(settings.config())
    centres, dimension = describer.aggregator.vocabulary.shape
    for name, asked, found in (
        ('VLAD_CLUSTERS', settings.vlad_clusters, centres),
        ('VLAD_DESC_DIM', settings.vlad_desc_dim, dimension),
    ):
        if asked is not None and asked != found:
            raise ConfigError(
                f'{name} is {asked}, the vocabulary has {found}: set it to match, or set '
                'VLAD_VOCABULARY to another'
            )
    return describer
