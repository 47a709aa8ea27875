"""What the scanner's grid shows of a scan: its rows, the words above it, and who was left out and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.gather import gather
from analytics.inputs import Panel
from analytics.live import LATE_BARS, LATE_MS, SPARSE_SPACINGS, SPARSE_STEPS, MarketView
from analytics.market import name_of
from analytics.measure import NotTestable
from analytics.measures.scan import MEASURE, Scan
from analytics.scan.rows import Limits, too_thin, without
from callbacks.day import significant
from callbacks.scan_query import ScanQuery
from callbacks.stamps import Fields

PASSED: Final = 0.05
MAX_SHOWN: Final = 300
SPARK_BARS: Final = 120
SPARK_SIGMAS: Final = 3.0
SPARK_HEIGHT: Final = 40
MAX_REASONS: Final = 12
_MINUTE_MS: Final = 60_000

Test = Callable[[Panel], "Scan | NotTestable"]


class Scanned(NamedTuple):
    """A finished scan of ``symbols``: ``rows`` of the grid by key, the ``note`` above it.

    From ``late_ms`` on the fits are too old to hold prices against. ``name`` tells it from every other one.
    """

    symbols: tuple[str, ...]
    rows: Mapping[str, Fields]
    note: Fields
    late_ms: float = math.inf
    name: str = ""


def pairs_of(symbols: Sequence[str]) -> int:
    """How many pairs there are."""
    return math.comb(len(symbols), 2)


def scanned(market: MarketView, symbols: tuple[str, ...], query: ScanQuery, test: Test = MEASURE.run) -> Scanned:
    """Test all pairs of the newest bars that keep the limits. Milliseconds for a dozen symbols, seconds for hundreds.

    ``test`` is given the panel of those symbols alone: limits that leave the same ones ask for the same scan.
    """
    data = gather(Panel, market, symbols, query.tf, query.rows)
    assert isinstance(data, Panel)
    thin = too_thin(data, Limits(query.min_liquidity, query.min_trades, query.max_silence_s))
    kept = without(data, thin)
    told: Fields = {"tf": query.tf, "thin": len(thin)}
    if len(kept.symbols) < 2:
        why = f"the limits leave {len(kept.symbols)} of {len(symbols)} symbols; a pair needs two"
        return Scanned(symbols, {}, told | {"state": "untestable", "why": why, "reasons": _listed(_reasons(thin))})
    found = test(kept)
    if isinstance(found, NotTestable):
        waiting = _waiting(kept, found, MEASURE.warmup(**MEASURE.settings({})))
        return Scanned(symbols, {}, told | waiting | {"reasons": _listed(_reasons(thin))})
    bar_ms = (found.as_of_ms - int(data.open_ms[0])) / found.rows
    step_ms = data.step_ms
    patience_ms = SPARSE_SPACINGS * bar_ms if bar_ms > SPARSE_STEPS * step_ms else LATE_BARS * step_ms
    late_ms = found.as_of_ms + patience_ms + LATE_MS
    return Scanned(symbols, _rows(found, data), told | _note(found, kept.symbols, thin), late_ms)


def _waiting(data: Panel, found: NotTestable, need: int) -> Fields:
    held = sorted(int(count) for count in np.isfinite(data.closes).sum(axis=0))
    if held[-2] < need:
        return {"state": "warming", "ready": held[-2], "window": need}
    return {"state": "untestable", "why": found.reason}


def _note(found: Scan, symbols: Sequence[str], thin: Mapping[str, str]) -> Fields:
    reasons = _reasons(thin) + _reasons(found.left_out)
    reasons += [f"{name_of(y)}/{name_of(x)}: one asset under two names" for y, x in found.duplicates]
    reasons += [f"{name_of(y)}/{name_of(x)}: its steps repeat themselves" for y, x in found.singular]
    return {
        "state": "ready",
        "tested": found.y.size,
        "shown": min(found.y.size, MAX_SHOWN),
        "tests": found.tests,
        "rows": found.rows,
        "gaps": found.gaps,
        "asOf": found.as_of_ms,
        "passed": int(np.count_nonzero(found.q < PASSED)),
        "untested": pairs_of(symbols) - found.y.size,
        "reasons": _listed(reasons),
    }


def _reasons(left_out: Mapping[str, str]) -> list[str]:
    return [f"{name_of(symbol)}: {reason}" for symbol, reason in left_out.items()]


def _listed(reasons: Sequence[str]) -> str:
    more = len(reasons) - MAX_REASONS
    return "\n".join([*reasons[:MAX_REASONS], *([f"and {more} more"] if more > 0 else [])])


def _rows(found: Scan, data: Panel) -> dict[str, Fields]:
    """The best pairs. A pair keeps its key whichever leg is y."""
    place = {symbol: at for at, symbol in enumerate(data.symbols)}
    y, x = (np.array([place[symbol] for symbol in legs[:MAX_SHOWN]], np.int64) for legs in (found.y, found.x))
    sparks = _sparks(found, data, y, x)
    return {
        f"c{min(pair)}-{max(pair)}": _row(found, at, sparks[at], data.step_ms / _MINUTE_MS)
        for at, pair in enumerate(zip(y.tolist(), x.tolist(), strict=True))
    }


def _row(found: Scan, at: int, spark: str, minutes: float) -> Fields:
    # Intercept, hedge ratio and sigma travel whole: the page holds the last trades against them.
    return {
        "y": name_of(str(found.y[at])),
        "x": name_of(str(found.x[at])),
        "a": float(found.intercept[at]),
        "b": float(found.hedge_ratio[at]),
        "sigma": _known(found.sigma[at], 17),
        "t": _known(found.statistic[at]),
        "p": _known(found.p[at]),
        "q": _known(found.q[at]),
        "half": _known(found.half_life[at] * minutes),
        "corr": _known(found.correlation[at]),
        "stable": _known(found.beta_stability[at]),
        "cost": _known(found.cost_sigma[at]),
        "liquidity": _known(found.liquidity[at]),
        "trail": spark,
    }


def _known(value: Any, digits: int = 6) -> float | None:
    return significant(float(value), digits) if math.isfinite(value) else None


def _sparks(found: Scan, data: Panel, y: NDArray[np.int64], x: NDArray[np.int64]) -> list[str]:
    """The spread of each pair at the last 120 bars by the newest fit: a character a bar, '0' for 3 sigmas below the
    line to 'X' for 3 above, a blank where a leg has no bar."""
    closes = np.full((SPARK_BARS, len(data.symbols)), np.nan)
    place = SPARK_BARS - (found.as_of_ms - data.open_ms) // data.step_ms
    held = (place >= 0) & (place < SPARK_BARS)
    closes[place[held]] = data.closes[held]
    n = y.size
    spread = closes[:, y] - found.intercept[:n] - found.hedge_ratio[:n] * closes[:, x]
    with np.errstate(divide="ignore", invalid="ignore"):
        sigmas = np.clip(spread / found.sigma[:n], -SPARK_SIGMAS, SPARK_SIGMAS)
    height = np.round((sigmas / SPARK_SIGMAS + 1) * SPARK_HEIGHT / 2)
    codes = np.where(np.isfinite(height), height + ord("0"), ord(" ")).astype(np.uint8)
    return [codes[:, at].tobytes().decode("ascii") for at in range(n)]
