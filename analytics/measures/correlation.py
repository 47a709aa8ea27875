"""Rolling correlation of two legs' returns: plain, by ranks, or with weights that fade."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.align import Shared
from analytics.compiled import fast
from analytics.dependence import ewm_correlation, follows, log_ratio, rolling_correlation, rolling_spearman
from analytics.inputs import Pair
from analytics.loops.matrix import EWM_STATE, ewm_step
from analytics.measure import Measure, Online, Output
from analytics.online import Windowed
from analytics.parameters import WINDOW, Choice

Floats = NDArray[np.float64]

_METHOD: Final = Choice(
    name="method",
    label="Method",
    help="Pearson; Spearman, by ranks, which one big print cannot move; or EWM, Pearson with weights that halve every "
    "third of the window, so that lately counts more and nothing drops out at once",
    default="pearson",
    choices={"pearson": "Pearson", "spearman": "Spearman", "ewm": "EWM"},
)
_HALF_LIVES: Final = 3


class Correlation(NamedTuple):
    """Correlation at each bar, between -1 and 1, shape (n,); NaN while warming up and where a leg does not move."""

    correlation: Floats


def correlation(pair: Pair, *, window: int, method: str) -> Correlation:
    """Correlation of one-bar log returns up to and including each shared bar.

    Returns that span missing bars are left out; ``pearson`` and ``spearman`` need half of the window's. ``ewm`` passes
    over them, reaches back over all rows (where they begin fades), and needs ``window`` rows and one before it can
    speak.

    >>> x = np.exp(np.sin(np.arange(30.0))); same = np.ones(30)
    >>> shared = Shared(np.arange(30) * 60_000, x**2, x, same, same, np.zeros(30, np.int64))
    >>> correlation(Pair(shared, 60_000), window=20, method="spearman").correlation[-1]
    np.float64(1.0)
    """
    y, x = pair.shared.y, pair.shared.x
    counted = follows(pair.shared.open_ms, pair.step_ms)
    if method == "ewm":
        result = ewm_correlation(y, x, counted, window / _HALF_LIVES)
    elif method == "spearman":
        result = rolling_spearman(y, x, counted, window)
    else:
        result = rolling_correlation(y, x, counted, window)
    result[:window] = np.nan  # no return leads into row 0
    return Correlation(result)


def _warmup(*, window: int, method: str) -> int:  # noqa: ARG001
    return window + 1


def _online(step_ms: int, *, window: int, method: str) -> Online:
    if method == "ewm":
        return _Fading(step_ms, window)
    return Windowed(MEASURE, step_ms, {"window": window, "method": method})


class _Fading:
    def __init__(self, step_ms: int, window: int) -> None:
        self._step_ms = step_ms
        self._keep = 0.5 ** (_HALF_LIVES / window)
        self._waits = window
        self._state = np.zeros(EWM_STATE)
        self._before: Shared | None = None

    def update(self, row: Shared) -> tuple[float, ...]:
        before, self._before = self._before, row
        step = np.full(2, np.nan)
        if before is not None:
            self._waits -= 1
            if row.open_ms - before.open_ms == self._step_ms:
                step = log_ratio(np.array([row.y, row.x]), np.array([before.y, before.x]))
        value = fast(ewm_step)(self._state, step[0], step[1], self._keep)
        return (float(value) if self._waits <= 0 else np.nan,)


MEASURE: Final = Measure(
    name="correlation",
    title="Rolling correlation",
    group="dependence",
    summary="How much the returns of two legs move together",
    takes=Pair,
    parameters=(WINDOW, _METHOD),
    outputs=(Output("correlation", "Correlation", "", "Correlation of one-bar log returns, from -1 to 1"),),
    per_row=True,
    warmup=_warmup,
    compute=correlation,
    online=_online,
    formula="Pearson: cov(r_y, r_x) / (sd(r_y) sd(r_x)); Spearman: the same of ranks, ties averaged; "
    "EWM: the same with weights 0.5^(3 age / window)",
    reference="Pearson 1895; Spearman 1904, Am. J. Psychology 15; RiskMetrics Technical Document 1996",
    oracle="long double brute force; scipy spearmanr; pandas ewm(adjust=True).corr",
    tolerance="1e-12",
)
