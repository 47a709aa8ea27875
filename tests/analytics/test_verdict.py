"""KPSS against statsmodels, and what all tests of a pair say together on pairs of known kinds."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from analytics.align import align
from analytics.inputs import Pair
from analytics.kpss import Kpss, kpss
from analytics.measure import NotTestable
from analytics.measures.cointegration_verdict import MEASURE

from .measure_inputs import STEP_MS, bars_of


@pytest.mark.parametrize("regression", ["c", "ct"])
def test_kpss_equals_statsmodels(regression):
    from statsmodels.tsa.stattools import kpss as peer

    random = np.random.default_rng(12)
    for values in (
        random.normal(size=300),
        random.normal(size=300).cumsum(),
        random.normal(size=900),
        1e5 + random.normal(size=900),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = peer(values, regression=regression, nlags="auto", result_object=True)
        found = kpss(values, regression)
        assert isinstance(found, Kpss)
        assert found.lags == other.lags
        assert found.statistic == pytest.approx(other.statistic, rel=1e-8 if values[0] > 1e4 else 1e-10)
        assert found.p == pytest.approx(other.pvalue, rel=1e-7)
        assert found.critical == other.critical_values


def test_kpss_says_where_its_table_ends():
    assert kpss(np.random.default_rng(1).normal(size=300)).p_text == "0.1 or more"
    assert kpss(np.random.default_rng(1).normal(size=300).cumsum()).p_text == "0.01 or less"
    assert kpss(np.full(60, 1e5)) == NotTestable("the series does not move")
    assert kpss(np.arange(60.0) / 3, "ct") == NotTestable("the series is a straight line")


def closes(y, x):
    return Pair(align(bars_of(y), bars_of(x)), STEP_MS)


def verdict_on(y, x):
    return MEASURE.run(closes(y, x))


def test_the_verdict_on_a_pair_that_is_tied():
    random = np.random.default_rng(3)
    x = 100 + random.normal(0, 0.1, 600).cumsum()
    found = verdict_on(5 + 2 * x + random.normal(0, 0.2, 600), x)
    assert found.conclusion == "cointegrated"
    assert found.verdict == "The legs were cointegrated over these 600 bars, whichever explains the other."
    assert found.johansen.relations == 1
    assert len(found.findings) == 9


def test_the_verdict_on_independent_walks_speaks_of_its_power():
    walks = 100 + np.random.default_rng(20240601).normal(0, 0.1, (2, 600)).cumsum(axis=1)
    found = verdict_on(*walks)
    assert found.conclusion == "not shown"
    assert "not proof of none: a half-life above 20 bars would mostly be missed" in found.verdict
    assert "means nothing by itself" in found.findings[6]
    assert "about 10 of 100 pairs" in found.findings[2]


def test_the_verdict_on_legs_that_come_back_by_themselves():
    found = verdict_on(*(100 + np.random.default_rng(5).normal(0, 0.1, (2, 600))))
    assert found.conclusion == "stationary legs"
    assert "Leg y and x came back by itself" in found.verdict


@pytest.mark.parametrize(
    ("y", "x", "reason"),
    [
        (100 + np.arange(40) % 7, 100 + np.arange(40) % 5, "needs 50 shared bars, has 40"),
        (np.full(90, 3.0), 100 + np.arange(90) % 7, "y does not move"),
        (200.0 + np.arange(90) ** 1.5, 100 + np.arange(90) ** 1.5 / 2, "all but identical"),
    ],
)
def test_no_verdict_says_why(y, x, reason):
    found = verdict_on(np.asarray(y, dtype=float), np.asarray(x, dtype=float))
    assert isinstance(found, NotTestable)
    assert reason in found.reason


def tied(phi, seed):
    random = np.random.default_rng(seed)
    x, spread = 100 + random.normal(0, 0.1, 900).cumsum(), random.normal(0, 0.1, 900)
    for row in range(1, 900):
        spread[row] += phi * spread[row - 1]
    return verdict_on(5 + 2 * x + spread, x)


def test_a_half_life_too_long_for_the_rows_is_doubted():
    short = tied(0.9, 1)
    assert short.conclusion == "cointegrated"
    assert short.half_life.bars < 10
    assert short.findings[6].endswith(f"to {short.half_life.high:.1f}).")
    found = (tied(0.985, seed) for seed in range(40))
    long = next(each for each in found if each.conclusion == "cointegrated" and each.half_life.bars > 30)
    assert long.findings[6].endswith("too long for 900 bars: the true one is likely longer.")
