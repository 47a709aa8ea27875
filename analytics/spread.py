"""The as-of spread: what bar t shows was known when bar t closed, and is never repainted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared, align, rows
from analytics.dependence import follows, rolling_correlation
from analytics.estimators.base import Rows, scaled
from analytics.market import BarArray
from analytics.spec import PairSpec

__all__ = ["COLUMNS", "PairHistory", "extend_history", "pair_history", "scaled"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairHistory:
    """Columns over the closed bars both legs share, oldest first, all of shape (n,).

    ``open_ms`` stamps the bar's open; ``y`` and ``x`` are closes in the quote asset, volumes are in the base asset,
    ``flags`` joins the flags of both bars. ``hedge_ratio``, ``intercept`` and ``sigma`` of row t come from the
    ``window`` shared bars **before** t (Kalman: from all of them; its sigma is that of the forecast at x_t);
    spread_t = y_t - intercept_t - hedge_ratio_t * x_t, in y's price (on natural logs when the scale is log), and
    z_t = spread_t / sigma_t. ``correlation`` is of the ``window`` one-bar returns up to and including t. NaN while
    warming up and where no fit exists; sigma is 0 and z NaN where the legs move as one. ``state`` is what the
    method carries on to the next bar, None if nothing.
    """

    open_ms: NDArray[np.int64]
    y: Floats
    x: Floats
    y_volume: Floats
    x_volume: Floats
    hedge_ratio: Floats
    intercept: Floats
    sigma: Floats
    spread: Floats
    z: Floats
    correlation: Floats
    flags: NDArray[np.int64]
    state: Any = None

    def __len__(self) -> int:
        return self.open_ms.size


COLUMNS: Final = tuple(name for name in PairHistory.__dataclass_fields__ if name != "state")


def pair_history(y_bars: BarArray, x_bars: BarArray, spec: PairSpec) -> PairHistory:
    """History of a pair from the closed bars of its legs, each an (n, 10) array, oldest first."""
    return _history(align(y_bars, x_bars), spec, None)


def extend_history(before: PairHistory, y_bars: BarArray, x_bars: BarArray, spec: PairSpec) -> PairHistory | None:
    """``before`` plus the bars closed since, equal to the last bit to computing all of it.

    Bars that left the front leave the history too; the rows that stay keep the values they were printed with. None
    when a bar that ``before`` rests on has changed: then everything is to be computed again.
    """
    shared = align(y_bars, x_bars)
    if not shared.open_ms.size:
        return None
    dropped = int(np.searchsorted(before.open_ms, shared.open_ms[0]))
    kept = len(before) - dropped
    if not 0 < kept <= shared.open_ms.size:
        return None
    for name in Shared._fields:
        if not np.array_equal(getattr(before, name)[dropped:], getattr(shared, name)[:kept]):
            return None
    # From a block boundary of the rolling sums, so that each sum keeps its order; one whole block reaches back enough.
    reach = spec.estimator.reach(spec.window, spec.settings) - spec.window
    start = max(0, ((len(before) - reach) // spec.window - 1) * spec.window - dropped)
    tail = _history(rows(shared, start), spec, before.state)
    columns = {
        name: np.concatenate([getattr(before, name)[dropped:], getattr(tail, name)[kept - start :]]) for name in COLUMNS
    }
    return PairHistory(**columns, state=tail.state)


def _history(shared: Shared, spec: PairSpec, state: Any) -> PairHistory:
    y, x = scaled(shared.y, shared.x, spec.scale)
    seen = Rows(shared.open_ms, y, x, spec.step_ms)
    as_of, state = spec.estimator.columns(seen, spec.window, spec.settings, state)
    return PairHistory(
        open_ms=shared.open_ms,
        y=shared.y,
        x=shared.x,
        y_volume=shared.y_volume,
        x_volume=shared.x_volume,
        **as_of._asdict(),
        correlation=rolling_correlation(shared.y, shared.x, follows(shared.open_ms, spec.step_ms), spec.window),
        flags=shared.flags,
        state=state,
    )
