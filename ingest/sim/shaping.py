"""Trades that are left out, repeated or sent late; part of the fault switches."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ingest.sim.market import Trade


@dataclass(slots=True)
class _Late:
    behind: int
    backdate_ms: int
    trade: Trade | None = None


class Shaper:
    """Changes what is sent of each symbol's trades. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gaps: dict[str, int] = {}
        self._copies: dict[str, tuple[int, int]] = {}
        self._late: dict[str, _Late] = {}

    def leave_out(self, names: Iterable[str], count: int) -> None:
        """Do not send the next ``count`` trades."""
        with self._lock:
            for name in names:
                self._gaps[name] = self._gaps.get(name, 0) + count

    def repeat(self, names: Iterable[str], copies: int, count: int) -> None:
        """Send each of the next ``count`` trades ``copies`` times; 0 trades means all, until cleared."""
        with self._lock:
            self._copies |= dict.fromkeys(names, (copies, count))

    def hold(self, names: Iterable[str], behind: int, backdate_ms: int) -> None:
        """Send the next trade after the ``behind`` that follow it, its time moved back."""
        with self._lock:
            self._late |= {name: _Late(behind, backdate_ms) for name in names}

    def clear(self) -> None:
        """Send everything as it comes; a trade that is being held is not sent any more."""
        with self._lock:
            self._gaps.clear()
            self._copies.clear()
            self._late.clear()

    def in_force(self) -> dict[str, Any]:
        """What is still to be done, as JSON."""
        with self._lock:
            return {
                "gap": dict(self._gaps),
                "duplicate": {name: {"copies": k, "count": n} for name, (k, n) in self._copies.items()},
                "late": {name: {"behind": late.behind} for name, late in self._late.items()},
            }

    def shape(self, name: str, trades: list[Trade]) -> list[Trade]:
        """The trades of a symbol as they are sent."""
        with self._lock:
            if name not in self._gaps and name not in self._copies and name not in self._late:
                return trades
            return [sent for trade in trades for sent in self._shape_one(name, trade)]

    def _shape_one(self, name: str, trade: Trade) -> list[Trade]:
        if name in self._gaps:
            self._gaps[name] -= 1
            if not self._gaps[name]:
                del self._gaps[name]
            return []
        late = self._late.get(name)
        if late and late.trade is None:
            late.trade = trade._replace(time_ms=trade.time_ms - late.backdate_ms)
            return self._release(name)
        sent = [trade] * self._count_copies(name)
        if late:
            late.behind -= 1
            sent += self._release(name)
        return sent

    def _count_copies(self, name: str) -> int:
        copies, count = self._copies.get(name, (1, 0))
        if count == 1:
            del self._copies[name]
        elif count:
            self._copies[name] = copies, count - 1
        return copies

    def _release(self, name: str) -> list[Trade]:
        """The held trade, once enough others have gone before it."""
        late = self._late[name]
        if late.behind or late.trade is None:
            return []
        del self._late[name]
        return [late.trade]
