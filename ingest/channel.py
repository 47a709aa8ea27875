"""One symbol within an ingest session: its sequencer, its state and what is known about its completeness."""

from __future__ import annotations

import time

from analytics.market import Tick
from ingest.sequencer import Sequencer

CONFIRM_S = 3.0
"""A trade that REST knows has so long to arrive by the stream before the stream counts as stale."""
SUSPECT_SPACINGS = 20
SUSPECT_S = 5.0
"""Silence for so long, and for so many of the symbol's usual spacings, is suspect until REST has confirmed it."""
SPACING_WEIGHT = 0.05


class Channel:
    """State machine of one symbol: INIT, CATCHING_UP, LIVE, QUIET, GAP, STALE, HALTED or DOWN.

    After each (re)connect the newest id that REST knows is the ``target``: the symbol is caught up when all
    ids to there have gone through. A symbol that is silent for unusually long is checked the same way.
    """

    def __init__(self, venue: str, name: str, newest: Tick | None):
        """``newest`` is the last trade that the store holds."""
        self.name, self.symbol = name, f"{venue}:{name}"
        self.sequencer = Sequencer(newest.trade_id, newest.time_ms) if newest else Sequencer(waiting=True)
        self.is_new = newest is None
        """Nothing was stored before: the bars up to the first trade have to be healed."""
        self.halted = ""
        """The venue's word for why the symbol does not trade; empty while it does."""
        self.caught_up = False
        self.refilling = self.checking = False
        self.target: int | None = None
        self.confirmed_ms = 0.0
        """Exchange time at which REST knew no trade that we lack."""
        self._asked_ms = 0.0
        self._seen = 0
        self._spacing_s = 0.0
        self.traded_s = time.monotonic()
        self.checked_s = self.confirmed_s = self._target_s = 0.0

    def reconnected(self) -> None:
        """A new connection: nothing is known about completeness until REST or the stream tells."""
        self.caught_up = False
        self.target = None
        self.checked_s = self.confirmed_s = 0.0

    def progress(self, now_s: float) -> None:
        """After a read: did trades go through or wait behind a gap? A repeat is no sign of life."""
        seen = self.sequencer.ticks + len(self.sequencer.held)
        if seen != self._seen:
            spacing_s = (now_s - self.traded_s) / max(seen - self._seen, 1)
            self._spacing_s += SPACING_WEIGHT * (spacing_s - self._spacing_s)
            self._seen, self.traded_s = seen, now_s
            self.caught_up = self.caught_up or not self.sequencer.held

    def expect(self, newest_id: int, asked_ms: float) -> None:
        """REST, asked at the exchange's time ``asked_ms``, knew trades up to ``newest_id``."""
        self.target, self._target_s, self._asked_ms = newest_id, time.monotonic(), asked_ms
        self.settle()

    def settle(self) -> None:
        """See whether the target has been reached."""
        last_id = self.sequencer.last_id
        if self.target is not None and last_id is not None and last_id >= self.target:
            self.target = None
            self.caught_up = self.caught_up or not self.sequencer.held
            self.confirmed_s, self.confirmed_ms = time.monotonic(), self._asked_ms

    def suspect(self, now_s: float) -> bool:
        """Whether the silence since the last trade or confirmation is unusual for this symbol."""
        silence_s = now_s - max(self.traded_s, self.confirmed_s)
        return silence_s > max(SUSPECT_S, SUSPECT_SPACINGS * self._spacing_s)

    @property
    def overdue(self) -> tuple[int, int] | None:
        """Ids that REST knows and that neither came by the stream nor wait behind a gap."""
        last_id = self.sequencer.last_id
        if self.target is None or last_id is None or last_id >= self.target or self.sequencer.held:
            return None
        late = not self.caught_up or time.monotonic() - self._target_s > CONFIRM_S
        return (last_id + 1, self.target) if late else None

    def needs_check(self, now_s: float, stale_after_s: float) -> bool:
        """Whether REST should be asked for the newest id: after a connect, and when no trade comes for long."""
        if self.checking or self.refilling or self.target is not None:
            return False
        if not self.caught_up:
            return now_s - self.checked_s > stale_after_s / 4
        silent = now_s - self.traded_s > stale_after_s / 2 or self.suspect(now_s)
        return silent and now_s - self.checked_s > min(stale_after_s / 2, SUSPECT_S)

    def state(self, *, connected: bool, now_s: float, stale_after_s: float) -> str:
        """The word that goes beside every number of this symbol."""
        heard_s = max(self.traded_s, self.confirmed_s)
        words = {
            "DOWN": not connected,
            "HALTED": self.halted,
            "INIT": self.sequencer.last_id is None,
            "CATCHING_UP": not self.caught_up,
            "GAP": self.sequencer.held,
            "STALE": self.overdue or now_s - heard_s > stale_after_s,
            "QUIET": now_s - self.traded_s > stale_after_s,
        }
        return next((word for word, holds in words.items() if holds), "LIVE")

    def complete(self, *, connected: bool) -> bool:
        """Whether all that the exchange has traded is in the stream, as far as anybody can know."""
        known = self.sequencer.last_id is not None
        return connected and known and self.caught_up and not self.sequencer.held and not self.overdue

    def watermark_ms(self, newest_ms: float, now_s: float) -> float:
        """Up to where this symbol is known to be complete: to the newest trade of any symbol on the connection, unless
        its own silence is suspect, and to REST's last confirmation."""
        return self.confirmed_ms if self.suspect(now_s) else max(newest_ms, self.confirmed_ms)

    def counters(self) -> dict[str, int]:
        """For ``live:{symbol}``."""
        sequencer = self.sequencer
        return {"ticks": sequencer.ticks, "gaps": sequencer.gaps, "duplicates": sequencer.duplicates}
