"""The as-of spread: what bar t shows was known when bar t closed, and is never repainted."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared, align, rows
from analytics.dependence import follows, rolling_correlation
from analytics.market import BarArray
from analytics.rolling import rolling_ols
from analytics.spec import PairSpec

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairHistory:
    """Columns over the closed bars both legs share, oldest first, all of shape (n,).

    ``open_ms`` stamps the bar's open; ``y`` and ``x`` are closes in the quote asset, volumes are in the base asset,
    ``flags`` joins the flags of both bars. ``hedge_ratio``, ``intercept`` and ``sigma`` of row t come from the
    ``window`` shared bars **before** t; spread_t = y_t - intercept_t - hedge_ratio_t * x_t, in y's price (on natural
    logs when the scale is log), and z_t = spread_t / sigma_t. ``correlation`` is of the ``window`` one-bar returns up
    to and including t. NaN while warming up and where no fit exists; sigma is 0 and z NaN where the legs move as one.
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

    def __len__(self) -> int:
        return self.open_ms.size


def scaled(y: Floats, x: Floats, scale: str) -> tuple[Floats, Floats]:
    """Closes as the regression sees them: as they are (``level``) or their natural logs (``log``)."""
    if scale == "level":
        return y, x
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(y), np.log(x)


def pair_history(y_bars: BarArray, x_bars: BarArray, spec: PairSpec) -> PairHistory:
    """History of a pair from the closed bars of its legs, each an (n, 10) array, oldest first."""
    return _history(align(y_bars, x_bars), spec)


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
    start = max(0, (len(before) // spec.window - 1) * spec.window - dropped)
    tail = _history(rows(shared, start), spec)
    return PairHistory(
        *(
            np.concatenate([getattr(before, field.name)[dropped:], getattr(tail, field.name)[kept - start :]])
            for field in fields(PairHistory)
        )
    )


def _history(shared: Shared, spec: PairSpec) -> PairHistory:
    y, x = scaled(shared.y, shared.x, spec.scale)
    fit = rolling_ols(y, x, spec.window)
    sigma = _one_row_later(fit.sigma)
    spread = fit.residuals_after(y, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > 0, spread / sigma, np.nan)
    return PairHistory(
        open_ms=shared.open_ms,
        y=shared.y,
        x=shared.x,
        y_volume=shared.y_volume,
        x_volume=shared.x_volume,
        hedge_ratio=_one_row_later(fit.slope),
        intercept=_one_row_later(fit.intercept),
        sigma=sigma,
        spread=spread,
        z=z,
        correlation=rolling_correlation(shared.y, shared.x, follows(shared.open_ms, spec.step_ms), spec.window),
        flags=shared.flags,
    )


def _one_row_later(values: Floats) -> Floats:
    """Row t gets what was known at t - 1."""
    result = np.full(values.size, np.nan)
    result[1:] = values[:-1]
    return result
