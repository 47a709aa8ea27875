"""Keeps every symbol complete: asks REST what is newest, refills gaps, declares holes, has their bars healed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from analytics.market import Tick
from ingest import quarantine, refill
from ingest.backfill import Backfill
from ingest.channel import Channel
from ingest.clock import ExchangeClock
from ingest.feeds.base import Feed, FeedError
from runtime import settings
from store import Store

log = logging.getLogger(__name__)

SEED_S = 2.0
"""The first trades of a symbol wait so long for older ones from REST."""


class Repair:
    """Works for the session's thread; what asks the network runs on the executor and comes back through ``post``.

    ``out`` is the session's list of trades to be written, in id order by symbol.
    """

    def __init__(
        self,
        feed: Feed,
        store: Store,
        config: settings.Feed,
        *,
        executor: Executor,
        post: Callable[[Callable[[], None]], None],
        out: list[Tick],
        clock: ExchangeClock,
        over: threading.Event,
    ):
        self._feed, self._store, self._config = feed, store, config
        self._executor, self._post, self._out = executor, post, out
        self._clock, self._over = clock, over
        self.backfill = Backfill(feed, store, executor, clock, over)

    def tidy(self, channel: Channel, now_s: float, *, connected: bool) -> bool:
        """Look after one symbol; True when its stream is silent about trades that REST knows."""
        channel.settle()
        if channel.sequencer.held and channel.sequencer.waiting and now_s - channel.checked_s > SEED_S:
            self._begin(channel, [])
        if connected and channel.needs_check(now_s, self._config.stale_after_s):
            channel.checking, channel.checked_s = True, now_s
            self._executor.submit(self._ask_newest, channel)
        if not channel.overdue or channel.refilling:
            return False
        self.refill(channel)
        return channel.caught_up

    def refill(self, channel: Channel) -> None:
        """Fetch what the symbol misses."""
        hole = channel.sequencer.missing or channel.overdue
        if hole:
            channel.refilling = True
            self._executor.submit(self._fetch, channel, *hole)

    def _fetch(self, channel: Channel, first: int, last: int) -> None:
        """On an executor thread: the missing trades, a page at a time."""
        if last - first >= self._config.refill_max_trades:
            reason = f"{last - first + 1} trades are more than feed.refill_max_trades"
            self._post(partial(self._give_up, channel, reason))
            return
        try:
            for page in refill.pages(self._feed, channel.name, first, last, self._over):
                self._post(partial(self._refilled, channel, page))
        except refill.Unfillable as error:
            self._post(partial(self._give_up, channel, str(error)))
            return
        self._post(partial(self._fetched, channel))

    def _refilled(self, channel: Channel, page: list[Tick]) -> None:
        for tick in page:
            if quarantine.fault(tick, self._clock.latest_ms()):
                channel.sequencer.skip(tick.trade_id, self._out)
            else:
                channel.sequencer.offer(tick, self._out)

    def _fetched(self, channel: Channel) -> None:
        channel.refilling = False
        channel.settle()
        if channel.sequencer.held:
            self.refill(channel)

    def _give_up(self, channel: Channel, reason: str) -> None:
        """Declare the hole, and have its bars healed from klines."""
        channel.refilling = False
        before, at = self._store.ticks.newest(channel.symbol), len(self._out)
        hole = channel.sequencer.abandon(self._out)
        if hole:
            self._store.ticks.add_hole(channel.symbol, *hole, reason)
            after_ms = self._out[at].time_ms
            self.backfill.heal(channel.name, before.time_ms if before else after_ms, after_ms)
            log.warning("hole", extra={"symbol": channel.symbol, "from": hole[0], "to": hole[1], "reason": reason})
        channel.target = None
        channel.caught_up = channel.caught_up or not channel.sequencer.held
        if channel.sequencer.held:
            self.refill(channel)

    def _ask_newest(self, channel: Channel) -> None:
        try:
            if channel.sequencer.waiting:
                older = self._feed.recent_trades(channel.name)
                self._post(partial(self._begin, channel, older))
            else:
                newest_id = self._feed.newest_id(channel.name)
                self._post(partial(channel.expect, newest_id))
        except (FeedError, LookupError) as error:
            log.debug("newest trade unknown", extra={"symbol": channel.symbol, "reason": str(error)})
            if channel.sequencer.waiting:
                self._post(partial(self._begin, channel, []))
        finally:
            channel.checking = False

    def _begin(self, channel: Channel, older: list[Tick]) -> None:
        """First trades of a symbol that the store does not know; the bars that they begin in are healed."""
        if not channel.sequencer.waiting:
            return
        at = len(self._out)
        channel.sequencer.start(
            [tick for tick in older if not quarantine.fault(tick, self._clock.latest_ms())], self._out
        )
        channel.caught_up = not channel.sequencer.held
        channel.confirmed_s = time.monotonic()
        if len(self._out) > at:
            self.backfill.heal(channel.name, self._out[at].time_ms, self._out[at].time_ms)
