"""Signal study: what the spread did after its z-score was in a bucket, without looking ahead or counting twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.estimators.base import one_row_later, scaled, z_of
from analytics.inputs import Pair
from analytics.measure import Measure, NotTestable, Output
from analytics.parameters import SCALE, WINDOW, Integer, Number
from analytics.rolling import rolling_ols

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BORDERS: Final = (-2.0, -1.0, 0.0, 1.0, 2.0)
_HORIZONS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
_MIN_HORIZONS: Final = 10
_FILL: Final = 1
"""Bars from the one whose close makes a signal to the one whose close it is filled at."""
_HORIZON: Final = Integer(
    name="horizon",
    label="Horizon",
    help="Bars from the fill, one bar after the signal, to the outcome",
    unit="bars",
    default=30,
    low=1,
    high=500,
)
_ENTRY: Final = Number(
    name="entry",
    label="Entry",
    help="|z| from which on a signal counts in the curve over horizons",
    unit="sigma",
    default=1.5,
    low=0.0,
    high=10.0,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Mean change in sigma of ``n`` outcomes that do not overlap, with its 95 % interval.

    ``mean`` is None without outcomes, ``low`` and ``high`` with fewer than two.
    """

    n: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Outcomes of signals with ``above`` <= z < ``below``; None: no bound."""

    above: float | None
    below: float | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Reversion:
    """Move towards the mean (positive: it came back) within ``horizon`` bars after |z| >= entry."""

    horizon: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class SignalStudy:
    """``signals`` bars had a z-score and an outcome; ``buckets`` by z, ``curve`` by horizon, ``verdict`` for people."""

    signals: int
    buckets: tuple[Bucket, ...]
    curve: tuple[Reversion, ...]
    verdict: str


class _Signals(NamedTuple):
    """Columns of shape (n,): z and what a position opened upon it rests on."""

    open_ms: Integers
    y: Floats
    x: Floats
    z: Floats
    slope: Floats
    sigma: Floats


def signal_study(pair: Pair, *, window: int, scale: str, horizon: int, entry: float) -> SignalStudy | NotTestable:
    """Change of the spread over the ``horizon`` bars that follow a fill, by bucket of z, and the way back by horizon.

    z_t rests on the fit of the ``window`` bars before t and is known when bar t closes. The fill is the close of the
    bar after it, f = t + 1: where prices jump between bid and ask, the very print that made z would else count as its
    way back. The outcome keeps that fit's hedge ratio and sigma: (y_f+h - y_f - slope_t (x_f+h - x_f)) / sigma_t, what
    the position would make before costs, so a drift of the fit is no profit. It counts only if the h + 1 bars after t
    are all there. In a bucket the next signal counts from ``horizon`` bars after the last one that did: outcomes do not
    overlap, and the interval (Student's t) takes them as independent. Six buckets and six horizons are looked at: at
    95 % one in twenty is off by chance.

    `NotTestable` below ``window`` + 10 ``horizon`` shared bars, and where no bar has both a z-score and an outcome.
    """
    rows = int(pair.shared.open_ms.size)
    needed = _warmup(window=window, scale=scale, horizon=horizon, entry=entry)
    if rows < needed:
        return NotTestable(f"needs {needed} shared bars, has {rows}")
    signals = _signals(pair, window, scale)
    change = _change(signals, horizon, pair.step_ms)
    known = np.isfinite(change)
    if not known.any():
        return NotTestable(f"no bar has both a z-score and {horizon + _FILL} bars after it without a gap")
    buckets = []
    for above, below in zip((None, *_BORDERS), (*_BORDERS, None), strict=True):
        inside = known & (signals.z >= (-math.inf if above is None else above))
        inside &= signals.z < (math.inf if below is None else below)
        buckets.append(Bucket(above, below, _outcome(change[_apart(np.flatnonzero(inside), horizon)])))
    curve = []
    for bars in sorted({max(1, round(share * horizon)) for share in _HORIZONS}):
        back = -np.sign(signals.z) * _change(signals, bars, pair.step_ms)
        at = np.flatnonzero(np.isfinite(back) & (np.abs(signals.z) >= entry))
        curve.append(Reversion(bars, _outcome(back[_apart(at, bars)])))
    main = next(each.outcome for each in curve if each.horizon == horizon)
    return SignalStudy(int(known.sum()), tuple(buckets), tuple(curve), _verdict(main, horizon, entry))


def _signals(pair: Pair, window: int, scale: str) -> _Signals:
    y, x = scaled(pair.shared.y, pair.shared.x, scale)
    fit = rolling_ols(y, x, window)
    sigma = one_row_later(fit.sigma)
    z = z_of(fit.residuals_after(y, x), sigma)
    return _Signals(pair.shared.open_ms, y, x, z, one_row_later(fit.slope), sigma)


def _change(signals: _Signals, bars: int, step_ms: int) -> Floats:
    """Outcome of each row's signal so many bars after its fill, in sigma; NaN where it has none."""
    result = np.full(signals.z.size, np.nan)
    reach = bars + _FILL
    if reach >= result.size:
        return result
    usable = np.isfinite(signals.z[:-reach])
    usable &= signals.open_ms[reach:] - signals.open_ms[:-reach] == reach * step_ms
    y, x = (leg[reach:] - leg[_FILL:-bars] for leg in (signals.y, signals.x))
    np.divide(y - signals.slope[:-reach] * x, signals.sigma[:-reach], out=result[:-reach], where=usable)
    return np.where(np.isfinite(result), result, np.nan)


def _apart(rows: Integers, bars: int) -> Integers:
    """The first row, then each next one at least so many rows after the last that was taken."""
    taken: list[int] = []
    place = 0
    while place < rows.size:
        taken.append(int(rows[place]))
        place = int(np.searchsorted(rows, taken[-1] + bars))
    return np.array(taken, np.int64)


def _outcome(changes: Floats) -> Outcome:
    n = changes.size
    mean = float(changes.mean()) if n else None
    if mean is None or n < 2:
        return Outcome(n, mean, None, None)
    # 0.2 s to import, and only studies on demand need it.
    from scipy.special import stdtrit  # noqa: PLC0415

    margin = float(stdtrit(n - 1, 0.975)) * float(changes.std(ddof=1)) / math.sqrt(n)
    return Outcome(n, mean, mean - margin, mean + margin)


def _verdict(found: Outcome, horizon: int, entry: float) -> str:
    after = f"Within {horizon} bars after |z| of {entry:g} or more"
    if found.mean is None or found.low is None or found.high is None:
        return f"{after}: {found.n} outcomes, too few to say anything."
    moved = f"the spread came back by {found.mean:.2f} sigma on average"
    if found.mean < 0:
        moved = f"the spread went on by {-found.mean:.2f} sigma on average"
    sure = "" if found.low > 0 or found.high < 0 else "; it may be chance"
    return f"{after}, {moved} (95 %: {found.low:.2f} to {found.high:.2f}, {found.n} outcomes){sure}. Before costs."


def _warmup(*, window: int, scale: str, horizon: int, entry: float) -> int:  # noqa: ARG001
    return window + _MIN_HORIZONS * horizon


MEASURE: Final = Measure(
    name="signal_study",
    title="Signal study",
    group="study",
    summary="What the spread did after its z-score was high or low",
    takes=Pair,
    parameters=(WINDOW, SCALE, _HORIZON, _ENTRY),
    outputs=(
        Output("signals", "Signals", "bars", "Bars with a z-score and an outcome, overlapping ones included"),
        Output("buckets", "By z", "sigma", "Mean change of the spread by bucket of z, with its 95 % interval"),
        Output("curve", "By horizon", "sigma", "Mean move towards the mean by horizon, with its 95 % interval"),
        Output("verdict", "Verdict", "", "What was found, in one sentence"),
    ),
    per_row=False,
    warmup=_warmup,
    compute=signal_study,
    formula="(y_f+h - y_f - b_t (x_f+h - x_f)) / sigma_t, f = t + 1, by bucket of z_t; "
    "mean +- t(0.975, n - 1) s / sqrt(n)",
    reference="Boudoukh, Richardson and Whitelaw 2008, Review of Financial Studies 21 (why not to overlap)",
    oracle="brute force; scipy.stats.t; planted AR(1) and random walks",
    tolerance="1e-9 relative",
    null="the spread's change does not depend on z",
)
