"""Tells when two legs stop moving together as they did: a running count of surprises in correlation or beta."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.align import Shared
from analytics.dependence import CANCELLED, follows, log_returns
from analytics.inputs import Flags, Floats, Integers, Pair
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW, Choice, Number

_OF: Final = Choice(
    name="of",
    label="Break of",
    help="The correlation of the two legs' returns, or the beta of y on x",
    default="correlation",
    choices={"correlation": "Correlation", "beta": "Beta"},
)
_THRESHOLD: Final = Number(
    name="threshold",
    label="Threshold",
    help="Sum of surprises, in their own standard deviations, at which a break is called. At 13, with a window of 120 "
    "and nothing changing, one false alarm comes in about 7,000 bars, or in 3,000 when volatility comes in bursts; "
    "minutes of ETH and BTC, whose correlation does change, gave an alarm in about 1,100. "
    "A correlation that falls from 0.8 to 0 is called after about 15 bars; one from 0.8 to 0.5 after about 30, or in "
    "four cases of ten not before the window has grown used to it",
    default=13.0,
    low=3.0,
    high=50.0,
)
_SLACK: Final = 0.25
_LARGEST: Final = 3.0
_FLAT: Final = 1e-7
_AT_ONCE: Final = 1 << 18


class CorrelationBreak(NamedTuple):
    """At each bar, shape (n,); NaN while warming up and where ``reference`` is unknown.

    ``reference`` is the correlation or beta of the ``window`` returns **before** the bar. ``statistic`` is the sum of
    surprises since, above 0 where they point up; ``alarm`` is 1 at the bar where it passes the threshold upward, -1
    downward, 0 elsewhere.
    """

    reference: Floats
    statistic: Floats
    alarm: Floats


def correlation_break(pair: Pair, *, window: int, of: str, threshold: float) -> CorrelationBreak:
    """CUSUM of what each new pair of returns says against the correlation or beta of the ``window`` returns before it.

    A surprise is the row's pull on the estimate, in standard deviations of such pulls over that window, held within -3
    and 3 so that no single print calls a break. Two sums are kept, up and down; each loses 0.25 a bar and never falls
    below 0. After an alarm both rest at 0 for ``window`` bars, until nothing from before the break is left in the
    reference. A bar without a one-bar return leaves them as they are; an unknown reference sets them to 0. They begin
    at 0 with the first reference: rows that begin later may not have seen what an alarm rests on.

    >>> random = np.random.default_rng(1)
    >>> x, own = random.normal(0, 1e-3, (2, 300)); y = np.r_[0.9 * x[:200] + 0.4 * own[:200], own[200:]]
    >>> same, legs = np.ones(300), np.exp(np.cumsum([y, x], axis=1))
    >>> shared = Shared(np.arange(300) * 60_000, *legs, same, same, np.zeros(300, np.int64))
    >>> found = correlation_break(Pair(shared, 60_000), window=120, of="correlation", threshold=13.0)
    >>> np.flatnonzero(np.abs(found.alarm) == 1), found.reference[[200, 260]].round(2)
    (array([215]), array([0.93, 0.51]))
    """
    shared = pair.shared
    counted = follows(shared.open_ms, pair.step_ms)
    reference, surprise = _surprises(shared.y, shared.x, counted, window, of)
    count = _Count(window, threshold)
    rows = [count.update(*row) for row in zip(reference.tolist(), surprise.tolist(), strict=True)]
    statistic, alarm = np.array(rows).reshape(-1, 2).T
    return CorrelationBreak(reference, statistic, alarm)


def _surprises(y: Floats, x: Floats, counted: Flags, window: int, of: str) -> tuple[Floats, Floats]:
    """What was known before each row, and how far the row's returns stray from it, in standard deviations.

    The stray is the row's pull on the estimate: u v - r (u^2 + v^2) / 2 for a correlation r of standardised returns u
    and v, u v - r v^2 for a beta. Its mean is 0 as long as r holds; NaN where the row has no return.
    """
    ry, rx = log_returns(y, counted), log_returns(x, counted)
    reference, surprise = np.full(y.size, np.nan), np.full(y.size, np.nan)
    step = max(1, _AT_ONCE // window)
    for start in range(window + 1, y.size, step):
        rows = np.arange(start, min(start + step, y.size))
        inside = sliding_window_view(counted, window)[rows - window]
        n = inside.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            u, v = (_standardised(leg, rows, inside, n) for leg in (ry, rx))
            r = (u.before * v.before).sum(axis=1) / n
            pull = _pull(u.before, v.before, r[:, np.newaxis], of)
            spread = np.sqrt((pull**2).sum(axis=1) / n)
            stray = np.where(spread > _FLAT, _pull(u.new, v.new, r, of) / spread, np.nan)
            found = r if of == "correlation" else r * u.scale / v.scale
        usable = (2 * n >= window) & u.moves & v.moves
        reference[rows] = np.where(usable, found, np.nan)
        surprise[rows] = np.where(usable & counted[rows], stray, np.nan)
    return reference, surprise


class _Standardised(NamedTuple):
    """Returns of the window before each row, shape (m, window), and of the row, in the window's deviations."""

    before: Floats
    new: Floats
    scale: Floats
    moves: Flags


def _standardised(leg: Floats, rows: Integers, inside: Flags, n: Integers) -> _Standardised:
    window = inside.shape[1]
    part = sliding_window_view(leg, window)[rows - window]
    mean = part.sum(axis=1) / n
    centred = np.where(inside, part - mean[:, np.newaxis], 0.0)
    squares = (centred**2).sum(axis=1)
    scale = np.sqrt(squares / n)
    moves = squares > CANCELLED * (part**2).sum(axis=1)
    return _Standardised(centred / scale[:, np.newaxis], (leg[rows] - mean) / scale, scale, moves)


def _pull(u: Floats, v: Floats, r: Floats, of: str) -> Floats:
    return u * v - r * ((u * u + v * v) / 2 if of == "correlation" else v * v)


class _Count:
    """The two sums; ``update`` gives the larger one, below 0 when it is that of falls, and the alarm."""

    def __init__(self, window: int, threshold: float) -> None:
        self._window, self._threshold = window, threshold
        self._up = self._down = 0.0
        self._rests = 0

    def update(self, reference: float, surprise: float) -> tuple[float, float]:
        if math.isnan(reference):
            self._up = self._down = 0.0
            return math.nan, math.nan
        if self._rests:
            self._rests -= 1
        elif not math.isnan(surprise):
            held = max(-_LARGEST, min(_LARGEST, surprise))
            self._up = max(0.0, self._up + held - _SLACK)
            self._down = max(0.0, self._down - held - _SLACK)
        statistic = self._up if self._up >= self._down else -self._down
        if abs(statistic) <= self._threshold:
            return statistic, 0.0
        self._up = self._down = 0.0
        self._rests = self._window
        return statistic, math.copysign(1.0, statistic)


class _Online:
    def __init__(self, step_ms: int, *, window: int, of: str, threshold: float) -> None:
        self._step_ms, self._window, self._of = step_ms, window, of
        self._count = _Count(window, threshold)
        self._rows: deque[tuple[float, float, float]] = deque(maxlen=_warmup(window=window, of=of, threshold=threshold))

    def update(self, row: Shared) -> tuple[float, ...]:
        self._rows.append((float(row.open_ms), float(row.y), float(row.x)))
        if len(self._rows) < (self._rows.maxlen or 0):
            return (math.nan,) * 3
        open_ms, y, x = np.array(self._rows).T.copy()
        counted = follows(open_ms.astype(np.int64), self._step_ms)
        reference, surprise = _surprises(y, x, counted, self._window, self._of)
        return (float(reference[-1]), *self._count.update(float(reference[-1]), float(surprise[-1])))


def _warmup(*, window: int, of: str, threshold: float) -> int:  # noqa: ARG001
    return window + 2


MEASURE: Final = Measure(
    name="correlation_break",
    title="Correlation break",
    group="dependence",
    summary="When two legs stop moving together as they did",
    takes=Pair,
    parameters=(WINDOW, _OF, _THRESHOLD),
    outputs=(
        Output("reference", "Before", "", "Correlation or beta of the returns before the bar"),
        Output("statistic", "Surprise so far", "sigma", "Sum of what speaks for a change; above 0: it has risen"),
        Output("alarm", "Break", "", "1 where a rise is called, -1 where a fall is, 0 elsewhere"),
    ),
    per_row=True,
    warmup=_warmup,
    compute=correlation_break,
    online=_Online,
    formula="S+ = max(0, S+ + s - 0.25), S- likewise with -s; s = (u v - r (u^2 + v^2) / 2) / sd for a correlation, "
    "(u v - r v^2) / sd for a beta; alarm where either passes the threshold",
    reference="Page 1954, Biometrika 41; Hampel 1974, JASA 69 (the pull of a row); Wied, Kraemer and Dehling 2012",
    oracle="plain loop over windows; false alarms and delays on seeded data with and without a planted break",
    tolerance="1e-10",
    null="the correlation or beta of the window before still holds",
)
