"""What the pair's widgets draw is what the measures say."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.gather import gather
from analytics.inputs import Leg, Pair
from analytics.live import PairSpec
from analytics.registry import measure
from callbacks.widgets import Drawn
from tests.ui.full_market import BARS, SPEC, Full, X, Y, draw, trace
from tests.ui.market import MINUTE


def pair_of(full: Full) -> Pair:
    found = gather(Pair, full.cache, (Y, X), "1m", BARS)
    assert isinstance(found, Pair)
    return found


def newest(drawn: Drawn, name: str) -> float:
    return float(trace(drawn, name)["y"][-1])


def test_curves_of_a_pair_are_the_measures_own(full: Full) -> None:
    pair = pair_of(full)
    correlation = measure("correlation").run(pair, window=60).correlation
    beta = measure("rolling_beta").run(pair, window=60)
    cost = measure("round_trip_cost").run(pair, window=60).break_even_z
    assert newest(draw(full, "pair-correlation"), "Correlation") == pytest.approx(correlation[-1], rel=1e-5)
    drawn = draw(full, "pair-beta")
    assert newest(drawn, "Beta") == pytest.approx(beta.beta[-1], rel=1e-5)
    low, high = (each["y"][-1] for each in drawn.traces[:2])
    assert high - low == pytest.approx(2 * 1.96 * beta.standard_error[-1], rel=1e-3)
    assert newest(draw(full, "pair-break-even"), "Break-even z") == pytest.approx(cost[-1], rel=1e-5)
    assert trace(draw(full, "pair-correlation"), "Correlation")["x"][-1] == full.first_ms + BARS * MINUTE


def test_breaks_are_marked_where_the_measure_calls_them(full: Full) -> None:
    found = measure("correlation_break").run(pair_of(full), window=60)
    falls = np.flatnonzero(found.alarm == -1)
    assert falls.size, "the legs part half-way: there is a break to find"
    drawn = draw(full, "pair-correlation")
    marked = trace(drawn, "Fall called")
    assert marked["x"] == (full.first_ms + (falls + 1) * MINUTE).tolist()
    assert "called" in drawn.note


@pytest.mark.parametrize("method", ["ols", "tls", "huber", "theil_sen", "kalman"])
def test_hedge_ratios_are_those_of_each_estimators_measure(full: Full, method: str) -> None:
    drawn = draw(full, "pair-ratios", PairSpec(Y, X, "1m", 60, method))
    found = measure(method).run(pair_of(full), window=60)
    chosen = next(each for each in drawn.traces if "(chosen)" in each.get("name", ""))
    assert chosen["y"][-1] == pytest.approx(found.hedge_ratio[-1], rel=1e-5)
    bands = [each for each in drawn.traces if each.get("fill") == "tonexty"]
    assert len(bands) == 2


def test_p_over_time_is_held_between_tests_and_counts_them(full: Full) -> None:
    p = measure("p_strip").run(pair_of(full), window=60).p
    drawn = draw(full, "pair-p")
    line = trace(drawn, "p")
    assert line["y"][-1] == pytest.approx(max(p[-1], 1e-4), rel=1e-5)
    known = p[np.isfinite(p)]
    changes = 1 + np.count_nonzero(np.diff(known))
    assert len(line["x"]) in (changes + 1, changes + 2)
    assert line["customdata"][0] == "–"
    assert "tests shown" in drawn.note


def test_regimes_stand_at_the_height_of_their_code(full: Full) -> None:
    leg = Leg(full.cache.bars(Y, "1m").bars, MINUTE)
    found = measure("regime").run(leg, window=60)
    drawn = draw(full, "pair-regime")
    assert newest(drawn, "ETHUSDT") == pytest.approx(found.regime[-1] + 0.1)
    assert newest(drawn, "ETHUSDT, volatility") == pytest.approx(found.volatility_ratio[-1], rel=1e-5)
    words = ("calm", "trending", "stressed")
    assert f"ETHUSDT {words[int(found.regime[-1])]} (volatility" in drawn.note


def test_the_distribution_counts_every_z_once_and_tells_the_share_beyond(full: Full) -> None:
    z = measure("ols").run(pair_of(full), window=60).z
    z = z[np.isfinite(z)]
    drawn = draw(full, "pair-z-distribution")
    bars = trace(drawn, "Bars")
    assert sum(bars["y"]) == pytest.approx(100, abs=0.01)
    assert sum(trace(drawn, "Normal")["y"]) == pytest.approx(100, abs=0.01)
    at = bars["x"].index(0.125)
    assert bars["y"][at] == pytest.approx(100 * np.mean((z >= 0) & (z < 0.25)), abs=1e-3)
    assert f"{100 * np.mean(np.abs(z) >= 2):.1f} % of {z.size} bars at or beyond ±2.00" in drawn.note
    assert "normal: 4.6 %" in drawn.note


def test_the_study_is_the_measures_with_the_boards_entry(full: Full) -> None:
    found = measure("signal_study").run(pair_of(full), window=60, entry=2.0)
    by_z, decay = draw(full, "pair-study"), draw(full, "pair-decay")
    assert by_z.traces[0]["y"] == [each.outcome.mean for each in found.buckets]
    assert by_z.traces[0]["x"] == ["< −2", "−2 to −1", "−1 to 0", "0 to 1", "1 to 2", "≥ 2"]
    assert decay.traces[0]["y"] == [each.outcome.mean for each in found.curve]
    first = found.curve[0].outcome
    assert decay.traces[0]["error_y"]["array"][0] == pytest.approx(first.high - first.mean)
    assert found.verdict in by_z.note


def test_spread_and_z_are_as_of_each_bar(full: Full) -> None:
    history = full.desk.book.history(SPEC)
    assert newest(draw(full, "pair-z"), "z") == pytest.approx(history.z[-1], rel=1e-5)
    drawn = draw(full, "pair-spread")
    assert newest(drawn, "Spread") == pytest.approx(history.spread[-1], rel=1e-5)
    lines = [each["y"][-1] for each in drawn.traces[:2]]
    assert lines == pytest.approx([2 * history.sigma[-1], -2 * history.sigma[-1]], rel=1e-5)


def test_the_legs_themselves_are_drawn_bar_by_bar(full: Full) -> None:
    bars = full.cache.bars(Y, "1m").bars
    features = measure("minute_features").run(Leg(bars, MINUTE), window=60)
    volume = trace(draw(full, "pair-volume"), "ETHUSDT")
    assert volume["y"][-1] == pytest.approx(features.quote_volume[-1], rel=1e-5)
    assert trace(draw(full, "pair-volume"), "BTCUSDT")["y"][-1] < 0
    net = np.sum((features.quote_volume * features.imbalance)[-240:])
    assert newest(draw(full, "pair-flow"), "ETHUSDT") == pytest.approx(net, rel=1e-5)
    prices = trace(draw(full, "pair-prices"), "ETHUSDT")["y"]
    assert prices[0] == 100
    slots = measure("minute_of_day").run(Leg(bars, MINUTE)).slots
    drawn = trace(draw(full, "pair-day-liquidity"), "ETHUSDT")
    assert drawn["y"][slots[0].minute // 5] == slots[0].quote_volume
