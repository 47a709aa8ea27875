"""What all tests of a pair say together, in plain words: what was tested, what was found, what could not be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.johansen import Johansen, johansen
from analytics.kpss import Kpss, kpss
from analytics.measure import NotTestable
from analytics.persistence import VarianceRatio, variance_ratio
from analytics.reversion import HalfLife, half_life
from analytics.series import Column
from analytics.stationarity import UnitRootTest, adf, engle_granger

LEVEL: Final = 0.05
DETECTABLE: Final = 30
"""A half-life above the rows over this is mostly missed: at 3,600 rows, 120 bars are found in 2 of 3 cases, 400 in 1 of
10."""
_LONG_STEP: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class CointegrationVerdict:
    """Every test of a pair over the same rows; each is `NotTestable` where it can say nothing.

    ``conclusion`` is "cointegrated", "one direction", "not shown" or "stationary legs". ``verdict`` is the conclusion
    in one sentence, ``findings`` one sentence for each thing that was looked at. Of a half-life above
    ``detectable_half_life`` bars nothing can be said. p-values are not corrected for the number of tests or pairs.
    """

    conclusion: str
    verdict: str
    findings: tuple[str, ...]
    y_on_x: UnitRootTest | NotTestable
    x_on_y: UnitRootTest | NotTestable
    adf_y: UnitRootTest | NotTestable
    adf_x: UnitRootTest | NotTestable
    kpss_y: Kpss | NotTestable
    kpss_x: Kpss | NotTestable
    johansen: Johansen | NotTestable
    half_life: HalfLife | NotTestable
    variance_ratio: VarianceRatio | NotTestable
    detectable_half_life: float
    n: int
    gaps: int


def cointegration_verdict(y: Column, x: Column, spread: Column) -> CointegrationVerdict | NotTestable:
    """Test two legs and the residual of y on x (`analytics.series.pair_column`), all of shape (n,) over the same rows.

    Engle-Granger in both directions decides, at 5 %; the rest is there to doubt it: legs that come back by themselves,
    Johansen's trace test, the half-life, the variance ratio. `NotTestable` when neither direction can be tested.
    """
    forth, back = (engle_granger(one.values, other.values, gaps=y.gaps) for one, other in ((y, x), (x, y)))
    if isinstance(forth, NotTestable) and isinstance(back, NotTestable):
        return forth
    n = y.values.size
    adf_y, adf_x = (adf(leg.values, gaps=leg.gaps) for leg in (y, x))
    kpss_y, kpss_x = (kpss(leg.values, gaps=leg.gaps) for leg in (y, x))
    trace = johansen(np.column_stack([y.values, x.values]), gaps=y.gaps)
    life = half_life(spread.values, spread.follows)
    ratio = variance_ratio(spread.steps, spread.follows, max(2, min(_LONG_STEP, n // 20)))
    still = [name for name, unit, level in (("y", adf_y, kpss_y), ("x", adf_x, kpss_x)) if _stationary(unit, level)]
    passed = sum(_rejects(test) for test in (forth, back))
    conclusion = "stationary legs" if still else ("not shown", "one direction", "cointegrated")[passed]
    findings = (
        f"Engle-Granger, y explained by x: {_said(forth)}",
        f"Engle-Granger, x explained by y: {_said(back)}",
        "The better of two directions at 5 % passes for about 10 of 100 pairs that have nothing to do with each other.",
        f"Leg y by itself: {_said(adf_y)} {_said(kpss_y)}",
        f"Leg x by itself: {_said(adf_x)} {_said(kpss_x)}",
        f"Johansen: {_said(trace)}",
        f"Half-life: {_life(life, n, passed > 0)}",
        f"Variance ratio of the spread, whose fit makes it revert a little by itself: {_said(ratio)}",
        f"Power: on {n} bars a half-life above {n / DETECTABLE:.0f} bars is mostly missed.",
    )
    return CointegrationVerdict(
        conclusion=conclusion,
        verdict=_verdict(conclusion, still, trace, n),
        findings=findings,
        y_on_x=forth,
        x_on_y=back,
        adf_y=adf_y,
        adf_x=adf_x,
        kpss_y=kpss_y,
        kpss_x=kpss_x,
        johansen=trace,
        half_life=life,
        variance_ratio=ratio,
        detectable_half_life=n / DETECTABLE,
        n=n,
        gaps=y.gaps,
    )


def _rejects(test: UnitRootTest | NotTestable) -> bool:
    return isinstance(test, UnitRootTest) and test.p < LEVEL


def _stationary(unit_root: UnitRootTest | NotTestable, level: Kpss | NotTestable) -> bool:
    """Whether both tests of a leg agree that it comes back by itself."""
    return _rejects(unit_root) and isinstance(level, Kpss) and level.p >= LEVEL


def _said(test: UnitRootTest | Kpss | Johansen | VarianceRatio | NotTestable) -> str:
    return f"not testable, {test.reason}." if isinstance(test, NotTestable) else test.verdict


def _life(life: HalfLife | NotTestable, n: int, found: bool) -> str:
    if isinstance(life, NotTestable):
        return f"none, {life.reason}."
    high = "no upper end" if life.high is None else f"{life.high:.1f}"
    text = f"{life.bars:.1f} bars (95 %: {life.low:.1f} to {high})"
    if not found:
        return f"{text}, which means nothing by itself: independent walks show one as well."
    if life.bars > n / DETECTABLE:
        return f"{text}, too long for {n} bars: the true one is likely longer."
    return f"{text}."


def _verdict(conclusion: str, still: list[str], trace: Johansen | NotTestable, n: int) -> str:
    if conclusion == "stationary legs":
        legs = " and ".join(still)
        return f"Leg {legs} came back by itself over these {n} bars: a spread of such legs reverts without any tie."
    if conclusion == "not shown":
        return (
            f"Cointegration is not shown on these {n} bars. That is not proof of none: a half-life above "
            f"{n / DETECTABLE:.0f} bars would mostly be missed."
        )
    odd = isinstance(trace, Johansen) and trace.relations == 0
    doubt = ", while Johansen's trace test finds nothing" if odd else ""
    if conclusion == "one direction":
        return f"Some evidence of cointegration on these {n} bars, but only in one of two directions{doubt}."
    return f"The legs were cointegrated over these {n} bars, whichever explains the other{doubt}."
