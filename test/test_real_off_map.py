# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import json

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.real_off_map import map_of, run_photo
from bench.trial_runs import read_trials
from makers import make_ground
import numpy as np
from PIL import Image
from visual_navsat.localization.map_match import FEATURES


def test_photos_are_looked_for_on_orthophotos_of_other_ground(tmp_path):
    orthophotos, photo = tmp_path / 'orthophotos', tmp_path / 'photo.png'
    orthophotos.mkdir()
    for number in range(7):  # two rows of three, and one that fills none
        ground = make_ground(500, box_px=(8, 60), seed=number)
        Image.fromarray(ground).save(orthophotos / f'{number}.png')
    Image.fromarray(make_ground(640, box_px=(8, 60), seed=99)[:480]).save(photo)
    area = map_of(orthophotos, 0.2)
    assert area.levels[0].grid.shape == (2 * 200, 3 * 200)
    trials = run_photo((5, photo), orthophotos, 0.2)
    assert [trial.photo for trial in trials] == [10, 11]
    assert not any(trial.on_map for trial in trials)
    names = [set(trial.attempts) for trial in trials]
    assert 'part' in names[0] and 'part' not in names[1]
    for trial in trials:
        for attempt in trial.attempts.values():
            assert len(attempt.features) == len(FEATURES)
            assert np.hypot(*attempt.error_enu_m) > 1e5
    file = tmp_path / 'trials.json'
    file.write_text(json.dumps([trial.to_json() for trial in trials]))
    assert read_trials(file) == trials
