"""The last window of a pair: the fit that live prices are held against, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared, align_last, rows
from analytics.dependence import correlation, follows
from analytics.estimators.base import Floats, Rows, scaled
from analytics.hedge import Line, NoFit
from analytics.market import OPEN_MS, PARTIAL, TRADES, BarArray
from analytics.reversion import HalfLife, half_life
from analytics.spec import PairSpec
from analytics.spread import PairHistory, pair_history


@dataclass(frozen=True, slots=True)
class PairWindow:
    """Fit of the last ``window`` closed shared bars; ``ready`` of them are there.

    ``fit``, ``correlation`` and ``half_life`` are None while warming up and where they do not exist; ``problem`` says
    why no z-score can be formed. ``y_spacing_ms`` and ``x_spacing_ms`` are each leg's mean time between trades over the
    window, ``bar_spacing_ms`` the mean time between shared bars; 0 when there is nothing to take it from.
    """

    spec: PairSpec
    ready: int
    as_of_ms: int | None
    fit: Line | None
    problem: str
    correlation: float | None
    half_life: HalfLife | None
    partial_bars: int
    y_spacing_ms: float
    x_spacing_ms: float
    bar_spacing_ms: float

    def at(self, y_price: float | None, x_price: float | None) -> tuple[float | None, float | None]:
        """Spread (in y's price, or log price) and z-score of two prices against this fit; None where unknown."""
        if self.fit is None or y_price is None or x_price is None or min(y_price, x_price) <= 0:
            return None, None
        if self.spec.scale == "log":
            y_price, x_price = math.log(y_price), math.log(x_price)
        spread, sigma = self.fit.residual(y_price, x_price), self.fit.sigma_at(x_price)
        return spread, spread / sigma if sigma else None

    def sigma_at(self, x_price: float | None) -> float | None:
        """Sigma that a spread is measured in when x costs ``x_price``; without a price, at the newest close."""
        if self.fit is None or x_price is None or x_price <= 0:
            return self.fit.sigma if self.fit else None
        return self.fit.sigma_at(math.log(x_price) if self.spec.scale == "log" else x_price)


def pair_window(y_bars: BarArray, x_bars: BarArray, spec: PairSpec, history: PairHistory | None = None) -> PairWindow:
    """The newest window of two legs' closed bars, each an (n, 10) array, oldest first.

    ``history`` of the same bars saves a recursive method from going through all of them again.
    """
    # One bar more than the window: its first return needs the close before it.
    reach = max(spec.window + 1, spec.estimator.reach(spec.window, spec.settings))
    held = align_last(y_bars, x_bars, reach)
    longer = rows(held, max(0, held.open_ms.size - spec.window - 1))
    shared = rows(longer, max(0, longer.open_ms.size - spec.window))
    ready = shared.open_ms.size
    whole = ready == spec.window
    y, x = scaled(shared.y, shared.x, spec.scale)
    if spec.estimator.recursive and whole and history is None:
        history = pair_history(y_bars, x_bars, spec)
    fit = _fit(held, spec, history) if whole else None
    counted = follows(shared.open_ms, spec.step_ms)
    start_ms = int(shared.open_ms[0]) if ready else 0
    end_ms = int(shared.open_ms[-1]) + spec.step_ms if ready else 0
    return PairWindow(
        spec=spec,
        ready=ready,
        as_of_ms=end_ms if ready else None,
        fit=fit if isinstance(fit, Line) else None,
        problem=_problem(fit),
        correlation=_correlation(longer, spec) if whole else None,
        half_life=_half_life(fit, y, x, counted) if isinstance(fit, Line) else None,
        partial_bars=int(np.count_nonzero(shared.flags & PARTIAL)),
        y_spacing_ms=_trade_spacing(y_bars, start_ms, end_ms),
        x_spacing_ms=_trade_spacing(x_bars, start_ms, end_ms),
        bar_spacing_ms=(end_ms - start_ms) / ready if ready else 0.0,
    )


def _fit(held: Shared, spec: PairSpec, history: PairHistory | None) -> Line | NoFit:
    seen = Rows(held.open_ms, *scaled(held.y, held.x, spec.scale), spec.step_ms)
    return spec.estimator.newest(seen, spec.window, spec.settings, history.state if history else None)


def _correlation(longer: Shared, spec: PairSpec) -> float | None:
    return correlation(longer.y, longer.x, follows(longer.open_ms, spec.step_ms), spec.window)


def _problem(fit: Line | NoFit | None) -> str:
    if isinstance(fit, NoFit):
        return fit.reason
    return "the two legs move as one: no spread is left" if fit is not None and not fit.sigma else ""


def _half_life(fit: Line, y: Floats, x: Floats, counted: NDArray[np.bool_]) -> HalfLife | None:
    result = half_life((y - fit.y_mean) - fit.slope * (x - fit.x_mean), counted)
    return result if isinstance(result, HalfLife) else None


def _trade_spacing(bars: BarArray, start_ms: int, end_ms: int) -> float:
    """Mean time between a leg's trades over its own bars of the span, whether shared or not."""
    first, last = np.searchsorted(bars[:, OPEN_MS], (start_ms, end_ms))
    trades = float(bars[first:last, TRADES].sum())
    return (end_ms - start_ms) / trades if trades else 0.0
