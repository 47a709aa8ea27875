"""What the common factors leave of each symbol: one basket a symbol, and its residual row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.basket import EVERY, WINDOW, by_components, fit, half_lives, legs_before, walk_forward
from analytics.inputs import Panel
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, Integer

Floats = NDArray[np.float64]

_COMPONENTS: Final = Integer(
    name="components",
    label="Components",
    help="Common factors that are taken out of every symbol; fewer than there are symbols",
    default=1,
    low=1,
    high=50,
)


@dataclass(frozen=True, slots=True)
class PcaBaskets:
    """Basket i is symbol i less what the common factors explain of it; row i of ``weights`` (k, k) holds its legs.

    ``sigma`` and ``half_life`` (k,; NaN where there is none) are of the newest window's residuals. A symbol that is not
    in now has no basket (NaN) and a weight of 0 in the others, and ``left_out`` says why. ``spread`` and ``z`` (n, k)
    stand at ``open_ms``: row t by symbols, weights, mean and deviation of rows before t, NaN where there were too few
    or a symbol that is in has no price. ``members`` (n, k) marks the symbols that were in at row t.
    """

    symbols: tuple[str, ...]
    weights: Floats
    sigma: Floats
    half_life: Floats
    open_ms: NDArray[np.int64]
    spread: Floats
    z: Floats
    members: NDArray[np.bool_]
    left_out: dict[str, str]


def basket_pca(panel: Panel, *, scale: str, window: int, every: int, components: int) -> PcaBaskets | NotTestable:
    """Residual of every symbol to the first principal components of the correlation of one-bar steps.

    Factor returns are F = V' (r / s) with the first eigenvectors V and the steps' deviations s, so the residual step of
    symbol i is r_i - s_i (V V' (r / s))_i: a basket with the same legs. Its own weight is positive, and its gross value
    1 (see `analytics.basket.fit`). Steps over missing bars do not count. Unlike a cointegration test this promises no
    reversion: look at ``half_life``, or test the spread. `NotTestable` with no more symbols than components.

    >>> random = np.random.default_rng(5)
    >>> closes = 100 * np.exp(random.normal(0, 1e-3, (400, 1)).cumsum(axis=0) + random.normal(0, 1e-4, (400, 3)))
    >>> data = Panel(("sim:A", "sim:B", "sim:C"), np.arange(400) * 60_000, closes, closes, 60_000)
    >>> basket_pca(data, scale="log", window=300, every=60, components=1).weights[0].round(1)
    array([ 0.5, -0.2, -0.2])
    """
    legs = legs_before(panel, len(panel.closes), window, scale)
    if isinstance(legs, NotTestable):
        return legs
    weigh = by_components(components)
    found = fit(legs, weigh)
    if isinstance(found, NotTestable):
        return found
    path = walk_forward(panel, weigh, scale, window=window, every=every, baskets=len(panel.symbols))
    return PcaBaskets(
        symbols=panel.symbols,
        weights=found.weights.T.copy(),
        sigma=found.sigma,
        half_life=half_lives(legs, found),
        open_ms=panel.open_ms,
        spread=path.spread,
        z=path.z,
        members=path.members,
        left_out=legs.left_out,
    )


def _warmup(*, scale: str, window: int, every: int, components: int) -> int:  # noqa: ARG001
    return window


MEASURE: Final = Measure(
    name="basket_pca",
    title="Principal component baskets",
    group="basket",
    summary="What the market's common movement leaves of each symbol, and where it stands",
    takes=Panel,
    parameters=(SCALE, WINDOW, EVERY, _COMPONENTS),
    outputs=(
        Output("symbols", "Symbols", "", "One basket each"),
        Output("weights", "Weights", "units at a gross value of 1", "A row a basket, a column a leg; newest window"),
        Output("sigma", "Sigma", "gross value", "Deviation of the newest window's residuals"),
        Output("half_life", "Half-life", "bars", "Of the newest window's residuals"),
        Output("open_ms", "Time", "ms", "Open times of the rows below"),
        Output("spread", "Spread", "gross value", "Residuals by symbols and weights of the rows before"),
        Output("z", "z-score", "sigma", "The same in deviations of the rows before"),
        Output("members", "Members", "", "A row a time, a column a symbol: whether its fit had chosen it"),
        Output("left_out", "Left out", "", "Symbols without a basket now, with the reason"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=basket_pca,
    formula="w_i: e_i - s_i V V' e_i / s, over its gross value; spread_t = w' (p_t - mean before t)",
    reference="Avellaneda and Lee 2010, Quantitative Finance 10, section 2",
    oracle="numpy SVD of the steps and least squares on the factors",
    tolerance="1e-10 relative on weights",
)
