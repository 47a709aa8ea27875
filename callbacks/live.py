"""The one source of live messages: whichever driver asks, polling or stream, a viewer gets what he lacks."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from analytics.live import MarketView, PairBook, PairSpec
from analytics.market import name_of
from callbacks import query
from callbacks.board import BoardView
from callbacks.day import Days
from callbacks.feed import FeedView
from callbacks.message import Cursor, Message
from callbacks.pair import PairView
from callbacks.quiet import QuietView
from callbacks.uploads import frames, nearest
from callbacks.watched import first_pair

if TYPE_CHECKING:
    from runtime.settings import Settings
    from store.cache import MarketCache

MAX_PAIRS: Final = 256
PAGES: Final = ("board", "pair", "quiet")


class Live:
    """Messages for the pages; thread-safe. What one viewer caused to be computed serves all."""

    def __init__(self, cache: MarketCache, book: PairBook, settings: Settings) -> None:
        self.market: MarketView = cache
        self._cache = cache
        self._book = book
        self._configured = settings.feed.symbols
        self._days = Days(cache)
        self._board = BoardView(cache, book, self._days, settings)
        self._quiet = QuietView(cache)
        self._pairs: OrderedDict[PairSpec, PairView] = OrderedDict()
        self._feed = FeedView(cache, settings.feed.source)
        self._lock = threading.Lock()
        self._board_settings = settings.board

    def message(self, page: str, text: str, cursor: str) -> Message | None:
        """What the viewer at ``cursor`` of ``page`` lacks; ``text`` is the pair page's query string, or the
        time frame of a page that waits for bars.

        None when nothing changed. Something is said at least once a second, so that silence means a broken line.
        """
        now_ms = _clock_ms()
        held = Cursor.parse(cursor)
        with self._lock:
            self._feed.refresh(now_ms)
            venue, offset_ms = self._feed.venue, self._feed.clock_offset_ms
            age_ms = self._feed.age_ms(now_ms)
            feed_seq = self._feed.table.seq
            pair = self._pair(text, venue) if page == "pair" else None
        if pair:
            reached, message = pair.message(held, now_ms, offset_ms)
        elif page == "quiet":
            reached, message = self._quiet.message(held, venue, text)
        else:
            reached, message = self._board.message(held, venue, now_ms, offset_ms)
        reached = reached._replace(feed=feed_seq, beat=now_ms // 1000)
        if reached == held:
            return None
        with self._lock:
            feed = self._feed.table.since(0 if "snap" in message else held.feed)
        if feed:
            message["f"] = feed["feed"]
        message["a"] = [age_ms, *message.get("a", ())]
        message["c"] = str(reached)
        return message

    def names(self) -> list[str]:
        """Names of the symbols that can be chosen: those that are watched, then those of uploaded files, in full."""
        return [*self.watched(), *self._cache.uploads()]

    def watched(self) -> list[str]:
        """Names of the symbols that are being ingested, or the configured ones until there are any."""
        prefix = f"{self.venue()}:"
        watched = [name_of(symbol) for symbol in self._cache.symbols() if symbol.startswith(prefix)]
        return sorted(watched or self._configured)

    def held(self) -> dict[str, list[str]]:
        """The time frames of each uploaded symbol."""
        return {symbol: list(upload.timeframes) for symbol, upload in self._cache.uploads().items()}

    def venue(self) -> str:
        """The venue that is shown now."""
        with self._lock:
            self._feed.refresh(_clock_ms())
            return self._feed.venue

    def read(self, values: Mapping[str, object]) -> tuple[query.PairQuery, list[str]]:
        """Settings from the address bar or the controls, and what was wrong with them."""
        found, problems = query.read(values, self._default(self.watched()), self.names())
        return self._framed(found), problems

    def _framed(self, chosen: query.PairQuery) -> query.PairQuery:
        """The settings with a time frame in which both legs have bars, where there is one."""
        return chosen._replace(tf=nearest(chosen.tf, frames(self.held(), (chosen.y, chosen.x))))

    def wait(self, version: int, timeout_s: float) -> int:
        """Block until the market moved past ``version``, or for ``timeout_s`` seconds; the new version."""
        return self._cache.wait(version, timeout_s)

    def _pair(self, text: str, venue: str) -> PairView:
        known = self._known(venue)
        chosen = self._framed(query.parse(text, self._default(known), [*known, *self._cache.uploads()]))
        spec = chosen.spec(venue)
        view = self._pairs.get(spec)
        if view is None:
            view = self._pairs[spec] = PairView(spec, self._cache, self._book, self._days, self._board_settings.entry_z)
            if len(self._pairs) > MAX_PAIRS:
                self._pairs.popitem(last=False)
        self._pairs.move_to_end(spec)
        return view

    def _default(self, names: Sequence[str]) -> query.PairQuery:
        board = self._board_settings
        return query.PairQuery(*first_pair(board.pairs, names), board.timeframe, board.window)

    def _known(self, venue: str) -> Sequence[str]:
        prefix = f"{venue}:"
        watched = {name_of(symbol) for symbol in self._cache.symbols() if symbol.startswith(prefix)}
        return sorted(watched.union(self._configured))


def _clock_ms() -> int:
    return time.time_ns() // 1_000_000
