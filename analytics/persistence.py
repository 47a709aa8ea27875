"""Does a series trend, wander or revert: detrended fluctuation analysis and the variance ratio of its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.compiled import fast, ready
from analytics.loops import dfa
from analytics.measure import NotTestable
from analytics.rolling import ROUNDING

Floats = NDArray[np.float64]

NULL_STEPS: Final = "steps are uncorrelated, their variance may change"
MIN_SCALES: Final = 4
MIN_PIECES: Final = 4
_RATIO: Final = 1.2
_WALK_MARGIN: Final = 3.0
"""Two standard deviations of the exponent of random walks, times the root of their steps; by simulation."""


@dataclass(frozen=True, slots=True, eq=False)
class Hurst:
    """Hurst exponent by detrended fluctuation analysis: 0.5 for a random walk, above it trends, below it reverts.

    ``exponent`` is the slope of log ``fluctuations`` (m,) on log ``scales`` (m,), the lengths of the pieces in bars;
    ``slope_se`` is that line's standard error, ``r_squared`` its fit: what is not a line has no single exponent. A
    spread that reverts has none: it reads 0.5 far below its half-life and 0 far above. ``n`` steps went in.
    """

    exponent: float
    slope_se: float
    r_squared: float
    scales: Floats
    fluctuations: Floats
    n: int
    verdict: str


@dataclass(frozen=True, slots=True)
class VarianceRatio:
    """Variance of ``bars``-long steps over ``bars`` times that of single ones: 1 for a random walk, below it reverts.

    ``z`` and the two-sided ``p`` are Lo and MacKinlay's, robust to changing variance. ``n`` single steps went in,
    ``overlapping`` long ones, which share them; none spans missing bars. ``verdict`` is one sentence for people.
    """

    ratio: float
    z: float
    p: float
    bars: int
    n: int
    overlapping: int
    verdict: str


def scales_for(n: int, shortest: int, longest: int) -> list[int]:
    """Piece lengths from ``shortest`` to ``longest``, each a fifth above the last, of each at least 4 in n steps.

    >>> scales_for(200, 10, 100)
    [10, 12, 14, 17, 20, 24, 29, 35, 42]
    """
    found: list[int] = []
    scale = float(shortest)
    while int(scale) <= min(longest, n // MIN_PIECES):
        found.append(int(scale))
        scale = max(scale * _RATIO, found[-1] + 1.0)
    return found


def steps_for(shortest: int) -> int:
    """Steps between neighbouring bars that `hurst` must have.

    >>> steps_for(10)
    68
    """
    return MIN_PIECES * scales_for(16 * MIN_PIECES * shortest, shortest, 16 * shortest)[MIN_SCALES - 1]


def hurst(steps: ArrayLike, shortest: int = 10, longest: int = 1000) -> Hurst | NotTestable:
    """Detrended fluctuation analysis of order 1 of the steps (returns or price changes) of a series, shape (n,).

    The steps less their mean are added up and cut into pieces that do not overlap; a fluctuation is the root mean
    square of what a straight line through each piece leaves (Peng et al. 1994). Leave out steps over missing bars.

    >>> found = hurst(np.random.default_rng(1).normal(size=2000))
    >>> round(found.exponent, 2), found.scales.size
    (0.51, 22)
    """
    values = np.asarray(steps, dtype=np.float64)
    scales = scales_for(values.size, shortest, longest)
    need = steps_for(shortest)
    if values.size < need:
        return NotTestable(f"needs {need} steps between neighbouring bars, has {values.size}")
    if len(scales) < MIN_SCALES:
        return NotTestable(f"pieces of {shortest} to {longest} bars are too few scales to see a slope")
    problem = _still(values)
    if problem:
        return NotTestable(problem)
    profile = np.cumsum(values - values.mean())
    fluctuations = _fluctuations(profile, scales)
    if not (fluctuations > 0).all():
        return NotTestable("the series does not move on some of the scales")
    x, y = np.log(np.array(scales, dtype=np.float64)), np.log(fluctuations)
    x_rest, y_rest = x - x.mean(), y - y.mean()
    slope = float(x_rest @ y_rest / (x_rest @ x_rest))
    left = y_rest - slope * x_rest
    total, margin = float(y_rest @ y_rest), _WALK_MARGIN / math.sqrt(values.size)
    return Hurst(
        exponent=slope,
        slope_se=math.sqrt(float(left @ left) / (len(scales) - 2) / float(x_rest @ x_rest)),
        r_squared=1.0 - float(left @ left) / total if total else 0.0,
        scales=np.array(scales, dtype=np.float64),
        fluctuations=fluctuations,
        n=values.size,
        verdict=f"Over {scales[0]} to {scales[-1]} bars the series "
        f"{'trends' if slope > 0.5 + margin else 'reverts' if slope < 0.5 - margin else 'wanders like a random walk'}: "
        f"H = {slope:.2f}, where walks of {values.size} steps mostly read {0.5 - margin:.2f} to {0.5 + margin:.2f}.",
    )


def variance_ratio(steps: ArrayLike, follows: NDArray[np.bool_], bars: int) -> VarianceRatio | NotTestable:
    """Lo and MacKinlay's variance ratio of a series' steps, shape (n,), over ``bars`` >= 2 of them.

    The null hypothesis is that steps are uncorrelated; their variance may change over time. ``follows`` (n,) marks the
    steps between neighbouring bars: the others are left out, and so is each long step that would hold one.

    >>> steps = np.random.default_rng(1).normal(size=1000)
    >>> variance_ratio(steps - 0.4 * np.r_[0, steps[:-1]], np.ones(1000, dtype=bool), 5).verdict
    'Strong evidence of reversion: over 5 bars the variance is 0.43 of a random walk, p = 8.62e-15 on 1000 steps.'
    """
    values = np.where(follows, np.asarray(steps, dtype=np.float64), 0.0)
    n = int(follows.sum())
    run = _sums(follows.astype(np.float64), bars)
    whole = run == bars
    long = int(whole.sum())
    if n < 10 * bars or long < 5 * bars:
        return NotTestable(f"{bars} bars need {10 * bars} steps between neighbouring bars, there are {n}")
    problem = _still(values[follows])
    if problem:
        return NotTestable(problem)
    rest = np.where(follows, values - values[follows].mean(), 0.0)
    squares = rest**2
    total = float(squares.sum())
    sums = _sums(rest, bars)[whole]
    ratio = float(sums @ sums) / (bars * long * (1 - bars / n)) / (total / (n - 1))
    spread = 0.0
    for lag in range(1, bars):
        spread += (2 * (bars - lag) / bars) ** 2 * float(squares[lag:] @ squares[:-lag])
    if not spread > 0:
        return NotTestable("the steps do not overlap: their variance rests on single ones")
    z = (ratio - 1) / (math.sqrt(spread) / total)
    p = math.erfc(abs(z) / math.sqrt(2))
    strength = "Strong evidence" if p < 0.01 else "Evidence" if p < 0.05 else "Weak evidence" if p < 0.1 else ""
    claim = f"{strength} of {'reversion' if z < 0 else 'trending'}" if strength else "No evidence against a random walk"
    return VarianceRatio(
        ratio=ratio,
        z=z,
        p=p,
        bars=bars,
        n=n,
        overlapping=long,
        verdict=f"{claim}: over {bars} bars the variance is {ratio:.2f} of a random walk, p = {p:.3g} on {n} steps.",
    )


def _still(values: Floats) -> str:
    if not np.isfinite(values).all():
        return "a price is missing or infinite"
    return "" if values.std() > ROUNDING * np.abs(values).max() else "the series does not move"


def _sums(values: Floats, count: int) -> Floats:
    """Sum of each ``count`` neighbours, shape (n - count + 1,)."""
    return np.convolve(values, np.ones(count), mode="valid") if values.size >= count else np.zeros(0)


def _fluctuations(profile: Floats, scales: list[int]) -> Floats:
    if not ready():
        return np.array([_fluctuation(profile, scale) for scale in scales])
    found = np.empty(len(scales))
    fast(dfa.fluctuations)(profile, np.array(scales, dtype=np.int64), found)
    return found


def _fluctuation(profile: Floats, scale: int) -> float:
    """Root mean square of what lines through pieces of ``scale`` rows leave, in closed form."""
    pieces = profile[: profile.size // scale * scale].reshape(-1, scale)
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    time = np.arange(scale) - (scale - 1) / 2
    pieces -= np.outer(pieces @ time / (time @ time), time)
    return math.sqrt(float(np.einsum("ij,ij->", pieces, pieces)) / pieces.size)
