# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The SHA-256 of the official weights: whatever else arrives under their name is refused."""

from __future__ import annotations

from pathlib import Path

from visual_navsat.errors import ModelError
from visual_navsat.features.model_zoo import ModelSpec

# Of the files at dl.fbaipublicfiles.com/dinov2, as several public projects have recorded them
# independently of each other.
OFFICIAL_SHA256 = {
    'dinov2_vits14': 'b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9',
    'dinov2_vitb14': '0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73',
    'dinov2_vitl14': 'd5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428',
    'dinov2_vitg14': 'baf8467e50af277596bbbafa06887c177ee899ab46033649c383577d7e9309d3',
    'dinov2_vits14_reg': 'f433177089a681826f849f194ece3bb48f4d63fb38d32fc837e3dc7a4e5641fb',
    'dinov2_vitb14_reg': '73182a088cf94833c94b1666d1c99e02fe87e2007bff57b564fb6206e25dba71',
    'dinov2_vitl14_reg': '36e4deffbaef061a2576705b0c36f93621e2ae20bf6274694821b0b492551b51',
    'dinov2_vitg14_reg': '746ecb8c6301c645c5c855be91687d274587d6e48fdaec4a729753160b34a283',
}


def check_official(spec: ModelSpec, sha256: str, source: Path | str) -> None:
    """Raise ModelError if a file that claims to be a model's official weights is another."""
    official = OFFICIAL_SHA256.get(spec.name, sha256)
    if sha256 != official:
        raise ModelError(
            f'{source} has SHA-256 {sha256}, the official weights of {spec.name} have {official}: '
            'delete it and fetch again; weights of your own are named with model.checkpoint'
        )
