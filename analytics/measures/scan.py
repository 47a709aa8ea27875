"""Every pair of many symbols tested for cointegration, in both directions, ranked with the number of tests in mind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.costs import FEE, HALF_SPREAD, round_trip
from analytics.dependence import follows
from analytics.inputs import Panel
from analytics.mackinnon import mackinnon_p
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Choice, Integer
from analytics.scan.discovery import benjamini_hochberg
from analytics.scan.engle_granger import PairTests, both_directions
from analytics.scan.products import centre
from analytics.scan.rows import MAX_SILENCE_S, MIN_LIQUIDITY, MIN_TRADES, Common, Limits, common_rows
from analytics.scan.traits import beta_stability, return_correlation
from analytics.scan.unit_roots import Rule, lags_for
from analytics.stationarity import DUPLICATE_R_SQUARED

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

_RULE: Final = Choice(
    name="lag_rule",
    label="Lags",
    help="How each test's lags are chosen: by Akaike's or Schwarz' criterion from 0 to 12 (n / 100)^(1/4), or fixed",
    default="aic",
    choices={"aic": "AIC", "bic": "BIC", "fixed": "Fixed"},
)
_LAGS: Final = Integer(
    name="lags", label="Fixed lags", help="Lags of every test when they are fixed", default=1, low=0, high=30
)
_MIN_ROWS: Final = Integer(
    name="min_rows",
    label="Least rows",
    help="Symbols with fewer bars are left out. A half-life above a thirtieth of the rows is mostly missed",
    unit="bars",
    default=240,
    low=50,
    high=1_000_000,
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One row a tested pair in its better direction, best first: every column has shape (pairs,).

    ``symbols`` were tested, ``left_out`` says why the others were not; ``duplicates`` are pairs that are one asset,
    ``singular`` pairs whose regression is (steps that repeat themselves): both have no row and no part in q. ``tests``
    is how many tests q rests on: two a pair. They stand on ``rows`` shared rows that end at ``as_of_ms``, with bars
    missing in ``gaps`` places.
    """

    symbols: tuple[str, ...]
    rows: int
    gaps: int
    as_of_ms: int
    tests: int
    y: Texts
    x: Texts
    statistic: Floats
    p: Floats
    q: Floats
    lags: NDArray[np.int64]
    hedge_ratio: Floats
    intercept: Floats
    sigma: Floats
    half_life: Floats
    correlation: Floats
    beta_stability: Floats
    liquidity: Floats
    cost_sigma: Floats
    z_in_sample: Floats
    left_out: dict[str, str]
    duplicates: tuple[tuple[str, str], ...]
    singular: tuple[tuple[str, str], ...]


def scan(
    panel: Panel,
    *,
    scale: str,
    lag_rule: Rule,
    lags: int,
    min_rows: int,
    min_liquidity: float,
    min_trades: float,
    max_silence_s: float,
    fee_bps: float,
    half_spread_bps: float,
) -> Scan | NotTestable:
    """Engle-Granger over all pairs of a panel; the null hypothesis of each test is **no** cointegration.

    Each pair is tested with either leg as y (regression with a constant, residual's Dickey-Fuller regression without);
    statistic and p are those of statsmodels' ``coint``. The direction with the lower p makes the row; q
    (Benjamini-Hochberg) counts every test of both directions. Fewer than 2 usable symbols are `NotTestable`.

    Rows are those that all symbols share (`common_rows`), nothing is filled in. A step over missing bars counts as one
    in the test and not at all in half-life and correlation. ``z_in_sample`` is the newest row measured by the very fit
    that it is part of: a marker of where the spread stands, never a signal. ``half_life`` (bars, NaN where the residual
    does not revert) is finite for almost any two walks: read it only where q is small.

    >>> walk = np.random.default_rng(7).normal(0, 0.1, (300, 2)).cumsum(axis=0) + 100
    >>> noise = np.random.default_rng(8).normal(0, 0.1, 300)
    >>> closes = np.column_stack([walk, 5 + 2 * walk[:, 0] + noise])
    >>> panel = Panel(("sim:A", "sim:B", "sim:C"), np.arange(300) * 60_000, closes, closes, 60_000)
    >>> found = MEASURE.run(panel)
    >>> found.tests, str(found.y[0]), str(found.x[0]), found.hedge_ratio[0].round(1), bool(found.q[0] < 1e-6)
    (6, 'sim:A', 'sim:C', np.float64(0.5), True)
    """
    limits = Limits(min_liquidity, min_trades, max_silence_s)
    used = common_rows(panel, _warmup_rows(lag_rule, lags, min_rows), limits)
    if len(used.symbols) < 2:
        reasons = "; ".join(f"{symbol} {reason}" for symbol, reason in list(used.left_out.items())[:3])
        return NotTestable(f"fewer than 2 symbols can be compared: {reasons or 'there is one symbol only'}")
    levels = np.log(used.closes) if scale == "log" else used.closes
    centred, mean = centre(levels)
    counted = follows(used.open_ms, panel.step_ms)
    tests = both_directions(centred, counted, lags_for(used.open_ms.size, lag_rule, lags))
    duplicate, singular, best, p, q = _judged(tests)
    y, x = tests.y[best], tests.x[best]
    newest, slope = used.closes[-1], tests.slope[best]
    paid = fee_bps + half_spread_bps
    cost = round_trip(newest[y], newest[x], slope, y_bps=paid, x_bps=paid, scale=scale)
    sigma = tests.sigma[best]
    unit = np.where(sigma > 0, sigma, np.nan)
    return Scan(
        symbols=used.symbols,
        rows=used.open_ms.size,
        gaps=int((~counted[1:]).sum()),
        as_of_ms=int(used.open_ms[-1]) + panel.step_ms,
        tests=2 * best.size,
        y=np.array(used.symbols)[y],
        x=np.array(used.symbols)[x],
        statistic=tests.statistic[best],
        p=p,
        q=q,
        lags=tests.lags[best],
        hedge_ratio=slope,
        intercept=mean[y] - slope * mean[x],
        sigma=sigma,
        half_life=tests.half_life[best],
        correlation=return_correlation(used.closes, counted, y, x),
        beta_stability=beta_stability(centred, y, x),
        liquidity=np.minimum(used.liquidity[y], used.liquidity[x]),
        cost_sigma=cost / unit,
        z_in_sample=tests.last[best] / unit,
        left_out=used.left_out,
        duplicates=_names(used, tests, duplicate),
        singular=_names(used, tests, singular),
    )


def _judged(tests: PairTests) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64], Floats, Floats]:
    """Which pairs are duplicates or singular; of the others the better test, best first, with its p and q."""
    pairs = tests.y.size // 2
    duplicate = tests.r_squared[:pairs] > DUPLICATE_R_SQUARED
    singular = np.isnan(tests.statistic).reshape(2, pairs).any(axis=0) & ~duplicate
    usable = np.flatnonzero(~(duplicate | singular))
    both = np.concatenate([usable, usable + pairs])
    p = mackinnon_p(tests.statistic[both], "c", 2)
    q = benjamini_hochberg(p)
    swapped = tests.statistic[usable + pairs] < tests.statistic[usable]
    at = np.arange(usable.size) + swapped * usable.size
    order = at[np.lexsort((tests.statistic[both[at]], q[at]))]
    return duplicate, singular, both[order], p[order], q[order]


def _names(used: Common, tests: PairTests, which: NDArray[np.bool_]) -> tuple[tuple[str, str], ...]:
    return tuple((used.symbols[tests.y[at]], used.symbols[tests.x[at]]) for at in np.flatnonzero(which))


def _warmup_rows(lag_rule: str, lags: int, min_rows: int) -> int:
    """As many as asked for, and enough for ten degrees of freedom."""
    return max(min_rows, 2 * lags + 12) if lag_rule == "fixed" else min_rows


def _warmup(
    *,
    scale: str,  # noqa: ARG001
    lag_rule: str,
    lags: int,
    min_rows: int,
    min_liquidity: float,  # noqa: ARG001
    min_trades: float,  # noqa: ARG001
    max_silence_s: float,  # noqa: ARG001
    fee_bps: float,  # noqa: ARG001
    half_spread_bps: float,  # noqa: ARG001
) -> int:
    return _warmup_rows(lag_rule, lags, min_rows)


MEASURE: Final = Measure(
    name="scan",
    title="Cointegration scan",
    group="scan",
    summary="Which pairs of many symbols are cointegrated, with the number of tests in mind",
    takes=Panel,
    parameters=(SCALE, _RULE, _LAGS, _MIN_ROWS, MIN_LIQUIDITY, MIN_TRADES, MAX_SILENCE_S, FEE, HALF_SPREAD),
    outputs=(
        Output("y", "y", "", "Leg that is explained, in the better direction"),
        Output("x", "x", "", "Leg that explains it"),
        Output("statistic", "t", "", "Engle-Granger statistic: the more negative, the stronger"),
        Output("p", "p", "", "MacKinnon's p of this one test, two variables with a constant"),
        Output("q", "q", "", "Share of false discoveries when all rows down to this one are believed"),
        Output("lags", "Lags", "", "Lags in the test"),
        Output("hedge_ratio", "Hedge ratio", "", "Units of x for one of y over all rows"),
        Output("intercept", "Intercept", "y", "Of the same fit"),
        Output("sigma", "Sigma", "y", "Standard deviation of the same fit's residual"),
        Output("half_life", "Half-life", "bars", "Of the residual as AR(1); says nothing where q is large"),
        Output("correlation", "Correlation", "", "Of one-bar log returns"),
        Output("beta_stability", "Hedge ratio stability", "", "1: the same in both halves; 0: it vanished or turned"),
        Output("liquidity", "Liquidity", "quote asset per minute", "Traded value of the thinner leg"),
        Output("cost_sigma", "Round trip", "sigma", "Fees and half-spreads of four trades"),
        Output("z_in_sample", "z in sample", "sigma", "Newest row by the fit it is part of: a marker, no signal"),
        Output("tests", "Tests", "", "How many tests q rests on: both directions of every pair"),
        Output("left_out", "Left out", "", "Symbols that could not be tested, with the reason"),
        Output("duplicates", "Duplicates", "", "Pairs that are one asset: R2 above 1 - 1e-6"),
        Output("singular", "Not testable", "", "Pairs whose steps repeat themselves"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=scan,
    formula="e = y - a - b x; de_t = g e_t-1 + sum c_i de_t-i + u; t = g / se(g); q_(i) = min_(j >= i) p_(j) m / j",
    reference="Engle and Granger 1987, Econometrica 55; MacKinnon 2010, QED 1227; Benjamini and Hochberg 1995, JRSS",
    oracle="statsmodels coint; scipy false_discovery_control; recorded Binance minutes",
    tolerance="1e-9 on t, 1e-10 on p, the same lags",
    null="no cointegration of the two legs",
)
