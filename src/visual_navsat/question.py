# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is asked of a map about one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from visual_navsat.config import Config
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.expected_view import ExpectedView, GuessedView
from visual_navsat.localization.height_over_ground import seen_from, view_over_ground
from visual_navsat.localization.locate import is_sure
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.position_model import load_position_model, PositionModel
from visual_navsat.localization.prior import Prior


@dataclass(frozen=True)
class Question:
    """What is asked of a map: all that stays the same from step to step."""

    loaded_map: LoadedMap
    config: Config
    view: View
    top_k: int | None
    prior: Prior | None
    track_prior: Prior | None
    # Where over the terrain its centre may be, if its altitude gives the height over ground.
    where: Region | None = None
    guessed: GuessedView | None = None  # what of the view is expected and not known

    @property
    def listed(self) -> int:
        """How many tiles and candidates are listed."""
        return self.config.retrieval.top_k if self.top_k is None else self.top_k

    @property
    def model(self) -> PositionModel:
        """Return what turns evidence into probabilities."""
        off_map = self.config.position.off_map_share
        if self.guessed is not None:
            # A photo that shows the map at another heading looks like one that shows none of it.
            off_map = 1.0 - (1.0 - off_map) * (1.0 - self.guessed.left_out)
        return load_position_model().with_off_map_share(off_map)

    @property
    def is_heading_guessed(self) -> bool:
        """Return whether the heading is expected and not known."""
        return self.guessed is not None and self.guessed.is_heading_guessed

    @property
    def is_scale_guessed(self) -> bool:
        """Return whether the scale is expected and not known."""
        return self.guessed is not None and self.guessed.is_scale_guessed

    def is_sure_of(self, matches: Sequence[MapMatch]) -> bool:
        """Return whether the best of some matches would be published."""
        return is_sure(matches, self.model, self.config.position)

    def guessing(self, expected: ExpectedView) -> Question | None:
        """Return the question with what is expected of the view; None where all is known."""
        guessed = GuessedView.of(self.view, expected)
        if guessed is None or not self.loaded_map.areas:  # tiles alone say nothing of a heading
            return None
        return replace(self, view=guessed.view, guessed=guessed)

    def over_ground(self) -> Question:
        """Return the question with the photo's height over the ground where it may be."""
        terrain = self.loaded_map.terrain
        if terrain is None:
            return self
        if self.prior is None:
            where = self.loaded_map.region.reframed(self.loaded_map.frame, terrain.frame)
        else:
            vehicle = Region.union(self.prior.regions_in(terrain.frame))
            where = seen_from(self.view, terrain, vehicle)
        view = view_over_ground(self.view, terrain, where)
        return self if view is None else replace(self, view=view, where=where)
