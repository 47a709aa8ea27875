"""Hedge ratio by total least squares, and the spread it leaves."""

from __future__ import annotations

from typing import Final

from analytics.estimators import ESTIMATORS
from analytics.estimators.base import HEDGE_OUTPUTS, AsOf, rows_of
from analytics.inputs import Pair
from analytics.measure import Measure
from analytics.parameters import SCALE, WINDOW


def tls(pair: Pair, *, window: int, scale: str) -> AsOf:
    """Line of least squared distances at right angles over the ``window`` shared rows before each row.

    Both legs are taken to carry noise of one size: swapping them inverts the ratio exactly. It depends on the units,
    so for prices of different size use ``scale`` log. ``sigma`` is the standard deviation (ddof 1) of the residuals in
    y. NaN where a leg does not move, a price is missing, or the line is upright; no standard error in closed form.
    """
    return ESTIMATORS["tls"].columns(rows_of(pair, scale), window, {}, None)[0]


def _warmup(*, window: int, scale: str) -> int:  # noqa: ARG001
    return window + 1


MEASURE: Final = Measure(
    name="tls",
    title="TLS hedge ratio",
    group="hedge",
    summary="How much of x offsets one of y when both legs are noisy",
    takes=Pair,
    parameters=(WINDOW, SCALE),
    outputs=HEDGE_OUTPUTS,
    per_row=True,
    warmup=_warmup,
    compute=tls,
    formula="b = (Syy - Sxx + sqrt((Syy - Sxx)^2 + 4 Sxy^2)) / (2 Sxy), a = mean(y) - b mean(x), window before t",
    reference="Golub and Van Loan 1980, SIAM J. Numer. Anal. 17; Fuller 1987, Measurement Error Models, 1.3",
    oracle="singular vector of the centred window (numpy.linalg.svd); scipy.odr",
    tolerance="1e-12 relative (SVD)",
)
