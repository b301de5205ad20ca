# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Recordings: captions, tables of positions and queries, what photos say of themselves."""

from __future__ import annotations

import io
from pathlib import Path

from bench.fuzz.edits import damaged_bytes, number_texts
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
from PIL import Image
from visual_navsat.evaluation.queries_csv import read_queries
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.photo_xmp import read_drone_xmp
from visual_navsat.replay.positions import read_positions

_CAPTIONS = (
    'GPS({0},{1},0.0M) BAROMETER:{2}M',
    'GPS (E: {1}, N: {0}, 560) ReH:{2}',
    '[latitude: {0}] [longtitude: {1}] [rel_alt: {2} abs_alt: 5] [gb_yaw: {2} gb_pitch: -90]',
    'HOME({1},{0}) lat: {0} N lon: {1} E H {2}m',
)
_SRT = '{0}\n00:00:0{0},000 --> 00:00:0{0},999\n{1}\n\n'
_ASS = 'Dialogue: 0,0:00:0{0}.00,0:00:0{0}.99,Default,,0,0,0,,{1}\n'


@st.composite
def _subtitles(draw: st.DrawFn) -> bytes:
    line = draw(st.sampled_from((_SRT, _ASS)))
    texts = []
    for number in range(draw(st.integers(0, 4))):
        values = [draw(number_texts | st.just(good)) for good in ('47.85', '9.01', '100.5')]
        text = draw(st.sampled_from(_CAPTIONS)).format(*values)
        texts.append(line.format(number, text))
    encoding = draw(st.sampled_from(('utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le')))
    return ''.join(texts).encode(encoding, 'replace')


@st.composite
def _rows(draw: st.DrawFn, header: tuple[str, ...], good: tuple[str, ...]) -> str:
    separator = draw(st.sampled_from((',', ';', '\t')))
    lines = [separator.join(header)]
    for _ in range(draw(st.integers(0, 3))):
        cells = [draw(number_texts) if draw(st.integers(0, 7)) == 0 else cell for cell in good]
        lines.append(separator.join(cells))
    return '\n'.join(lines)


def _read_queries(folder: Path, content: str) -> object:
    write(folder, 'a.jpg', b'')
    return read_queries(write(folder, 'queries.csv', content), folder)


def _photo() -> bytes:
    exif = Image.Exif()
    exif.update({0x010F: 'DJI', 0x0112: 1})
    exif[0x8769] = {0xA002: 32, 0xA003: 24, 0xA405: 24, 0xA404: 2.0, 0x920A: 8.8}
    exif[0x8825] = {1: 'N', 2: (47.0, 51.0, 17.5), 3: 'E', 4: (9.0, 0.0, 32.2)}
    file = io.BytesIO()
    Image.new('RGB', (32, 24)).save(file, 'JPEG', exif=exif)
    return file.getvalue()


XMP = (
    b'<rdf:Description xmlns:drone-dji="x" drone-dji:GimbalYawDegree="+40.0" '
    b'drone-dji:GimbalPitchDegree="-90.0" drone-dji:RelativeAltitude="+100.0" '
    b'drone-dji:CalibratedFocalLength="3666.6"><Camera:Pitch>1/2</Camera:Pitch>'
    b'<drone-skydio:CameraOrientationNED drone-skydio:Yaw="1"/></rdf:Description>'
)


def _read_photo(folder: Path, content: bytes) -> object:
    photo = read_photo_metadata(write(folder, 'a.jpg', content))
    return Knowledge().completed_by(photo).view(photo)


TARGETS = (
    Target(
        'subtitles',
        _subtitles() | st.binary(max_size=200),
        lambda folder, content: read_positions(write(folder, 'a.srt', content)),
    ),
    Target(
        'positions CSV',
        _rows(('Time', 'Lat', 'Lon', 'Height', 'Yaw'), ('1.5', '47.85', '9.0', '100', '90')),
        lambda folder, content: read_positions(write(folder, 'a.csv', content)),
    ),
    Target(
        'queries CSV',
        _rows(
            ('Filename', 'Latitude', 'Longitude', 'Yaw', 'GSD', 'Height', 'Pitch', 'DateTime'),
            ('a.jpg', '47.85', '9.0', '10', '0.2', '100', '-90', '2024:05:01 10:00:00'),
        ),
        _read_queries,
    ),
    Target('photo', damaged_bytes(_photo()), _read_photo),
    Target('XMP', damaged_bytes(XMP), lambda folder, content: read_drone_xmp(content, 'senseFly')),
)
