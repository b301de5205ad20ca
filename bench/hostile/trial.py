# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ask the localizer about one hostile image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import traceback
from typing import Any

from bench.hostile.kinds import KINDS
from bench.hostile.scene import Scene
import numpy as np
from PIL import Image
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation.scored_answer import FALSE_FIX_ERROR_M
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.position import Refusal


@dataclass(frozen=True)
class Outcome:
    """What became of one image."""

    kind: str
    number: int
    said: str  # 'fix', the reason of a refusal, or the name of an error
    detail: str = ''
    error_m: float | None = None  # of a fix, to the nearest place that the image shows
    probability: float | None = None
    on_map: bool = False

    @property
    def is_false(self) -> bool:
        """Whether a fix was published of another place."""
        return self.said == 'fix' and (self.error_m is None or self.error_m > FALSE_FIX_ERROR_M)

    @property
    def is_fault(self) -> bool:
        """Whether an exception was none of ours."""
        return self.said.startswith('fault')


_OPENED: dict[Path, tuple[LoadedMap, Scene]] = {}  # of this process


def try_image(task: tuple[Path, str, int, int, Path | None]) -> Outcome:
    """Make an image and answer it; ``task``: index, kind, number, seed, folder for false ones."""
    index, name, number, first_seed, pictures = task
    if index not in _OPENED:
        _OPENED[index] = LoadedMap.open(index, Config()), Scene()
    loaded_map, scene = _OPENED[index]
    rng = np.random.default_rng([first_seed, list(KINDS).index(name), number])
    places: tuple[tuple[float, float], ...] = ()

    def outcome(said: str, detail: str = '', **values: Any) -> Outcome:
        return Outcome(name, number, said, detail, on_map=bool(places), **values)

    try:
        hostile = KINDS[name][1](scene, rng)  # what is told of it may be refused already
        places = hostile.places
        answer = query(loaded_map, Config(), hostile.image, hostile.view)
    except VisualNavsatError as error:
        return outcome(type(error).__name__, str(error))
    except Exception:
        return outcome('fault', traceback.format_exc())
    position = answer.center
    if position is None or isinstance(position, Refusal):
        reason = answer.position.reason if isinstance(answer.position, Refusal) else ''
        return outcome(reason)
    errors_m = [position.distance_m(*place) for place in places]
    found = outcome('fix', error_m=min(errors_m, default=None), probability=answer.confidence)
    if found.is_false and pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        Image.fromarray(hostile.image).save(pictures / f'{name}_{number}.png')
    return found
