"""A pair with an uploaded leg, at the end of its bars: the past has no last trade, and is neither fresh nor stale."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from analytics.market import is_uploaded
from analytics.spec import PairSpec
from analytics.spread import PairHistory

if TYPE_CHECKING:
    from analytics.live import PairNow

STATE: Final = "uploaded"
_WAITS: Final = ("warming", "untestable")


def settled(now: PairNow, spec: PairSpec, history: Callable[[], PairHistory]) -> PairNow:
    """``now`` as it is for a pair of the market; for one with an uploaded leg, its last shared bar.

    The prices are that bar's closes, and hedge ratio, sigma, spread and z those that were known when it closed: the
    last row of the history. ``state`` is ``uploaded`` unless it is still warming or untestable, so that no signal is
    read from it.
    """
    if not (is_uploaded(spec.y) or is_uploaded(spec.x)):
        return now
    rows = history()
    if not len(rows):
        return dataclasses.replace(now, state="warming", reason=_apart(spec), time_ms=None)
    state, reason = (now.state, now.reason) if now.state in _WAITS else (STATE, "")
    if now.ready < now.window:
        state, reason = "warming", f"only {now.ready} shared {spec.timeframe} bars, the window asks for {now.window}"
    end = datetime.fromtimestamp((int(rows.open_ms[-1]) + spec.step_ms) / 1000, UTC)
    known: dict[str, Any] = {
        name: _known(getattr(rows, name)[-1]) for name in ("hedge_ratio", "intercept", "sigma", "spread", "z")
    }
    return dataclasses.replace(
        now,
        state=state,
        reason=reason or f"the past, as it was at the last shared bar, which ended {end:%Y-%m-%d %H:%M:%S} UTC",
        y_price=float(rows.y[-1]),
        x_price=float(rows.x[-1]),
        y_age_ms=None,
        x_age_ms=None,
        hedge_ratio_se=None,
        r_squared=None,
        time_ms=None,
        **known,
    )


def _apart(spec: PairSpec) -> str:
    return f"the legs share no {spec.timeframe} bar: their files are of different times, or lengths of bar"


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
