"""Keeps every symbol complete: asks REST what is newest, refills gaps, declares holes, has their bars healed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from analytics.market import Tick
from ingest import quarantine, refill
from ingest.backfill import Backfill
from ingest.channel import Channel
from ingest.clock import ExchangeClock
from ingest.feeds.base import Feed, FeedError
from ingest.workers import Workers
from runtime import settings
from store import Store

log = logging.getLogger(__name__)

SEED_S = 2.0
"""The first trades of a symbol wait so long for older ones from REST."""


class Repair:
    """Works for the session's thread; what asks the network runs on other threads and comes back through ``post``.

    ``out`` is the session's list of trades to be written, in id order by symbol.
    """

    def __init__(
        self,
        feed: Feed,
        store: Store,
        config: settings.Feed,
        *,
        post: Callable[[Callable[[], None]], None],
        out: list[Tick],
        clock: ExchangeClock,
        over: threading.Event,
    ):
        self._feed, self._store, self._config = feed, store, config
        self._post, self._out = post, out
        self._clock, self._over = clock, over
        self._workers = Workers("repair", 4)
        minutes = {"1m": config.backfill_1m_minutes, "1s": config.backfill_1s_minutes, "5m": config.backfill_1m_minutes}
        self.backfill = Backfill(feed, store, minutes, clock, over)

    def tidy(self, channel: Channel, now_s: float, *, connected: bool) -> bool:
        """Look after one symbol; True when its stream is silent about trades that REST knows."""
        channel.settle()
        if channel.sequencer.held and channel.sequencer.waiting and now_s - channel.checked_s > SEED_S:
            self._begin(channel, [])
        if channel.is_new and channel.sequencer.last_id is not None and self.backfill.until_ms is not None:
            channel.is_new = False
            first_ms = channel.sequencer.first_ms
            self.backfill.heal(channel.name, min(first_ms, self.backfill.until_ms), first_ms)
        if connected and channel.needs_check(now_s, self._config.stale_after_s):
            channel.checking, channel.checked_s = True, now_s
            self._workers.submit(self._ask_newest, channel)
        if not channel.overdue or channel.refilling:
            return False
        self.refill(channel)
        return channel.caught_up

    def stop(self) -> None:
        """Start nothing more."""
        self._workers.stop()
        self.backfill.stop()

    def refill(self, channel: Channel) -> None:
        """Fetch what the symbol misses."""
        hole = channel.sequencer.missing or channel.overdue
        if hole:
            channel.refilling = True
            self._workers.submit(self._fetch, channel, *hole)

    def _fetch(self, channel: Channel, first: int, last: int) -> None:
        """On another thread: the missing trades, a page at a time."""
        reason = f"{last - first + 1} trades are more than feed.refill_max_trades"
        if last - first < self._config.refill_max_trades:
            try:
                for page in refill.pages(self._feed, channel.name, first, last, self._over):
                    self._post(partial(self._refilled, channel, page))
            except refill.Unfillable as error:
                reason = str(error)
            except Exception as error:
                log.exception("refill failed", extra={"symbol": channel.symbol})
                reason = f"{type(error).__name__}: {error}"
            else:
                self._post(partial(self._fetched, channel))
                return
        self._post(partial(self._give_up, channel, (first, last), reason))

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

    def _give_up(self, channel: Channel, tried: tuple[int, int], reason: str) -> None:
        """Declare what cannot be had a hole, and have its bars healed from klines.

        Trades that only REST has told of are asked for again as long as the exchange may still give them.
        """
        channel.refilling = False
        sequencer, at = channel.sequencer, len(self._out)
        before = self._store.ticks.newest(channel.symbol)
        after_ms = self._clock.now_ms()
        if sequencer.missing == tried:
            sequencer.abandon(self._out)
            after_ms = self._out[at].time_ms
        elif channel.overdue == tried and tried[1] - tried[0] >= self._config.refill_max_trades:
            sequencer.forgo(tried[1])
        else:
            return
        self._store.ticks.add_hole(channel.symbol, *tried, reason)
        self.backfill.heal(channel.name, before.time_ms if before else int(after_ms), int(after_ms))
        log.warning("hole", extra={"symbol": channel.symbol, "from": tried[0], "to": tried[1], "reason": reason})
        self._fetched(channel)

    def _ask_newest(self, channel: Channel) -> None:
        asked_ms = self._clock.now_ms()
        try:
            if channel.sequencer.waiting:
                older = self._feed.recent_trades(channel.name)
                self._post(partial(self._begin, channel, older))
            else:
                newest_id = self._feed.newest_id(channel.name)
                self._post(partial(channel.expect, newest_id, asked_ms))
        except FeedError as error:
            log.debug("newest trade unknown", extra={"symbol": channel.symbol, "reason": str(error)})
            if channel.sequencer.waiting:
                self._post(partial(self._begin, channel, []))
        finally:
            channel.checking = False

    def _begin(self, channel: Channel, older: list[Tick]) -> None:
        """First trades of a symbol that the store does not know."""
        if channel.sequencer.waiting:
            latest_ms = self._clock.latest_ms()
            channel.sequencer.start([tick for tick in older if not quarantine.fault(tick, latest_ms)], self._out)
            channel.caught_up = channel.sequencer.last_id is not None and not channel.sequencer.held
