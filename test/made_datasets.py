# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Small public data sets that nobody published: made-up ground in the layout of the real ones."""

import csv
from datetime import datetime, timedelta
import json
import math
from pathlib import Path

import cv2
from makers import looking_ahead, make_ground
import numpy as np
import pyproj
from scipy.spatial.transform import Rotation
from visual_navsat.geometry.camera import CameraModel, ground_from_pixel, nadir_enu_from_camera
from visual_navsat.geometry.geodesy import LocalFrame

SIDE_PX, MAP_GSD = 1400, 0.3  # of the ground that all of them show
FRAME = LocalFrame(32.2, 119.9)  # its origin is the ground's north-western corner
PHOTO_PX = (1000, 750)


def make_dataset_ground() -> np.ndarray:
    """Return (SIDE_PX, SIDE_PX, 3) uint8 RGB, north up."""
    return make_ground(SIDE_PX, box_px=(15, 110), seed=11)


def take_photo(
    ground: np.ndarray, east: float, south: float, heading_deg: float, gsd: float, size=PHOTO_PX
) -> np.ndarray:
    """
    Return what a camera sees that looks straight down.

    :param east: of the photo's centre from the ground's western edge, metres.
    :param south: from its northern edge.
    :param size: width and height, pixels.
    """
    scale, turn = gsd / MAP_GSD, math.radians(heading_deg)
    right, down = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    matrix = scale * np.array([[right[0], down[0], 0.0], [right[1], down[1], 0.0]])
    centre = np.array([east, south]) / MAP_GSD - 0.5
    matrix[:, 2] = centre - matrix[:, :2] @ (np.array(size) - 1) / 2
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(ground, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)


def place_of(east: float, south: float, frame: LocalFrame = FRAME) -> tuple[float, float]:
    """Return latitude and longitude of a place of the ground."""
    lat, long = frame.geodetic_from_enu([east, -south])
    return float(lat), float(long)


def write_image(path: Path, image: np.ndarray) -> Path:
    """Write an RGB image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[..., ::-1])
    return path


def write_rows(path: Path, header: str, rows) -> Path:
    """Write a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('w', newline='') as stream:
        csv.writer(stream).writerows([header.split(','), *rows])
    return path


# Of a flight of UAV-VisLoc: east, south and heading of each photo.
FLIGHT = ((150.0, 160.0, 25.0), (190.0, 230.0, 25.0), (270.0, 180.0, 205.0))
FLIGHT_GSD = 0.125


def make_uav_visloc(folder: Path) -> Path:
    """
    Write flight 03 with a whole map, and one photo of 09, whose map is in four pictures.

    The aircraft crabs by 40 degrees, its camera rolls by 4 and pitches by -1; it flies 20 m/s.
    """
    ground, half = make_dataset_ground(), SIDE_PX // 2
    north, west = place_of(0.0, 0.0)
    south, east = place_of(SIDE_PX * MAP_GSD, SIDE_PX * MAP_GSD)
    write_rows(
        folder / 'satellite_ coordinates_range.csv',
        'mapname,LT_lat_map,LT_lon_map,RB_lat_map,RB_lon_map,region',
        [[name, north, west, south, east, 'Nowhere'] for name in ('03.tif', 'satellite09.tif')],
    )
    write_image(folder / '03' / 'satellite03.tif', ground)
    for row, column in np.ndindex(2, 2):
        part = np.roll(ground, (-half * row, -half * column), (0, 1))[:half, :half]
        write_image(folder / '09' / f'satellite09_{row + 1:02d}-{column + 1:02d}.tif', part)
    for name in ('03', '09'):
        rows, moment, before = [], datetime(2018, 10, 5, 9, 0, 0), None
        for number, (east_m, south_m, heading) in enumerate(
            FLIGHT[: 3 if name == '03' else 1], start=1
        ):
            photo = f'{name}_{number:04d}.JPG'
            image = take_photo(ground, east_m, south_m, heading, FLIGHT_GSD)
            write_image(folder / name / 'drone' / photo, image)
            if before is not None:
                way = math.hypot(east_m - before[0], south_m - before[1])
                moment += timedelta(seconds=way / 20.0)
            before = (east_m, south_m)
            lat, long = place_of(east_m, south_m)
            course = heading + 40.0
            angles = (4.0, -1.0, heading - 360.0 * (heading > 180.0), course)
            rows.append([number, photo, moment.isoformat(), lat, long, 466.0, *angles])
        header = 'num,filename,date,lat,lon,height,Omega,Kappa,Phi1,Phi2'
        write_rows(folder / name / f'{name}.csv', header, rows)
    return folder


OHIO = LocalFrame(40.4, -80.2)
# East, south and the direction of flight; the image's up side is to the left of it.
HELICOPTER = ((160.0, 170.0, 70.0), (230.0, 180.0, 100.0))


def make_alto(folder: Path) -> Path:
    """Write a section of 9 references, 120 m wide, and queries that are turned."""
    ground, side_px = make_dataset_ground(), 200
    rows = []
    for number, (east, south) in enumerate(
        (e, s) for s in (140, 200, 260) for e in (130, 200, 270)
    ):
        name = f'offset_0_None/{number:06d}.png'
        picture = take_photo(ground, east, south, 0.0, 0.6, (side_px, side_px))
        write_image(folder / 'Val' / 'reference_images' / name, picture)
        rows.append([*utm(*place_of(east, south, OHIO)), name])
    write_rows(folder / 'Val' / 'reference.csv', 'easting,northing,name', rows)
    rows = []
    for number, (east, south, flight_deg) in enumerate(HELICOPTER):
        image = take_photo(ground, east, south, flight_deg - 90.0, 0.44, (280, 280))
        write_image(folder / 'Val' / 'query_images' / f'{number:06d}.png', image)
        lat, long = place_of(east, south, OHIO)
        rotation = nadir_enu_from_camera(math.radians(flight_deg - 90.0))
        ecef = ecef_from_enu(lat, long) @ rotation
        rows.append(
            [*utm(lat, long), 400.0, *Rotation.from_matrix(ecef).as_quat(), f'{number:06d}.png']
        )
    header = 'easting,northing,altitude,orient_x,orient_y,orient_z,orient_w,name'
    write_rows(folder / 'Val' / 'query.csv', header, rows)
    return folder


def utm(lat: float, long: float) -> tuple[float, float]:
    """Return easting and northing in zone 17 north."""
    return pyproj.Proj(proj='utm', zone=17, datum='WGS84')(long, lat)


def ecef_from_enu(lat: float, long: float) -> np.ndarray:
    """Return (3, 3), by turning the axes of the Earth twice."""
    turns = Rotation.from_euler('ZX', [90.0 + long, 90.0 - lat], degrees=True)
    return turns.as_matrix()


BONN = LocalFrame(50.6, 6.9)
AIRCRAFT = ((150.0, 170.0, 40.0), (250.0, 160.0, 40.0), (210.0, 260.0, 290.0))
_VPAIR_PX = (400, 300)


def make_vpair(folder: Path) -> Path:
    """Write queries 12 m beside the reference views, which are rendered 150 m above the ground."""
    ground, height_m = make_dataset_ground(), 150.0
    gsd = height_m / (750.626 / 2)  # of half as many pixels as the real ones
    header = 'filepath,x,y,z,undulation,roll,pitch,yaw'
    for kind, file, shift_m in (
        ('reference_views', 'poses_reference_view.txt', 0.0), ('queries', 'poses_query.txt', 12.0),
    ):  # fmt: skip
        rows = []
        for number, (east, south, yaw_deg) in enumerate(AIRCRAFT, start=1):
            image = take_photo(ground, east + shift_m, south, yaw_deg, gsd, _VPAIR_PX)
            write_image(folder / kind / f'{number:05d}.png', image)
            lat, long = place_of(east + shift_m, south, BONN)
            to_ecef = pyproj.Transformer.from_crs('EPSG:4979', 'EPSG:4978', always_xy=True)
            ecef = to_ecef.transform(long, lat, 400.0)
            rows.append([f'{kind}/{number:05d}.png', *ecef, 47.0, 0.0, 0.0, math.radians(yaw_deg)])
            depth = np.full(_VPAIR_PX[::-1], height_m, np.float32)
            np.save(folder / 'reference_views' / f'depth_{number:05d}.npy', depth)
        write_rows(folder / file, header, rows)
    return folder


# Of a scene of AnyVisLoc: east, south, where it looks, and how far ahead of straight down.
DRONE = ((170.0, 200.0, 30.0, 0.0), (230.0, 260.0, 340.0, 25.0))


def make_anyvisloc(folder: Path) -> Path:
    """Write a scene with photos from 150 m above the ground, one straight down and one ahead."""
    ground, height_m = make_dataset_ground(), 150.0
    camera = CameraModel(480, 360, 440.0, 440.0, 239.5, 179.5)
    scene = folder / 'Scene_01'
    write_image(scene / 'aerial_map.png', ground)
    write_image(scene / 'satellite_map.png', ground[::2, ::2])
    modes = {
        f'{mode}': {
            'map_path': f'{mode}_map.png',
            'map_resolution': [resolution, resolution],
            'map_origin_local': [0.0, 0.0],
        }
        for mode, resolution in (('aerial', MAP_GSD), ('satellite', 2 * MAP_GSD))
    }
    (scene / 'L01_reference.json').write_text(json.dumps({'modes': modes}))
    for number, (east, south, yaw_deg, tilt_deg) in enumerate(DRONE, start=1):
        seen = ground_from_pixel(camera, looking_ahead(yaw_deg, tilt_deg), height_m)
        map_from_enu = np.array(
            [[1 / MAP_GSD, 0, east / MAP_GSD - 0.5], [0, -1 / MAP_GSD, south / MAP_GSD - 0.5],
             [0, 0, 1]]
        )  # fmt: skip
        image = cv2.warpPerspective(
            ground, map_from_enu @ seen, (480, 360), flags=cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )  # fmt: skip
        np.savez(
            scene / f'L01_{number:04d}.npz', image=image, K=camera.matrix, dist=np.zeros(5),
            xyz=[east, south, height_m], euler_deg=[0.0, tilt_deg, yaw_deg],
            sample_id=f'L01_{number:04d}', scene_id=1,
        )  # fmt: skip
    return folder
