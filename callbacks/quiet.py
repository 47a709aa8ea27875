"""Pages whose numbers move when a bar closes: they are told when, and the header is kept alive meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import dash
from dash import ClientsideFunction, Input, Output

from analytics.market import BUILT, OPEN_MS, TIMEFRAME_MS
from callbacks.message import Cursor, Message, new_epoch

if TYPE_CHECKING:
    from store.cache import MarketCache

DEFAULT: Final = "1m"
SETTLE_S: Final = 1.0
"""The symbols' bars of one moment come in one after the other, over most of a second."""
_FORGET_S: Final = 5.0


def follow(app: dash.Dash, timeframe: str) -> None:
    """Renew the page at the bars of the time frame that is chosen in the control of this id."""
    app.clientside_callback(
        ClientsideFunction("sb", "timeframe"),
        Output("quiet-spec", "data", allow_duplicate=True),
        Input(timeframe, "value"),
        prevent_initial_call=True,
    )


class QuietView:
    """One for all such pages and viewers: it holds nothing that a viewer could lack but the newest closed bar."""

    def __init__(self, cache: MarketCache) -> None:
        self._cache = cache
        self._epoch = new_epoch()
        self._ends: dict[tuple[str, str], Settled] = {}
        self._lock = threading.Lock()

    def message(self, held: Cursor, venue: str, timeframe: str) -> tuple[Cursor, Message]:
        """``closed``: when the newest bar of the venue's symbols ended, sent when it is another than before.

        It is told a second after the first symbol had that bar, when the others have theirs.
        """
        fresh = held.epoch != self._epoch
        closed = self._closed(venue, timeframe if timeframe in BUILT else DEFAULT)
        message: Message = {"snap": True} if fresh else {}
        if fresh or closed != held.last_ms:
            message["closed"] = closed
        return held._replace(epoch=self._epoch, last_ms=closed), message

    def _closed(self, venue: str, timeframe: str) -> int:
        symbols = [symbol for symbol in self._cache.symbols() if symbol.startswith(f"{venue}:")]
        held = (self._cache.bars(symbol, timeframe).bars for symbol in symbols)
        end_ms = max((int(bars[-1, OPEN_MS]) + TIMEFRAME_MS[timeframe] for bars in held if len(bars)), default=0)
        with self._lock:
            return self._ends.setdefault((venue, timeframe), Settled()).take(end_ms, time.monotonic())


class Settled:
    """A moment that grows, told when it has been known for `SETTLE_S`; at once to who asks after a long silence.

    >>> end = Settled()
    >>> end.take(60, 10.0), end.take(120, 10.5), end.take(120, 11.4), end.take(120, 11.5)
    (60, 60, 60, 120)
    """

    def __init__(self) -> None:
        self._told = 0
        self._asked_s = float("-inf")
        self._waiting: deque[tuple[int, float]] = deque()

    def take(self, end_ms: int, now_s: float) -> int:
        """The newest settled moment, when ``end_ms`` is the newest known at ``now_s``."""
        before, self._asked_s = self._asked_s, now_s
        if not self._told or now_s - before > _FORGET_S:
            self._told = end_ms
            self._waiting.clear()
        if end_ms != (self._waiting[-1][0] if self._waiting else self._told):
            self._waiting.append((end_ms, now_s))
        while self._waiting and now_s - self._waiting[0][1] >= SETTLE_S:
            self._told = self._waiting.popleft()[0]
        return self._told
