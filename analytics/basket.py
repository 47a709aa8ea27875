"""Baskets of many legs: symbols and weights from the rows before, and the residual that they leave, row by row."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.dependence import follows
from analytics.inputs import Panel
from analytics.johansen import johansen
from analytics.johansen_critical import MOST_LEGS
from analytics.measure import NotTestable
from analytics.parameters import Integer
from analytics.reversion import HalfLife, half_life
from analytics.rolling import ROUNDING
from analytics.scan.products import centre
from analytics.scan.rows import common_rows

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Weigh = Callable[[Floats, Flags], Floats | NotTestable]
"""Weights (k, b) of one basket, or of one a leg, from levels (n, k) of mean 0 and the rows (n,) that follow a row."""

WINDOW: Final = Integer(
    name="window", label="Window", help="Bars in every fit", unit="bars", default=480, low=60, high=20_000
)
EVERY: Final = Integer(
    name="every",
    label="Refit every",
    help="Symbols and weights change at open times that are multiples of so many bars",
    unit="bars",
    default=60,
    low=1,
    high=1440,
)
_REACH: Final = 2
"""Windows of rows among which a fit finds its own."""
_EXPLAINED: Final = 1e-9
"""No more than this of a leg's variance is left: rounding."""


class Legs(NamedTuple):
    """What a fit rests on: the newest ``levels`` (window, c) that c of the k symbols share.

    ``chosen`` (k,) marks those symbols, ``left_out`` says why another is not among them.
    """

    levels: Floats
    counted: Flags
    chosen: Flags
    log: bool
    left_out: dict[str, str]


class Fit(NamedTuple):
    """b baskets of k symbols: ``weights`` (k, b), the level's ``mean`` (k,) and the residuals' ``sigma`` (b,).

    A symbol that was not chosen has a weight of 0, and no basket of its own: NaN.
    """

    weights: Floats
    mean: Floats
    sigma: Floats


class Path(NamedTuple):
    """Residual and z-score of b baskets, (n, b): row t by a fit of rows before t, NaN where there is none.

    ``members`` (n, k) marks the symbols that the fit of the row had chosen.
    """

    spread: Floats
    z: Floats
    members: Flags


def legs_before(panel: Panel, row: int, window: int, scale: str) -> Legs | NotTestable:
    """The legs as of ``row``: symbols that share ``window`` of the 2 * ``window`` rows before it; at least two."""
    rows = slice(max(0, row - _REACH * window), row)
    seen = Panel(panel.symbols, panel.open_ms[rows], panel.closes[rows], panel.quote_volumes[rows], panel.step_ms)
    common = common_rows(seen, window)
    if len(common.symbols) < 2:
        return NotTestable(f"fewer than 2 symbols share {window} bars among the newest {_REACH * window}")
    closes = common.closes[-window:]
    return Legs(
        levels=np.log(closes) if scale == "log" else closes,
        counted=follows(common.open_ms, panel.step_ms)[-window:],
        chosen=np.isin(panel.symbols, common.symbols),
        log=scale == "log",
        left_out=common.left_out,
    )


def fit(legs: Legs, weigh: Weigh) -> Fit | NotTestable:
    """Baskets from these legs, each scaled to a gross value of 1.

    With prices, a basket at the rows' last prices is worth 1 of the quote asset, longs and shorts added up; with logs,
    the absolute weights add up to 1. So a residual reads as profit for each unit of money at work.
    """
    centred, mean = centre(legs.levels)
    weights = weigh(centred, legs.counted)
    if isinstance(weights, NotTestable):
        return weights
    value = np.ones(mean.size) if legs.log else legs.levels[-1]
    weights = weights / (np.abs(weights).T @ value)
    residual = centred @ weights
    residual -= residual.mean(axis=0)
    sigma = np.sqrt((residual * residual).sum(axis=0) / (len(centred) - 1))
    # What rounding leaves of the legs is no residual.
    floor = ROUNDING * (np.abs(weights).T @ np.abs(mean))
    return _among_all(legs.chosen, Fit(weights, mean, np.where(sigma > floor, sigma, np.nan)))


def walk_forward(panel: Panel, weigh: Weigh, scale: str, *, window: int, every: int, baskets: int) -> Path:
    """Every row by the newest fit made at or before it, which chose symbols and rows from those before that moment.

    Fits are made at open times that are multiples of ``every`` bars, so that they stay where they are when rows are
    added or leave; the first one when all the rows it may look at are there. NaN where a chosen symbol has no price.
    """
    n, k = panel.closes.shape
    prices = np.where(panel.closes > 0, panel.closes, np.nan)
    levels = np.log(prices) if scale == "log" else prices
    spread, z = np.full((2, n, baskets), np.nan)
    members = np.zeros((n, k), np.bool_)
    bucket = panel.open_ms // (panel.step_ms * every)
    moments = np.flatnonzero(np.diff(bucket, prepend=bucket[:1]))
    for start, stop in itertools.pairwise([*moments[moments >= _REACH * window].tolist(), n]):
        legs = legs_before(panel, start, window, scale)
        found = legs if isinstance(legs, NotTestable) else fit(legs, weigh)
        if isinstance(legs, NotTestable) or isinstance(found, NotTestable):
            continue
        members[start:stop] = legs.chosen
        moved = levels[start:stop, legs.chosen] - found.mean[legs.chosen]
        # Not by BLAS: its sums depend on how many rows there are.
        spread[start:stop] = np.einsum("ij,jk->ik", moved, found.weights[legs.chosen])
        z[start:stop] = spread[start:stop] / found.sigma
    return Path(spread, z, members)


def half_lives(legs: Legs, found: Fit) -> Floats:
    """Half-life in bars of each basket's residual over these legs' rows; NaN where it does not revert."""
    residual = (legs.levels - found.mean[legs.chosen]) @ found.weights[legs.chosen]
    told = [half_life(column, legs.counted) for column in residual.T]
    return np.array([each.bars if isinstance(each, HalfLife) else np.nan for each in told])


def by_johansen(centred: Floats, counted: Flags) -> Floats | NotTestable:
    """The most strongly reverting combination, by Johansen's test with a constant and one lagged step."""
    if centred.shape[1] > MOST_LEGS:
        return NotTestable(f"takes at most {MOST_LEGS} symbols, has {centred.shape[1]}: choose some")
    found = johansen(centred, 0, 1, int((~counted[1:]).sum()))
    return found if isinstance(found, NotTestable) else found.weights[:, :1]


def by_components(count: int) -> Weigh:
    """One basket a leg: what the first ``count`` principal components of the standardised steps leave of it.

    The weights of a leg that they explain altogether are NaN.
    """

    def weigh(centred: Floats, counted: Flags) -> Floats | NotTestable:
        if centred.shape[1] <= count:
            return NotTestable(f"needs more than {count} symbols, has {centred.shape[1]}")
        steps = np.diff(centred, axis=0)[counted[1:]]
        if len(steps) <= centred.shape[1]:
            return NotTestable(f"needs more than {centred.shape[1]} steps between neighbouring bars, has {len(steps)}")
        scale = steps.std(axis=0)
        if not (scale > 0).all():
            return NotTestable("a leg does not move between neighbouring bars")
        unit = (steps - steps.mean(axis=0)) / scale
        _, vectors = np.linalg.eigh(unit.T @ unit)
        kept = vectors[:, ::-1][:, :count]
        weights: Floats = np.eye(scale.size) - (kept @ kept.T) * scale / scale[:, None]
        return np.where(np.diagonal(weights) > _EXPLAINED, weights, np.nan)

    return weigh


def _among_all(chosen: Flags, found: Fit) -> Fit:
    baskets = chosen if found.sigma.size > 1 else np.array([True])
    weights, sigma = np.zeros((chosen.size, baskets.size)), np.full(baskets.size, np.nan)
    weights[:, ~baskets] = np.nan
    weights[np.ix_(chosen, baskets)], sigma[baskets] = found.weights, found.sigma
    mean = np.zeros(chosen.size)
    mean[chosen] = found.mean
    return Fit(weights, mean, sigma)
