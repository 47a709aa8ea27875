"""A basket of many legs that reverts most strongly: Johansen's first combination, and its residual row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.basket import EVERY, WINDOW, by_johansen, fit, half_lives, legs_before, walk_forward
from analytics.inputs import Panel
from analytics.johansen import johansen
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JohansenBasket:
    """``weights`` (k,), one for each of ``symbols``, from the newest window; the test's figures belong to the same.

    A symbol that has no leg now has a weight of 0, and ``left_out`` says why. ``spread`` and ``z`` (n,) stand at
    ``open_ms``: row t by symbols, weights, mean and deviation of rows before t, NaN where there were too few or a leg
    has no price. ``members`` (n, k) marks the symbols that row t's basket was made of.
    """

    symbols: tuple[str, ...]
    weights: Floats
    sigma: float
    half_life: float | None
    relations: int
    trace: Floats
    verdict: str
    open_ms: NDArray[np.int64]
    spread: Floats
    z: Floats
    members: NDArray[np.bool_]
    left_out: dict[str, str]


def basket_johansen(panel: Panel, *, scale: str, window: int, every: int) -> JohansenBasket | NotTestable:
    """The combination of 2 to 12 symbols that Johansen's test finds to revert most, with a constant and one lag.

    The null hypothesis of the test is that no combination reverts. The first leg's weight is positive, and the basket's
    gross value is 1 (see `analytics.basket.fit`): from one fit to the next the spread's sign may turn where that weight
    passes 0, or that leg comes or goes. ``half_life`` (bars) is of the newest window's residual, None where it does not
    revert; ``sigma`` its deviation. A fit takes the symbols that share ``window`` of the 2 * ``window`` rows before it,
    and the newest of those rows; refits as `walk_forward` says.

    >>> walk = 100 + np.random.default_rng(5).normal(0, 0.1, (400, 2)).cumsum(axis=0)
    >>> third = walk.sum(axis=1) + np.random.default_rng(6).normal(0, 0.1, 400)
    >>> closes = np.column_stack([walk, third])
    >>> data = Panel(("sim:A", "sim:B", "sim:C"), np.arange(400) * 60_000, closes, closes, 60_000)
    >>> found = basket_johansen(data, scale="level", window=300, every=60)
    >>> (found.weights / found.weights[0]).round(1), found.relations
    (array([ 1.,  1., -1.]), 1)
    """
    legs = legs_before(panel, len(panel.closes), window, scale)
    if isinstance(legs, NotTestable):
        return legs
    found = fit(legs, by_johansen)
    if isinstance(found, NotTestable):
        return found
    tested = johansen(legs.levels, 0, 1, int((~legs.counted[1:]).sum()))
    if isinstance(tested, NotTestable) or np.isnan(found.sigma[0]):
        return NotTestable("the legs are all but identical: there is no spread to test")
    path = walk_forward(panel, by_johansen, scale, window=window, every=every, baskets=1)
    half_life = float(half_lives(legs, found)[0])
    return JohansenBasket(
        symbols=panel.symbols,
        weights=found.weights[:, 0],
        sigma=float(found.sigma[0]),
        half_life=None if np.isnan(half_life) else half_life,
        relations=tested.relations,
        trace=tested.trace,
        verdict=tested.verdict,
        open_ms=panel.open_ms,
        spread=path.spread[:, 0],
        z=path.z[:, 0],
        members=path.members,
        left_out=legs.left_out,
    )


def _warmup(*, scale: str, window: int, every: int) -> int:  # noqa: ARG001
    return window


MEASURE: Final = Measure(
    name="basket_johansen",
    title="Johansen basket",
    group="basket",
    summary="Weights of a basket that reverts as strongly as can be, and where it stands",
    takes=Panel,
    parameters=(SCALE, WINDOW, EVERY),
    outputs=(
        Output("symbols", "Symbols", "", "The columns below"),
        Output(
            "weights", "Weights", "units at a gross value of 1", "Of the symbols, from the newest window; 0: left out"
        ),
        Output("sigma", "Sigma", "gross value", "Deviation of the newest window's residual"),
        Output("half_life", "Half-life", "bars", "Of the newest window's residual"),
        Output("relations", "Relations", "", "Combinations that revert, by the trace test at 5 %"),
        Output("trace", "Trace", "", "Trace statistics: at most 0, 1, ... combinations revert"),
        Output("verdict", "Verdict", "", "The test in one sentence"),
        Output("open_ms", "Time", "ms", "Open times of the rows below"),
        Output("spread", "Spread", "gross value", "Residual by symbols and weights of the rows before"),
        Output("z", "z-score", "sigma", "The same in deviations of the rows before"),
        Output("members", "Members", "", "A row a time, a column a symbol: whether its fit had chosen it"),
        Output("left_out", "Left out", "", "Symbols without a leg now, with the reason"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=basket_johansen,
    formula="w: first eigenvector of Johansen's problem / (sum |w_i| P_i); spread_t = w' (p_t - mean before t)",
    reference="Johansen 1991, Econometrica 59; Chan 2013, Algorithmic Trading, section 2.3",
    oracle="statsmodels coint_johansen; Chan's figures for EWA, EWC and IGE",
    tolerance="1e-9 relative on weights",
    null="no combination of the legs reverts",
)
