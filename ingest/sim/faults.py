"""Fault switches of the simulated exchange, for tests, drills and demonstrations; safe to throw from any thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.shaping import Shaper

ALL: Final = "*"
"""In place of a symbol: every symbol."""
GARBAGE: Final = (
    "json", "event", "symbol", "zero_price", "negative_price", "nan_price", "zero_quantity", "negative_quantity",
    "future", "binary", "huge",
)  # fmt: skip
"""Kinds of garbage frames."""


class FaultError(ValueError):
    """A fault that does not exist or cannot be thrown like that; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answer requests with an HTTP error. ``times`` left, 0 for until cleared; ``target``: ws, rest or all."""

    status: int
    retry_after_s: int
    target: str
    times: int


class Faults:
    """The faults in force. Methods named in `SWITCHES` throw one; `clear` ends all but what is done to a connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.actions: deque[tuple[str, dict[str, Any]]] = deque()
        self.shaper = Shaper()
        self._reset()

    def _reset(self) -> None:
        self.muted: frozenset[str] = frozenset()
        self.slow_upgrades = False
        self.clock_offset_ms = 0
        self._refusal: Refusal | None = None
        self._lag_calls = 0
        self._lag_until = 0.0

    def drop(self, how: str = "abort") -> None:
        """End every connection: ``abort`` cuts TCP, ``close`` sends Close 1001 first."""
        _choice("how", how, ("abort", "close"))
        self.actions.append(("drop", {"how": how}))

    def half_open(self) -> None:
        """Every connection that is open now stays open, but nothing more is sent on it, not even a pong."""
        self.actions.append(("half_open", {}))

    def stall(self) -> None:
        """Every connection that is open now stops in the middle of its next data frame, for good."""
        self.actions.append(("stall", {}))

    def shutdown(self) -> None:
        """Send the serverShutdown notice on every connection."""
        self.actions.append(("shutdown", {}))

    def garbage(self, kind: str, symbol: str = "BTCUSDT") -> None:
        """Send one bad frame of a kind in `GARBAGE`; a bad trade carries the id that the next good one will have."""
        _choice("kind", kind, GARBAGE)
        self.actions += [("garbage", {"kind": kind, "name": name}) for name in _names(symbol)]

    def replay(self, symbol: str = ALL, count: int = 10) -> None:
        """Send the newest ``count`` trades again."""
        _range("count", count, 1, 1_000_000)
        self.actions += [("replay", {"name": name, "count": count}) for name in _names(symbol)]

    def mute(self, symbol: str = ALL, current: bool = False) -> None:
        """Accept subscriptions but send no trades; with ``current`` only on the connections that are open now."""
        names = _names(symbol)
        if current:
            self.actions.append(("mute", {"names": names}))
        else:
            self.muted |= names

    def gap(self, symbol: str = ALL, count: int = 5) -> None:
        """The next ``count`` trades are not sent on any connection; REST has them."""
        _range("count", count, 1, 1_000_000)
        self.shaper.leave_out(_names(symbol), count)

    def duplicate(self, symbol: str = ALL, copies: int = 2, count: int = 0) -> None:
        """Every trade is sent ``copies`` times; for ``count`` trades, 0 for until cleared."""
        _range("copies", copies, 2, 1000)
        _range("count", count, 0, 1_000_000)
        self.shaper.repeat(_names(symbol), copies, count)

    def late(self, symbol: str = ALL, behind: int = 3, backdate_ms: int = 0) -> None:
        """The next trade is sent after the ``behind`` that follow it, its T moved back; REST keeps the true T."""
        _range("behind", behind, 0, 100_000)
        _range("backdate_ms", backdate_ms, 0, 86_400_000)
        self.shaper.hold(_names(symbol), behind, backdate_ms)

    def slow_upgrade(self) -> None:
        """Accept TCP but never answer a WebSocket upgrade, until cleared."""
        self.slow_upgrades = True

    def refuse(self, status: int = 429, retry_after_s: int = 0, target: str = "all", times: int = 0) -> None:
        """Refuse upgrades (``ws``), requests (``rest``) or both; ``times`` 0 for until cleared."""
        _choice("status", status, (403, 418, 429, 451, 500, 502, 503, 504))
        _choice("target", target, ("ws", "rest", "all"))
        _range("retry_after_s", retry_after_s, 0, 86_400)
        _range("times", times, 0, 1_000_000)
        with self._lock:
            self._refusal = Refusal(status, retry_after_s, target, times)

    def rest_lag(self, calls: int = 0, seconds: float = 0.0) -> None:
        """historicalTrades gives only the first half of its page, for so many calls and so long."""
        _range("calls", calls, 0, 1_000_000)
        _range("seconds", seconds, 0, 86_400)
        with self._lock:
            self._lag_calls, self._lag_until = calls, time.monotonic() + seconds

    def clock(self, offset_ms: int = 0) -> None:
        """Shift the exchange's clock: /time, E and T. A step forward sends what lies between at once; back, a pause."""
        _range("offset_ms", offset_ms, -86_400_000, 86_400_000)
        self.clock_offset_ms = offset_ms

    def throw(self, fault: str, parameters: Mapping[str, Any]) -> None:
        """Throw a fault by name, as `POST /sim/faults` does. Raises `FaultError`."""
        _choice("fault", fault, tuple(SWITCHES))
        try:
            SWITCHES[fault](self, **parameters)
        except TypeError as error:
            allowed = ", ".join(sorted(SWITCHES[fault].__annotations__.keys() - {"return"})) or "none"
            raise FaultError(f"{fault}: parameters allowed are {allowed}; got {dict(parameters)} ({error}).") from None

    def clear(self) -> None:
        """End all faults; a connection that was silenced or stalled stays so, the clock is right again."""
        with self._lock:
            self.actions.clear()
            self.shaper.clear()
            self._reset()
        self.actions.append(("unmute", {}))

    def in_force(self) -> dict[str, Any]:
        """What is in force or still to be done, as JSON."""
        with self._lock:
            return {
                "muted": sorted(self.muted),
                "slow_upgrade": self.slow_upgrades,
                "clock_offset_ms": self.clock_offset_ms,
                "refuse": asdict(self._refusal) if self._refusal else None,
                "rest_lag": {"calls": self._lag_calls, "seconds": max(0.0, self._lag_until - time.monotonic())},
                "actions": [name for name, _ in self.actions],
                **self.shaper.in_force(),
            }

    def refusal(self, target: str) -> Refusal | None:
        """The refusal that a request to ``ws`` or ``rest`` meets, counted down; None when it is served."""
        with self._lock:
            found = self._refusal
            if found is None or found.target not in (target, "all"):
                return None
            if found.times:
                left = found.times - 1
                self._refusal = Refusal(found.status, found.retry_after_s, found.target, left) if left else None
            return found

    def lagging(self) -> bool:
        """Whether this call to historicalTrades gives a partial page; counted down."""
        with self._lock:
            if self._lag_calls:
                self._lag_calls -= 1
                return True
            return time.monotonic() < self._lag_until


SWITCHES: Final[dict[str, Callable[..., None]]] = {
    switch.__name__: switch
    for switch in (
        Faults.drop, Faults.half_open, Faults.stall, Faults.shutdown, Faults.garbage, Faults.replay, Faults.mute,
        Faults.gap, Faults.duplicate, Faults.late, Faults.slow_upgrade, Faults.refuse, Faults.rest_lag, Faults.clock,
    )
}  # fmt: skip
"""Every fault by its name."""


def _choice(parameter: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise FaultError(f"{parameter}: allowed are {', '.join(map(str, allowed))}; got {value!r}.")


def _range(parameter: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int | float) or not low <= value <= high:
        raise FaultError(f"{parameter}: a number from {low} to {high} is allowed; got {value!r}.")


def _names(symbol: str) -> frozenset[str]:
    if symbol == ALL:
        return frozenset(INSTRUMENTS)
    _choice("symbol", symbol, (ALL, *INSTRUMENTS))
    return frozenset({symbol})
