"""The last window of a pair: the fit that live prices are held against, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared, Span, align_last, rows, span_of
from analytics.costs import FEE, HALF_SPREAD, round_trip
from analytics.dependence import correlation, follows
from analytics.estimators.base import Floats, Rows, scaled
from analytics.hedge import Line, NoFit
from analytics.market import OPEN_MS, PARTIAL, TRADES, BarArray
from analytics.reversion import HalfLife, half_life
from analytics.spec import PairSpec
from analytics.spread import PairHistory, pair_history

SPARSE_STEPS: Final = 1.5
"""Bars that stretch over more than so many times their own length are sparse: a third of the time has no shared bar."""
PAID_BPS: Final = FEE.default + HALF_SPREAD.default
"""What each trade of a leg costs where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class PairWindow:
    """Fit of the last ``window`` closed shared bars; ``ready`` of them are there.

    ``fit``, ``correlation`` and ``half_life`` are None while warming up and where they do not exist; ``problem`` says
    why no z-score can be formed. ``span`` is the time that the bars stretch over, with the breaks in it, and
    ``partial_bars`` of them miss trades. ``y_spacing_ms`` and ``x_spacing_ms`` are each leg's mean time between trades
    over the window, 0 when there is nothing to take it from. ``cost_sigma`` is the cost of a round trip at the newest
    closes (`PAID_BPS` a trade) in sigmas of the fit: the smallest z from which a way back to 0 can pay.
    """

    spec: PairSpec
    ready: int
    as_of_ms: int | None
    fit: Line | None
    problem: str
    correlation: float | None
    half_life: HalfLife | None
    span: Span
    partial_bars: int
    y_spacing_ms: float
    x_spacing_ms: float
    cost_sigma: float | None

    @property
    def bar_spacing_ms(self) -> float:
        """Mean time between shared bars; 0 when there are none."""
        return self.span.span_ms / self.ready if self.ready else 0.0

    @property
    def sparse(self) -> bool:
        """Whether the bars stretch over more than 1.5 times their own length."""
        return self.bar_spacing_ms > SPARSE_STEPS * self.spec.step_ms

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
    span = span_of(shared.open_ms, spec.step_ms)
    start_ms = int(shared.open_ms[0]) if ready else 0
    end_ms = start_ms + span.span_ms
    return PairWindow(
        spec=spec,
        ready=ready,
        as_of_ms=end_ms if ready else None,
        fit=fit if isinstance(fit, Line) else None,
        problem=_problem(fit),
        correlation=_correlation(longer, spec) if whole else None,
        half_life=_half_life(fit, y, x, counted) if isinstance(fit, Line) else None,
        span=span,
        partial_bars=int(np.count_nonzero(shared.flags & PARTIAL)),
        y_spacing_ms=_trade_spacing(y_bars, start_ms, end_ms),
        x_spacing_ms=_trade_spacing(x_bars, start_ms, end_ms),
        cost_sigma=_cost_sigma(fit, shared, spec) if isinstance(fit, Line) else None,
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


def _cost_sigma(fit: Line, shared: Shared, spec: PairSpec) -> float | None:
    y, x = float(shared.y[-1]), float(shared.x[-1])
    cost = round_trip(y, x, fit.slope, y_bps=PAID_BPS, x_bps=PAID_BPS, scale=spec.scale)
    return cost / fit.sigma if fit.sigma and math.isfinite(cost) else None


def _trade_spacing(bars: BarArray, start_ms: int, end_ms: int) -> float:
    """Mean time between a leg's trades over its own bars of the span, whether shared or not."""
    first, last = np.searchsorted(bars[:, OPEN_MS], (start_ms, end_ms))
    trades = float(bars[first:last, TRADES].sum())
    return (end_ms - start_ms) / trades if trades else 0.0
