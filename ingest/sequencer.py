"""Puts the trades of one symbol in id order, drops repeats and says what is missing."""

from __future__ import annotations

from analytics.market import Tick

RESTART_MS = 1_000
"""A smaller id so much newer than all before is no repeat: the venue counts from the start again."""
BUFFER_LIMIT = 50_000
"""Trades held back behind a gap; what comes on top is dropped and becomes a gap of its own later."""


class Sequencer:
    """Lets a trade through when all smaller ids have gone through.

    >>> def tick(i): return Tick("sim:A", i, 0, 1.0, 1.0, False)
    >>> order, out = Sequencer(last_id=100), []
    >>> order.offer(tick(101), out); order.offer(tick(103), out)
    >>> [t.trade_id for t in out], order.missing
    ([101], (102, 102))
    >>> order.offer(tick(102), out)
    >>> [t.trade_id for t in out], order.missing
    ([101, 102, 103], None)
    """

    __slots__ = ("duplicates", "first_ms", "gaps", "held", "last_id", "last_ms", "restarts", "shed", "ticks", "waiting")

    def __init__(self, last_id: int | None = None, last_ms: int = 0, *, waiting: bool = False):
        self.last_id = last_id
        """Highest id that has gone through; None before the first."""
        self.last_ms = last_ms
        """Newest trade time that has gone through."""
        self.first_ms = 0
        """Time of the first trade that has gone through; 0 before it."""
        self.waiting = waiting
        """Hold everything back until `start`: older trades are being fetched."""
        self.held: dict[int, Tick] = {}
        self.ticks = self.duplicates = self.gaps = self.shed = self.restarts = 0

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last id of the first gap; None when there is none."""
        return (self.last_id + 1, min(self.held) - 1) if self.held and self.last_id is not None else None

    def offer(self, tick: Tick, out: list[Tick]) -> None:
        """Take a trade from the stream or from a refill; what may be written now is added to ``out`` in id order."""
        last_id, last_ms, trade_id = self.last_id, self.last_ms, tick.trade_id
        if not self.waiting and (last_id is None or trade_id == last_id + 1):
            self._pass(tick, out)
            self._drain(out)
        elif last_id is not None and trade_id <= last_id:
            if last_ms and tick.time_ms > last_ms + RESTART_MS and not self.held:
                self.restarts += 1
                self._pass(tick, out)
            else:
                self.duplicates += 1
        elif trade_id in self.held:
            self.duplicates += 1
        elif len(self.held) < BUFFER_LIMIT:
            self.gaps += not self.held and not self.waiting
            self.held[trade_id] = tick
        else:
            self.shed += 1

    def skip(self, trade_id: int, out: list[Tick]) -> None:
        """The exchange has no valid trade of this id: go on behind it."""
        if self.last_id is not None and trade_id == self.last_id + 1:
            self.last_id = trade_id
            self._drain(out)

    def start(self, older: list[Tick], out: list[Tick]) -> None:
        """End the waiting: let the ``older`` trades through first, then what is held."""
        self.waiting = False
        for tick in [tick for tick in older if tick.trade_id not in self.held]:
            self.offer(tick, out)
        if self.held and self.last_id is None:
            self.offer(self.held.pop(min(self.held)), out)

    def abandon(self, out: list[Tick]) -> tuple[int, int] | None:
        """Give the first gap up and let through what waited behind it; the ids that stay missing."""
        hole = self.missing
        if hole is not None:
            self.last_id = hole[1]
            self.offer(self.held.pop(hole[1] + 1), out)
        return hole

    def forgo(self, last: int) -> None:
        """Go on behind ``last`` although trades up to there never came."""
        self.last_id = max(last, self.last_id or 0)

    def _drain(self, out: list[Tick]) -> None:
        while self.held and self.last_id is not None and (tick := self.held.pop(self.last_id + 1, None)) is not None:
            self._pass(tick, out)

    def _pass(self, tick: Tick, out: list[Tick]) -> None:
        self.last_id = tick.trade_id
        self.last_ms = max(self.last_ms, tick.time_ms)
        self.first_ms = self.first_ms or tick.time_ms
        self.ticks += 1
        out.append(tick)
