# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The feed of a flight: what was seen, then what is, for each who looks."""

import asyncio

from visual_navsat.service.live_feed import LiveFeed, MAX_HISTORY, MAX_WAITING
from visual_navsat.session.records import event_record


def test_who_looks_late_gets_what_was_and_what_is():
    feed = LiveFeed()
    feed.take(event_record(1.0, 'before'))

    async def look():
        looking = feed.records()
        first = await anext(looking)
        feed.take(event_record(2.0, 'after'))
        second = await anext(looking)
        await looking.aclose()
        return first, second

    assert asyncio.run(look()) == ([event_record(1.0, 'before')], [event_record(2.0, 'after')])
    assert not feed._readers
    for _ in range(MAX_HISTORY + 10):
        feed.take(event_record(3.0, 'more'))
    assert len(feed._history) == MAX_HISTORY


def test_who_is_too_slow_is_left_behind():
    feed = LiveFeed()

    async def look():
        looking = feed.records()
        await anext(looking)
        for _ in range(MAX_WAITING + 5):
            feed.take(event_record(1.0, 'flies'))
        return await anext(looking, 'ended')

    assert asyncio.run(look()) == 'ended'
