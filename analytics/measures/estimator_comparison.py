"""Every estimator of the hedge ratio on one window, in both directions, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics.dependence import follows
from analytics.estimators import ESTIMATORS
from analytics.estimators.base import Estimator, Rows, rows_of
from analytics.estimators.grid import Grid
from analytics.estimators.kalman import DELTA, NOISE
from analytics.hedge import Line, NoFit
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, WINDOW
from analytics.reversion import HalfLife, half_life


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimator in one direction, in units of y on x whichever leg was explained.

    ``direction`` is ``y_on_x``, or ``x_on_y``: then the line is solved for y, so ``hedge_ratio`` is 1 / slope.
    ``sigma`` is the estimator's own (see its measure). ``half_life_bars`` is None where the residual has none;
    ``reason`` says why there is no line (then every number is None) and is empty otherwise.
    """

    method: str
    direction: str
    hedge_ratio: float | None
    intercept: float | None
    sigma: float | None
    half_life_bars: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """An `Estimate` of each method and direction, all on the same ``n`` rows."""

    estimates: tuple[Estimate, ...]
    n: int


def estimator_comparison(
    pair: Pair, *, window: int, scale: str, delta: float, noise: float
) -> Comparison | NotTestable:
    """All estimators on the newest ``window`` shared rows, y on x and x on y.

    Where they agree, the hedge ratio is well determined; b of y on x and of x on y enclose it (their ratio is R2 for
    least squares, 1 for total least squares). Kalman starts from the first third of the window and shows where it
    ends, with ``delta`` and ``noise`` as in its own measure. Huber and Theil-Sen are fitted on the whole window.
    """
    rows = rows_of(pair, scale)
    if rows.y.size < window:
        return NotTestable(f"needs {window} shared bars, has {rows.y.size}")
    rows = Rows(rows.open_ms[-window:], rows.y[-window:], rows.x[-window:], rows.step_ms)
    swapped = Rows(rows.open_ms, rows.x, rows.y, rows.step_ms)
    options = {"delta": delta, "noise": noise}
    found = []
    for name, each in ESTIMATORS.items():
        found.append(_estimate(rows, name, "y_on_x", _line(each, rows, options)))
        found.append(_estimate(rows, name, "x_on_y", _solved(_line(each, swapped, options))))
    return Comparison(tuple(found), window)


def _line(estimator: Estimator, rows: Rows, options: Mapping[str, float]) -> Line | NoFit:
    if isinstance(estimator, Grid):
        return estimator.fit(rows.y, rows.x)
    state = estimator.columns(rows, rows.y.size // 3, options, None)[1] if estimator.recursive else None
    return estimator.newest(rows, rows.y.size, options, state)


def _solved(line: Line | NoFit) -> Line | NoFit:
    """The line of x on y as one of y on x."""
    if isinstance(line, NoFit):
        return line
    if not line.slope:
        return NoFit("x does not follow y at all", line.n)
    return Line(
        n=line.n,
        slope=1 / line.slope,
        intercept=-line.intercept / line.slope,
        sigma=line.sigma / abs(line.slope),
        y_mean=line.x_mean,
        x_mean=line.y_mean,
    )


def _estimate(rows: Rows, method: str, direction: str, line: Line | NoFit) -> Estimate:
    if isinstance(line, NoFit):
        return Estimate(method, direction, None, None, None, None, line.reason)
    rest = (rows.y - line.y_mean) - line.slope * (rows.x - line.x_mean)
    back = half_life(rest, follows(rows.open_ms, rows.step_ms))
    bars = back.bars if isinstance(back, HalfLife) else None
    return Estimate(method, direction, line.slope, line.intercept, line.sigma, bars, "")


def _warmup(*, window: int, scale: str, delta: float, noise: float) -> int:  # noqa: ARG001
    return window


MEASURE: Final = Measure(
    name="estimator_comparison",
    title="Estimator comparison",
    group="hedge",
    summary="What every estimator makes of the same bars, with either leg explained by the other",
    takes=Pair,
    parameters=(WINDOW, SCALE, DELTA, NOISE),
    outputs=(
        Output(
            "estimates", "Estimates", "", "Hedge ratio, intercept, sigma and half-life of each method and direction"
        ),
        Output("n", "Rows", "bars", "Shared bars that every estimate rests on"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=estimator_comparison,
    formula="each estimator's line on the window; x on y: b = 1 / slope, a = -intercept / slope, sigma / |slope|",
    reference="as for each estimator",
    oracle="statsmodels OLS and RLM, scipy theilslopes, numpy SVD, pykalman",
    tolerance="that of each estimator",
)
