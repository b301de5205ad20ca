# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an image's similarity to every tile of the map says about where it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from visual_navsat.files import read_package_json
from visual_navsat.retrieval.background import background_sigma

_MODEL_FILE = 'tile_model.json'  # beside this file


@dataclass(frozen=True)
class TileModel:
    """
    How probable similarities make each tile, fitted on procedural worlds by bench/fit_tiles.py.

    For a share ``informative`` of images the probability of a tile is proportional to
    exp(``slope`` * standout), where the standout is its similarity above the map's median in
    standard deviations of the map; the other images say nothing.
    """

    slope: float
    informative: float

    def probabilities(self, similarities: np.ndarray) -> np.ndarray:
        """Return (N,) probabilities of the tiles; their sum is ``informative``."""
        return self.of_standouts(standouts(similarities))

    def of_standouts(self, sigmas: np.ndarray) -> np.ndarray:
        """Return the same for (N,) similarities in sigmas above the map."""
        exponents = self.slope * sigmas
        weights = np.exp(exponents - exponents.max())
        return self.informative * weights / weights.sum()


@dataclass(frozen=True)
class TileEvidence:
    """Where each tile of the map is, and how probable one image makes it."""

    boxes_enu_m: np.ndarray  # (N, 4) west, south, east, north
    probabilities: np.ndarray  # (N,); 1 less their sum is that the image says nothing

    @property
    def likelihoods(self) -> np.ndarray:
        """(N,) likelihood of the image from each tile; 1 if it says nothing."""
        rest = 1.0 - self.probabilities.sum()
        return rest + len(self.probabilities) * self.probabilities

    @property
    def best_place_m(self) -> np.ndarray:
        """(2,) centre of the most probable tile."""
        west, south, east, north = self.boxes_enu_m[self.probabilities.argmax()]
        return np.array([(west + east) / 2, (south + north) / 2])


def standouts(similarities: np.ndarray) -> np.ndarray:
    """Return (N,) sigmas by which each similarity stands above the map as a whole."""
    sigma = max(background_sigma(similarities), 1e-6)
    return (similarities - np.median(similarities)) / sigma


@cache
def load_tile_model(name: str = 'exact') -> TileModel:
    """
    Return a model that ships with the package; raise ConfigError if it is missing.

    :param name: of what similarities come from, ``ExactCode.tile_model``.
    """
    values = read_package_json(__package__, _MODEL_FILE)[name]
    return TileModel(values['slope'], values['informative'])
