"""How strong the evidence for cointegration was at each moment: Engle-Granger's p over the window that ended there."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.inputs import Pair, count
from analytics.measure import Measure, Output
from analytics.parameters import SCALE, Integer
from analytics.series import pair_columns
from analytics.stationarity import MIN_ROWS, NULL_PAIR, engle_granger_p

Floats = NDArray[np.float64]

_WINDOW: Final = Integer(
    name="window",
    label="Window",
    help="Bars in each test; a half-life above a thirtieth of it is mostly missed",
    unit="bars",
    default=240,
    low=MIN_ROWS,
    high=1000,
)
_EVERY: Final = Integer(
    name="every",
    label="Every",
    help="Time between tests; counted from midnight UTC 1970, so that it does not depend on where the data begin",
    unit="bars",
    default=15,
    low=1,
    high=240,
)
_VALUES: Final = 1 << 18


class PStrip(NamedTuple):
    """p of the newest test at each shared bar, shape (n,); NaN while warming up and where there is nothing to test."""

    p: Floats


def p_strip(pair: Pair, *, window: int, every: int, scale: str) -> PStrip:
    """Engle-Granger's p, y on x with lags by AIC, over the ``window`` shared bars up to and including a bar.

    A test is made at the first shared bar of each span of ``every`` bars and holds until the next, so a row shows what
    was known when its bar closed. The null hypothesis is **no** cointegration. Neighbouring tests share most of their
    rows and many tests find many small p by chance: read it as a picture, not as a search for the best moment.

    >>> from analytics.align import Shared
    >>> random, ones = np.random.default_rng(1), np.ones(300)
    >>> x = 100 + random.normal(size=300).cumsum()
    >>> shared = Shared(np.arange(300) * 60_000, 2 * x + random.normal(size=300), x, ones, ones, np.arange(300))
    >>> found = p_strip(Pair(shared, 60_000), window=100, every=50, scale="level").p
    >>> int(np.isnan(found).sum()), bool((found[148:] < 0.001).all())
    (148, True)
    """
    y, x = pair_columns(pair, scale)
    n = count(pair)
    p = np.full(n, np.nan)
    if n < window:
        return PStrip(p)
    span = pair.shared.open_ms // (every * pair.step_ms)
    begins = np.flatnonzero(np.diff(span, prepend=span[0] - 1))
    tested = begins[begins >= window - 1]
    found = np.full(tested.size, np.nan)
    y_windows, x_windows = (sliding_window_view(each.values, window) for each in (y, x))
    together = max(1, _VALUES // window)
    for start in range(0, tested.size, together):
        part = tested[start : start + together] - (window - 1)
        found[start : start + together] = engle_granger_p(y_windows[part], x_windows[part])
    newest = np.searchsorted(tested, np.arange(n), side="right") - 1
    ready = np.arange(n) >= _warmup(window=window, every=every, scale=scale) - 1
    p[ready] = found[newest[ready]]
    return PStrip(p)


def _warmup(*, window: int, every: int, scale: str) -> int:  # noqa: ARG001
    return window + every - 1


MEASURE: Final = Measure(
    name="p_strip",
    title="Cointegration strip",
    group="cointegration",
    summary="When the legs were tied to each other, and when not",
    takes=Pair,
    parameters=(_WINDOW, _EVERY, SCALE),
    outputs=(Output("p", "p", "", "Engle-Granger's p over the window that ended at the newest test"),),
    per_row=True,
    warmup=_warmup,
    compute=p_strip,
    formula="p of Engle-Granger over rows t - window + 1 to t at the first shared bar t of each span, then held",
    reference="Engle and Granger 1987, Econometrica 55; MacKinnon 1994",
    oracle="statsmodels coint of every window",
    tolerance="1e-9 relative",
    null=NULL_PAIR,
)
