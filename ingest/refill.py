"""Fetches the trades a sequencer misses, in pages, until they are complete or given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from analytics.market import Tick
from ingest.feeds.base import Feed, FeedError

RETRY_S = (1.0, 2.0, 5.0, 10.0)
"""The exchange's database lags: an incomplete answer is asked for again after these pauses."""


class Unfillable(Exception):
    """The trades could not be had; the message says why."""


def pages(feed: Feed, name: str, first: int, last: int, stop: threading.Event) -> Iterator[list[Tick]]:
    """Trades ``first`` to ``last`` in id order, a page at a time; raises `Unfillable` when some stay missing."""
    tries = iter(RETRY_S)
    reason = "the exchange does not return them"
    while first <= last:
        try:
            page = [tick for tick in feed.trades_from(name, first) if tick.trade_id <= last]
        except FeedError as error:
            page, reason = [], str(error)
        if page:
            yield page
        if page and page[0].trade_id == first and len(page) == page[-1].trade_id - first + 1:
            first = page[-1].trade_id + 1
            tries = iter(RETRY_S)
            continue
        pause_s = next(tries, None)
        if pause_s is None or stop.wait(pause_s):
            raise Unfillable(reason)
