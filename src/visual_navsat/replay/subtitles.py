# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Subtitles with their times: SRT, WebVTT and ASS files, and those inside a video."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

from visual_navsat.errors import MissingDependencyError
from visual_navsat.files import read_input
from visual_navsat.optional import import_optional
from visual_navsat.replay.recording import RecordingError
from visual_navsat.text_encoding import encoding_of

SUFFIXES = ('.srt', '.ass', '.ssa', '.vtt')
_NEEDS_AV = "captions inside a video are read with av: pip install 'visual_navsat[replay]'"
# 00:01:02,500 --> of SRT; WebVTT may leave out the hours.
_TIMES = re.compile(r'(?:(\d+):)?(\d+):(\d+)[,.](\d{1,3})\s*-->')
_ASS_LINE = re.compile(r'^(?:Dialogue|Comment):\s*(.*)$', re.MULTILINE)
_ASS_FORMAT = re.compile(r'^Format:(.*\bText\s*)$', re.MULTILINE)
_ASS_FIELDS = 'Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text'
_ASS_TIME = re.compile(r'\s*(\d+):(\d+):(\d+)[.,:](\d{1,3})\s*')
_MAX_HOURS = 10_000

Subtitle = tuple[int, str]  # nanoseconds from the start of the video, text


def read_subtitle_file(path: str | Path) -> list[Subtitle]:
    """
    Return the subtitles of a file, in its order.

    :raises RecordingError: if it cannot be read.
    """
    try:
        text = _decoded(read_input(path))
    except OSError as error:
        raise RecordingError(f'cannot read {path}: {error.strerror}') from error
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    return _of_ass(text) if _ASS_LINE.search(text) else _of_srt(text)


def read_subtitles_inside(path: str | Path, notes: list[str]) -> list[Subtitle]:
    """
    Return the subtitles inside a video; none where there are none, or they cannot be looked for.

    :param notes: gets what is inside and not read.
    """
    try:
        av = import_optional('av', _NEEDS_AV)
    except MissingDependencyError as error:
        notes.append(f'{path} has no positions beside it; {error}')
        return []
    try:
        with av.open(str(path)) as container:
            if any('dji' in _handler(stream) for stream in container.streams.data):
                notes.append(
                    f"{path} holds metadata in DJI's binary form, which are not read: record with "
                    'captions, or export them as SRT'
                )
            if not container.streams.subtitles:
                return []
            stream = container.streams.subtitles[0]
            return [
                (round(packet.pts * packet.time_base * 1_000_000_000), _text(stream, packet))
                for packet in container.demux(stream)
                if packet.pts is not None and packet.size
            ]
    except (av.FFmpegError, OSError, ValueError) as error:
        notes.append(f'captions inside {path} cannot be read: {" ".join(str(error).split())}')
        return []


def _decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8 or UTF-16; what is no character is replaced."""
    return content.decode(encoding_of(content) or 'utf-8', 'replace')


def _of_srt(text: str) -> list[Subtitle]:
    starts = list(_TIMES.finditer(text))
    ends = [*(match.start() for match in starts), len(text)]
    return [
        (_nanoseconds(*start.groups()), text[slice(start.end(), end)])
        for start, end in zip(starts, ends[1:], strict=True)
    ]


def _of_ass(text: str) -> list[Subtitle]:
    """Return the lines of ASS: fields between commas, of which the text is the last."""
    # The first line of formats is that of the styles.
    formats = _ASS_FORMAT.findall(text) or [_ASS_FIELDS]
    fields = [name.strip() for name in formats[-1].split(',')]
    start_at = fields.index('Start') if 'Start' in fields else 1
    found = []
    for line in _ASS_LINE.findall(text):
        cells = line.split(',', len(fields) - 1)
        times = _ASS_TIME.fullmatch(cells[start_at]) if len(cells) == len(fields) else None
        if times is not None:
            content = re.sub(r'\\[Nnh]', '\n', cells[-1])
            found.append((_nanoseconds(*times.groups()), content))
    return found


def _nanoseconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    numbers = [min(int(part[-9:]), _MAX_HOURS) for part in (hours or '0', minutes, seconds)]
    whole_s = (numbers[0] * 60 + numbers[1]) * 60 + numbers[2]
    return whole_s * 1_000_000_000 + int(fraction.ljust(3, '0')) * 1_000_000


def _handler(stream: Any) -> str:
    return str(stream.metadata.get('handler_name', '')).lower()


def _text(stream: Any, packet: Any) -> str:
    content = bytes(packet)
    if stream.codec_context.name == 'mov_text':  # its length comes first, styles may follow
        content = content[2:][: int.from_bytes(content[:2], 'big')]
    return _decoded(content)
