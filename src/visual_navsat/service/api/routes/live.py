# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight as it is seen, over a WebSocket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
import json

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from visual_navsat.service.api.security import foreign_socket, is_authorised
from visual_navsat.service.live_feed import LiveFeed

router = APIRouter(tags=['live'])
# Close codes of RFC 6455: a policy that is not met, and try again later.
_POLICY, _LATER = 1008, 1013


@router.websocket('/api/v1/live')
async def live(socket: WebSocket) -> None:
    """Send lists of records: first what was seen before, then what is, as it comes."""
    settings = socket.app.state.running.settings
    feed: LiveFeed | None = socket.app.state.live
    await socket.accept()
    reason = foreign_socket(settings, socket)
    if reason is None and not is_authorised(settings, socket):
        reason = 'this service wants its token'
    if reason is None and feed is None:
        reason = 'no flight is watched: start the service with --live'
    if reason is not None or feed is None:
        await socket.close(_POLICY, reason)
        return
    sending = asyncio.create_task(_send(socket, feed))
    # What a browser sends is not read; that it leaves is.
    leaving = asyncio.create_task(_wait_until_gone(socket))
    _, others = await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _send(socket: WebSocket, feed: LiveFeed) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        async for batch in feed.records():
            await socket.send_text(json.dumps(batch, separators=(',', ':')))
        await socket.close(_LATER, 'too slow: connect again')


async def _wait_until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
