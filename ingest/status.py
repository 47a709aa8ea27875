"""What the ingestor says of itself: the feed's state, each symbol's state and watermark, its own beat."""

from __future__ import annotations

import time
from collections import deque
from statistics import median
from typing import TYPE_CHECKING

from store import Store

if TYPE_CHECKING:
    from ingest.session import Session

FEED_EVERY_S = 1.0
LATENCIES = 200
RATE_S = 60
"""Seconds over which the rate is taken."""
QUIET_TRADES = 5
QUIET_S = (3.0, 60.0)
"""Silence is unusual when it lasts as long as so many trades usually take, within these bounds."""


class StatusWriter:
    """Writes ``feed:status``, the ingestor's fields of ``live:{symbol}`` and ``health:ingest``."""

    def __init__(self, store: Store, venue: str, *, simulated: bool, stale_after_s: float):
        self._store, self._stale_after_s = store, stale_after_s
        self._fields: dict[str, str | int | float] = {
            "source": venue, "venue": venue, "simulated": int(simulated), "live_available": 0, "reconnects": 0,
        }  # fmt: skip
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES)
        self._written_s = 0.0
        self._counted: deque[tuple[float, int]] = deque(maxlen=RATE_S)
        self.note = ""
        """Something the user must know, whatever else happens; empty for none."""

    def feed(self, *, state: str, reason: str) -> None:
        """The feed's state changed; it is written at once."""
        if self._fields.get("state") != state:
            self._fields["since_ms"] = int(time.time() * 1000)
        self._fields |= {"state": state, "reason": self.note or reason}
        self._store.status.set_feed(self._fields)

    def connected(self, url: str) -> None:
        """A connection was opened."""
        if "url" in self._fields:
            self._fields["reconnects"] = int(self._fields["reconnects"]) + 1
        self._fields["url"] = url
        self.feed(state=str(self._fields.get("state", "STARTING")), reason="connected, no trade yet")

    def live_available(self, available: bool) -> None:
        """Whether a live endpoint would answer while simulated data are shown."""
        self._fields["live_available"] = int(available)

    def sample_latency(self, latency_ms: float) -> None:
        """Exchange's trade time to receipt, on the exchange's clock."""
        self._latencies_ms.append(latency_ms)

    def write(self, session: Session, now_s: float) -> None:
        """Symbol states now; the feed's own once a second."""
        self._write_symbols(session, now_s)
        if now_s - self._written_s < FEED_EVERY_S:
            return
        self._written_s = now_s
        self._counted.append((now_s, session.received))
        (then_s, before), (_, after) = self._counted[0], self._counted[-1]
        rate = (after - before) / (now_s - then_s) if now_s > then_s else 0.0
        self._fields |= {
            "rate": round(rate, 1),
            "quiet_ms": round(1000 * min(max(QUIET_TRADES / rate if rate else QUIET_S[1], QUIET_S[0]), QUIET_S[1])),
            "latency_ms": round(median(self._latencies_ms), 1) if self._latencies_ms else "",
            "clock_offset_ms": round(session.clock.offset_ms, 1),
            "filled_bars": session.backfill.filled,
            "refused_frames": session.quarantine.counts["frames"],
        }
        if session.receiving(now_s):
            self.feed(state="LIVE", reason="")
        else:
            self._store.status.set_feed(self._fields)
        self._store.status.beat("ingest", {"received": session.received, "rate": round(rate, 1)})

    def _write_symbols(self, session: Session, now_s: float) -> None:
        connected, stale_after_s = session.connected, self._stale_after_s
        starting = self._fields.get("state") == "STARTING"
        rows: dict[str, dict[str, str | int | float]] = {}
        for symbol, channel in session.channels.items():
            row: dict[str, str | int | float] = {
                "state": "INIT"
                if starting and not connected
                else channel.state(connected=connected, now_s=now_s, stale_after_s=stale_after_s),
                "quarantined": session.quarantine.counts[symbol],
                **channel.counters(),
            }
            if channel.complete(connected=connected):
                row["watermark_ms"] = int(channel.watermark_ms(session.newest_ms, now_s))
            rows[symbol] = row
        self._store.live.set_states(rows)
