"""One symbol within an ingest session: its sequencer, its state and what is known about its completeness."""

from __future__ import annotations

import time

from analytics.market import Tick
from ingest.sequencer import Sequencer

CONFIRM_S = 3.0
"""A trade that REST knows has so long to arrive by the stream before the stream counts as stale."""


class Channel:
    """State machine of one symbol: INIT, CATCHING_UP, LIVE, QUIET, GAP, STALE or DOWN.

    After each (re)connect the newest id that REST knows is the ``target``: the symbol is caught up when all
    ids to there have gone through. A symbol that is silent for long is checked the same way.
    """

    def __init__(self, venue: str, name: str, newest: Tick | None):
        """``newest`` is the last trade that the store holds."""
        self.name, self.symbol = name, f"{venue}:{name}"
        self.sequencer = Sequencer(newest.trade_id, newest.time_ms) if newest else Sequencer(waiting=True)
        self.caught_up = False
        self.refilling = self.checking = False
        self.target: int | None = None
        self._seen = 0
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
            self._seen, self.traded_s = seen, now_s
            self.caught_up = self.caught_up or not self.sequencer.held

    def expect(self, newest_id: int) -> None:
        """REST knows trades up to ``newest_id``."""
        self.target, self._target_s = newest_id, time.monotonic()
        self.settle()

    def settle(self) -> None:
        """See whether the target has been reached."""
        last_id = self.sequencer.last_id
        if self.target is not None and last_id is not None and last_id >= self.target:
            self.target = None
            self.caught_up = self.caught_up or not self.sequencer.held
            self.confirmed_s = time.monotonic()

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
        since_s = self.checked_s if self.caught_up else self.checked_s + stale_after_s / 4
        return now_s - max(self.traded_s if self.caught_up else 0.0, since_s) > stale_after_s / 2

    def state(self, *, connected: bool, now_s: float, stale_after_s: float) -> str:
        """The word that goes beside every number of this symbol."""
        known = self.sequencer.last_id is not None
        if not connected:
            return "DOWN"
        if self.sequencer.held and self.caught_up:
            return "GAP"
        if not self.caught_up:
            return "CATCHING_UP" if known else "INIT"
        if self.overdue:
            return "STALE"
        if now_s - max(self.traded_s, self.confirmed_s) > stale_after_s:
            return "STALE"
        return "LIVE" if now_s - self.traded_s <= stale_after_s else "QUIET"

    def complete(self, *, connected: bool) -> bool:
        """Whether all that the exchange has traded is in the stream: the watermark may move."""
        return connected and self.caught_up and not self.sequencer.held and not self.overdue

    def counters(self) -> dict[str, int]:
        """For ``live:{symbol}``."""
        sequencer = self.sequencer
        return {"ticks": sequencer.ticks, "gaps": sequencer.gaps, "duplicates": sequencer.duplicates}
