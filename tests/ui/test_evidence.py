"""The tests of a pair's window: the measures' own results on the right bars, in words that can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics.align import align_last
from analytics.inputs import Leg, Pair
from analytics.live import PairSpec
from analytics.market import CLOSE, OPEN_MS
from analytics.measure import NotTestable
from analytics.registry import measure
from callbacks.evidence import Evidence, Examiner
from callbacks.pair import settings_key
from callbacks.words import conclusion, estimates, figures, probability, words
from layouts.evidence import ESTIMATOR_COLUMNS, LINES, findings_table, need
from tests.ui.harness import wait_for
from tests.ui.market import BARS, MINUTE, Market, bars

SPEC = PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 120)
TITLES = [line.title for line in LINES]


def evidence_of(market: Market, spec: PairSpec = SPEC) -> Evidence:
    found = Examiner(market.cache).examine(spec)
    assert found is not None
    return found


def texts(part: Any) -> list[str]:
    """Everything that a piece of layout says, in order."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, list | tuple):
        return [text for each in part for text in texts(each)]
    return texts(getattr(part, "children", None) or [])


def newest(market: Market, window: int) -> Pair:
    y, x = (market.cache.bars(f"sim:{name}", "1m").bars for name in ("ETHUSDT", "BTCUSDT"))
    return Pair(align_last(y, x, window), MINUTE)


@pytest.mark.parametrize("scale", ["level", "log"])
def test_each_line_is_its_measure_on_the_shared_bars_of_the_window(market: Market, scale: str) -> None:
    evidence = evidence_of(market, PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 120, scale=scale))
    pair = newest(market, 120)
    assert list(evidence.found) == TITLES
    for dependent, title in (("y", "Engle-Granger, y on x"), ("x", "Engle-Granger, x on y")):
        assert evidence.found[title] == measure("engle_granger").run(pair, scale=scale, dependent=dependent)
    leg = Leg(market.cache.bars("sim:BTCUSDT", "1m").bars[-120:], MINUTE)
    assert evidence.found["Dickey-Fuller, leg x"] == measure("adf").run(leg, scale=scale)
    assert evidence.found["Half-life of the spread"] == measure("half_life").run(pair, scale=scale, window=120)
    assert evidence.verdict.n == 120
    assert evidence.comparison == measure("estimator_comparison").run(pair, scale=scale, window=120)
    assert evidence.basis.as_of_ms == market.first_ms + BARS * MINUTE
    assert "newest 120 shared 1m bars" in evidence.basis.words


def test_the_legs_are_tested_on_the_bars_they_share(market: Market) -> None:
    lone = bars("ETHUSDT", BARS, market.first_ms)[-1]._replace(open_ms=market.first_ms + BARS * MINUTE, close=9_999.0)
    market.put("ETHUSDT", [lone])
    wait_for(lambda: market.cache.bars("sim:ETHUSDT", "1m").bars[-1, CLOSE] == 9_999.0)
    evidence = evidence_of(market)
    y = market.cache.bars("sim:ETHUSDT", "1m").bars
    shared = Leg(y[np.isin(y[:, OPEN_MS], newest(market, 120).shared.open_ms)], MINUTE)
    assert evidence.found["KPSS, leg y"] == measure("kpss").run(shared)
    assert shared.bars[:, CLOSE].max() < 9_999.0


def test_what_is_asked_again_is_not_computed_again_until_a_bar_closes(market: Market) -> None:
    examiner = Examiner(market.cache)
    first = examiner.examine(SPEC)
    assert examiner.examine(PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 120, "kalman")) is first
    for name in ("BTCUSDT", "ETHUSDT"):
        market.put(name, bars(name, BARS + 1, market.first_ms)[-1:])
    wait_for(lambda: examiner.examine(SPEC) is not first)
    moved = examiner.examine(SPEC)
    assert first is not None
    assert moved is not None
    assert moved.basis.key == first.basis.key == settings_key(SPEC)
    assert moved.basis.as_of_ms == first.basis.as_of_ms + MINUTE


@pytest.mark.parametrize("window", [20, 60, 100, 120])
def test_what_needs_more_bars_is_left_to_the_page_to_explain(market: Market, window: int) -> None:
    spec = PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", window)
    evidence = evidence_of(market, spec)
    assert list(evidence.found) == [line.title for line in LINES if need(line) <= window]
    found = {title: words(result, MINUTE) for title, result in evidence.found.items()}
    said = texts(findings_table(found, *conclusion(evidence.verdict), evidence.basis))
    assert all(title in said for title in TITLES)
    assert evidence.basis.words in said
    assert isinstance(evidence.verdict, NotTestable) == (window < 50)


def test_a_pair_without_shared_bars_has_no_evidence(market: Market) -> None:
    assert Examiner(market.cache).examine(PairSpec("sim:ETHUSDT", "sim:NOPE")) is None


def test_every_result_has_words_that_end_in_no_nan(market: Market) -> None:
    evidence = evidence_of(market)
    for title, result in evidence.found.items():
        row = words(result, MINUTE)
        assert row.statistic or row.says.startswith("Not testable"), title
        assert row.says
        assert "nan" not in " ".join(row).lower()
    sentence, reasons = conclusion(evidence.verdict)
    assert sentence == evidence.verdict.verdict
    assert any("two directions" in each for each in reasons)
    rows = estimates(evidence.comparison, MINUTE)
    assert [row[0] for row in rows] == ["OLS", "TLS", "Huber", "Theil-Sen", "Kalman"]
    assert all(len(row) == len(ESTIMATOR_COLUMNS) for row in rows)


def test_what_cannot_be_tested_says_why() -> None:
    assert words(NotTestable("the legs do not move"), MINUTE).says == "Not testable: the legs do not move."
    assert conclusion(NotTestable("x does not move")) == ("Not testable: x does not move.", ())
    assert estimates(NotTestable("x does not move"), MINUTE) == []


def test_numbers_keep_their_size_and_their_sign() -> None:
    assert (figures(-0.00012345), figures(0.0), figures(63_112.7)) == ("−0.00012345", "0.0000", "63,113")
    assert (probability(0.03456), probability(3e-9)) == ("0.0346", "< 0.0001")
