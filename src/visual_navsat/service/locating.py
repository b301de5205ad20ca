# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a photo was taken, as the service answers it: the answer of locate, and its footprint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from visual_navsat.config import Config
from visual_navsat.engine import query
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.evaluation.write_table import answer_values
from visual_navsat.geometry.camera import ground_from_pixel
from visual_navsat.geometry.geodesy import LocalFrame, wrap_long
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.photo_knowledge import Knowledge, UnusedMetadata
from visual_navsat.photo_metadata import PhotoMetadata
from visual_navsat.service.intake import decode
from visual_navsat.service.map_shelf import ServedMap


def locate_photo(
    served: ServedMap,
    config: Config,
    path: Path,
    given: Knowledge,
    photo: PhotoMetadata,
    name: str,
    top_k: int | None = None,
) -> dict[str, Any]:
    """
    Return the answer to a photo, as plain values.

    To be called in the model's thread.

    :param given: what is known of it; its metadata complete the rest, as ``locate`` does.
    :raises ImageError: if the photo cannot be read.
    """
    view = given.completed_by(photo).view(photo)
    pixels = decode(path, name)
    answer = query(served.loaded_map, config, pixels, view, top_k=top_k)
    values = _values(answer, name)
    values.update(
        map=served.name,
        confidence=answer.confidence,
        heading_deg=answer.heading_deg,
        gsd_m_per_px=None,
        footprint=None,
        notes=UnusedMetadata().of(photo),
    )
    if answer.is_fix and answer.candidates and answer.candidates[0].is_verified:
        pose = PhotoPose.of(answer.candidates[0])
        view = answer.view or view  # as it was looked for
        nadir = look_down(pixels, view)
        values['gsd_m_per_px'] = pose.gsd_m_per_px
        if nadir is not None:
            values['footprint'] = _polygon(pose, photo_corners_m(nadir, view, pose))
    return values


def geojson_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer of :func:`locate_photo` as GeoJSON: the fix, and its footprint."""
    properties = {key: value for key, value in answer.items() if key != 'footprint'}
    place = properties.pop('longitude'), properties.pop('latitude')
    point = None if None in place else {'type': 'Point', 'coordinates': list(place)}
    features = [{'type': 'Feature', 'geometry': point, 'properties': properties}]
    if answer['footprint'] is not None:
        kind = {'kind': 'footprint', 'image': answer['image']}
        features.append({'type': 'Feature', 'geometry': answer['footprint'], 'properties': kind})
    return {'type': 'FeatureCollection', 'features': features}


def photo_corners_m(nadir: NadirImage, view: View, pose: PhotoPose) -> np.ndarray:
    """
    Return (4, 2) metres east and north of the photo's corners from the ground under its centre.

    Top left first, then clockwise, as the photo was found on the map.
    """
    heading_deg, gsd = nadir.view.heading_deg, nadir.view.gsd_m_per_px
    camera, rotation, height_m = view.camera, view.enu_from_camera, view.height_agl_m
    if nadir.mask is not None and camera is not None and rotation is not None and height_m:
        right, low = camera.width - 0.5, camera.height - 0.5
        middle = [right / 2 - 0.25, low / 2 - 0.25]
        pixels = np.array([middle, [-0.5, -0.5], [right, -0.5], [right, low], [-0.5, low]])
        ground = ground_from_pixel(camera, rotation, height_m)
        rays = np.column_stack([pixels, np.ones(5)]) @ ground.T
        if (np.sign(rays[:, 2]) == np.sign(rays[0, 2])).all() and heading_deg is not None and gsd:
            points = rays[:, :2] / rays[:, 2:]
            turn = np.radians(pose.heading_deg - heading_deg)
            clockwise = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
            return (points[1:] - points[0]) @ clockwise.T * (pose.gsd_m_per_px / gsd)
    height, width = nadir.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
    return nadir.ground_from_pixel(corners, pose.heading_deg, pose.gsd_m_per_px)


def _values(answer: Answer, name: str) -> dict[str, Any]:
    scored = ScoredAnswer.of(answer, None)
    values = answer_values(scored)
    values.pop('photo_gnss')  # a position of EXIF is not given out here
    values['image'] = name
    return values


def _polygon(pose: PhotoPose, corners_m: np.ndarray) -> dict[str, Any]:
    """Return a GeoJSON polygon of corners around the photo's centre."""
    lats, longs = LocalFrame(*pose.center).geodetic_from_enu(corners_m)
    ring = [
        [round(float(wrap_long(long)), 8), round(float(lat), 8)]
        for lat, long in zip(lats, longs, strict=True)
    ]
    return {'type': 'Polygon', 'coordinates': [[*ring, ring[0]]]}
