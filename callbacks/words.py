"""Results of tests and estimators as the pair page's tables say them."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Final

from analytics.estimators import ESTIMATORS
from analytics.johansen import Johansen
from analytics.kpss import Kpss
from analytics.measure import NotTestable
from analytics.measures.estimator_comparison import Comparison, Estimate
from analytics.persistence import Hurst, VarianceRatio
from analytics.reversion import HalfLife
from analytics.stationarity import NULL_PAIR, UnitRootTest
from analytics.verdict import CointegrationVerdict
from layouts.evidence import Found

SIGNIFICANT: Final = 0.05
UNKNOWN: Final = "–"


@functools.singledispatch
def words(result: object, step_ms: int) -> Found:  # noqa: ARG001
    """One row of the table of tests; ``step_ms`` turns bars into time."""
    raise TypeError(f"there are no words for {type(result).__name__}")


@words.register
def _(result: NotTestable, step_ms: int) -> Found:  # noqa: ARG001
    return Found(says=f"Not testable: {result.reason}.")


@words.register
def _(result: UnitRootTest, step_ms: int) -> Found:  # noqa: ARG001
    tone = "up" if result.null == NULL_PAIR and result.p < SIGNIFICANT else ""
    critical = number(result.critical["5%"], 2)
    return Found(number(result.statistic, 3), critical, probability(result.p), str(result.lags), _claim(result), tone)


@words.register
def _(result: Kpss, step_ms: int) -> Found:  # noqa: ARG001
    critical = number(result.critical["5%"], 3)
    return Found(number(result.statistic, 3), critical, result.p_text, str(result.lags), _claim(result))


@words.register
def _(result: Johansen, step_ms: int) -> Found:  # noqa: ARG001
    statistic, critical = number(result.trace[0], 2), number(result.trace_critical[0, 1], 2)
    return Found(statistic, critical, "", str(result.lags), _claim(result), "up" if result.relations == 1 else "")


@words.register
def _(result: HalfLife, step_ms: int) -> Found:
    high = "∞" if result.high is None else span(result.high * step_ms)
    low, half = span(result.low * step_ms), span(result.bars * step_ms)
    limit = "without cointegration it means nothing" if result.reliable else "too long for so few bars to tell"
    says = f"Half of a deviation is gone after {half} (95 %: {low} to {high}); {limit}"
    return Found(f"{number(result.bars, 1)} bars", says=says)


@words.register
def _(result: Hurst, step_ms: int) -> Found:  # noqa: ARG001
    return Found(number(result.exponent, 3), says=_claim(result))


@words.register
def _(result: VarianceRatio, step_ms: int) -> Found:  # noqa: ARG001
    # No tone: the spread's steps are those of a residual, so its p is too small.
    says = f"{_claim(result)} over {result.bars} bars"
    return Found(number(result.ratio, 3), "", probability(result.p), "", says)


def conclusion(result: CointegrationVerdict | NotTestable) -> tuple[str, Sequence[str]]:
    """What all tests say together, in one sentence, and one for each thing that was looked at."""
    if isinstance(result, NotTestable):
        return f"Not testable: {result.reason}.", ()
    return result.verdict, result.findings


def estimates(found: Comparison | NotTestable, step_ms: int) -> list[Sequence[str]]:
    """One row an estimator: its line of y on x, and the hedge ratio that x on y leads to."""
    if isinstance(found, NotTestable):
        return []
    other = {each.method: each.hedge_ratio for each in found.estimates if each.direction == "x_on_y"}
    return [_estimate(each, other[each.method], step_ms) for each in found.estimates if each.direction == "y_on_x"]


def _estimate(each: Estimate, other: float | None, step_ms: int) -> Sequence[str]:
    half_life = UNKNOWN if each.half_life_bars is None else span(each.half_life_bars * step_ms)
    line = (figures(value) for value in (each.hedge_ratio, each.intercept, each.sigma))
    return (ESTIMATORS[each.method].label, *line, half_life, figures(other))


def _claim(result: UnitRootTest | Kpss | Johansen | Hurst | VarianceRatio) -> str:
    """The verdict without the figures, which have columns of their own."""
    return result.verdict.partition(":")[0].rstrip(".")


def number(value: float, digits: int) -> str:
    """A number with so many decimals and a true minus."""
    return f"{value:.{digits}f}".replace("-", "−")


def probability(p: float) -> str:
    """A p-value; never 0."""
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def figures(value: float | None, significant: int = 5) -> str:
    """A number with so many digits that mean something, whatever its size.

    >>> figures(0.0320421), figures(-1204.53), figures(None)
    ('0.032042', '−1,204.5', '–')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    size = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(10, max(0, significant - 1 - size))}f}".replace("-", "−")


def span(ms: float) -> str:
    """A length of time, as the cards write it.

    >>> span(4_200), span(300_000), span(36_000_000)
    ('4.2 s', '5.0 min', '10.0 h')
    """
    seconds = ms / 1000
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.{1 if seconds < 600 else 0}f} min"
    return f"{seconds / 3600:,.1f} h"
