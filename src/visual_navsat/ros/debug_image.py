# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A query image beside its match on the map, with the answer as text, for people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.localization.position import PositionEstimate, Refusal, SIGMAS_95
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map

PANEL_PX = 640  # longer side of either picture
_LINES = 6
_BAR_PX = 24  # height of a line of text
_GREY = (60, 60, 60)
_COLOURS = ((255, 80, 60), (255, 190, 40), (90, 220, 70), (60, 200, 255), (120, 120, 255),
            (255, 110, 230))  # fmt: skip


def draw_answer(photo: NadirImage, answer: Answer, imagery: MapImagery) -> np.ndarray:
    """
    Return a picture of an answer.

    To the left the photo as seen from straight above; to the right the map where the photo fits
    best, turned and scaled as the photo, or the best tile where correlation placed nothing. Each
    line joins a point of the photo with the one that the answer says is the same: where they show
    two different things, the answer is wrong.

    :param photo: the query image, after ``look_down``.
    :return: (H, W, 3) uint8 RGB.
    """
    height, width = photo.image.shape[:2]
    scale = PANEL_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    query = cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA)
    if photo.mask is not None:
        ground = cv2.resize(photo.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        query[ground == 0] = _GREY
    match, what = _match(answer, imagery, width / size[0], size)
    picture = np.hstack([query, _blank(size) if match is None else match])
    if match is not None and answer.best_match is not None:
        _draw_lines(picture, query)
    lines = [_describe(answer.position), what]
    if answer.tracked is not None:
        lines.append(f'track: {_position(answer.tracked)}')
    return np.vstack([picture, *(_text(line, picture.shape[1]) for line in lines)])


def _match(
    answer: Answer, imagery: MapImagery, shrunk_by: float, size: tuple[int, int]
) -> tuple[np.ndarray | None, str]:
    """Return the map's side of the picture, and what it shows."""
    place = answer.best_match
    if place is not None:
        pose = PhotoPose.of(place)
        gsd = pose.gsd_m_per_px
        crop = crop_map(imagery, pose.center, pose.heading_deg, gsd * shrunk_by, size)
        what = f'heading {pose.heading_deg:.1f} deg, {gsd:.3f} m/px, found by {answer.found_by}'
    elif answer.ranked_tiles:
        best = answer.ranked_tiles[0]
        tile = imagery.look(best.tile_metadata)
        crop = None if tile is None else _fit(tile.pixels, size)
        what = f'best tile {best.tile_metadata.filename}, similarity {best.similarity_score:.3f}'
    else:
        return None, 'nothing on the map matches'
    return crop, what if crop is not None else f'{what}; the imagery of the map is not at hand'


def _describe(position: PositionEstimate | Refusal) -> str:
    if isinstance(position, Refusal):
        return f'no fix, {position.reason}: {position.detail}'
    return f'fix: {_position(position)}'


def _position(position: PositionEstimate | Refusal) -> str:
    if isinstance(position, Refusal):
        return f'{position.reason}, {position.detail}'
    sigma_m = position.axes_95_m[0] / SIGMAS_95
    return f'{position.latitude:.6f}, {position.longitude:.6f}, sigma {sigma_m:.1f} m'


def _draw_lines(picture: np.ndarray, query: np.ndarray) -> None:
    """Join what is the same ground in both halves of a picture."""
    thickness = max(1, picture.shape[0] // 300)
    offset = np.array([query.shape[1], 0])
    for number, point in enumerate(_landmarks(query)):
        colour = _COLOURS[number % len(_COLOURS)]
        ends = tuple(point), tuple(point + offset)
        cv2.line(picture, *ends, colour, thickness, cv2.LINE_AA)
        for end in ends:
            cv2.circle(picture, end, 4 * thickness, colour, thickness, cv2.LINE_AA)


def _landmarks(query: np.ndarray) -> Sequence[np.ndarray]:
    """Return (2,) column and row of a few corners that the eye finds again, far apart."""
    grey = cv2.cvtColor(query, cv2.COLOR_RGB2GRAY)
    apart_px = max(query.shape[:2]) / _LINES
    # Over blocks as large as a car or a chimney: finer corners are noise to the map.
    corners = cv2.goodFeaturesToTrack(
        cv2.GaussianBlur(grey, (0, 0), 2), _LINES, 0.05, apart_px, blockSize=9
    )
    return () if corners is None else corners[:, 0].round().astype(int)


def _fit(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image at its own aspect in the middle of a panel."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    small = cv2.resize(
        image,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA,
    )
    panel = _blank(size)
    left, top = (size[0] - small.shape[1]) // 2, (size[1] - small.shape[0]) // 2
    panel[top:, left:][: small.shape[0], : small.shape[1]] = small
    return panel


def _blank(size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), _GREY, np.uint8)


def _text(line: str, width: int) -> np.ndarray:
    """Return a line of text on a bar, cut where it is too long to be read."""
    bar = np.full((_BAR_PX, width, 3), 20, np.uint8)
    font, scale, margin = cv2.FONT_HERSHEY_SIMPLEX, 0.5, 6
    text = line = line.encode('ascii', 'replace').decode()  # the font knows no more
    while cv2.getTextSize(text, font, scale, 1)[0][0] > width - 2 * margin:
        line = line[:-1]
        text = f'{line}...'
    cv2.putText(bar, text, (margin, 17), font, scale, (235, 235, 235), 1, cv2.LINE_AA)
    return bar
