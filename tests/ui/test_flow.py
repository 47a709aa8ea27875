"""What the flow page is made of, on a small market: studies, cards, figures and settings."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from analytics.gather import trades_of
from analytics.inputs import Leg
from analytics.live import PairBook, PairSpec
from analytics.market import Tick
from analytics.registry import measure
from callbacks.flow_cards import about_bars, cards
from callbacks.flow_figures import draw
from callbacks.flow_lines import line
from callbacks.flow_query import read
from callbacks.flow_study import FlowStudies, Net, Study
from callbacks.microstructure import is_late
from tests.ui.harness import wait_for
from tests.ui.market import BARS, MINUTE, Market, bars

SPEC = PairSpec("sim:ETHUSDT", "sim:BTCUSDT", "1m", 60, scale="log")


class Tape:
    """Trades of each symbol, about one a second up to the newest bar's end; bouncing between bid and ask."""

    def __init__(self, market: Market, count: int = 3_000) -> None:
        end_ms = market.first_ms + BARS * MINUTE
        self.ticks = {symbol: self._make(symbol, count, end_ms) for symbol in ("sim:ETHUSDT", "sim:BTCUSDT")}

    def _make(self, symbol: str, count: int, end_ms: int) -> list[Tick]:
        rng = np.random.default_rng(len(symbol) + ord(symbol[4]))
        times = np.sort(end_ms - rng.integers(0, 1000 * count, count))
        sells = rng.random(count) < 0.5
        prices = 100 + np.where(sells, -0.05, 0.05)
        rows = zip(times.tolist(), prices.tolist(), rng.exponential(2.0, count).tolist(), sells.tolist(), strict=True)
        return [Tick(symbol, at, *row) for at, row in enumerate(rows)]

    def read(self, symbol: str, count: int) -> Sequence[Tick]:
        return self.ticks[symbol][-count:]


def study_of(market: Market, count: int = 3_000, spec: PairSpec = SPEC, held: int = 3_000) -> tuple[Study, Tape]:
    tape = Tape(market, held)
    return FlowStudies(market.cache, PairBook(market.cache), tape.read).of(spec, count), tape


def texts(study: Study) -> str:
    said = [each for values in cards(study).values() for value in values for each in value]
    drawn = [part for record, note in draw(study).values() for part in (note, record["reason"])]
    return " | ".join([*said, *drawn, about_bars(study)])


def test_each_leg_is_its_measures_on_its_own_newest_rows(market: Market) -> None:
    study, tape = study_of(market, 2_000)
    for leg in study.legs:
        trades = trades_of(tape.ticks[f"sim:{leg.name}"][-2_000:])
        assert np.array_equal(leg.vpin.vpin, measure("vpin").run(trades).vpin, equal_nan=True)
        assert leg.rate == measure("arrival_rate").run(trades)
        held = Leg(market.cache.bars(f"sim:{leg.name}", "1m").bars, MINUTE)
        for name, found in (("trade_imbalance", leg.imbalance.imbalance), ("amihud", leg.amihud.illiquidity)):
            whole = measure(name).run(held, window=60)[0]
            assert np.allclose(found[-60:], whole[-60:], rtol=1e-9, atol=0), name
    assert study.as_of_ms == market.first_ms + BARS * MINUTE


def test_net_flow_takes_the_hedge_ratio_that_was_known_before_each_trade(market: Market) -> None:
    study, tape = study_of(market)
    history = PairBook(market.cache).history(SPEC)
    assert study.start_ms is not None
    expected = 0.0
    for sign, name in ((1, "ETHUSDT"), (-1, "BTCUSDT")):
        for tick in tape.ticks[f"sim:{name}"]:
            if tick.time_ms <= study.start_ms:
                continue
            row = int(np.flatnonzero(history.open_ms <= tick.time_ms)[-1])
            ratio = float(history.hedge_ratio[row]) if sign < 0 else 1.0
            side = -1 if tick.buyer_is_maker else 1
            expected += sign * ratio * side * tick.price * tick.quantity
    assert isinstance(study.net, Net)
    assert study.net.value[-1] == pytest.approx(expected, rel=1e-9)
    assert np.all(np.diff(study.net.time_ms) >= 0)


def test_what_is_asked_again_is_not_computed_again_until_a_bar_closes(market: Market) -> None:
    studies = FlowStudies(market.cache, PairBook(market.cache), Tape(market).read)
    first = studies.of(SPEC, 1_000)
    assert studies.of(SPEC, 1_000) is first
    assert studies.of(SPEC, 900) is not first
    market.put("BTCUSDT", bars("BTCUSDT", BARS + 1, market.first_ms)[-1:])
    wait_for(lambda: studies.of(SPEC, 1_000) is not first)
    assert studies.of(SPEC, 1_000).as_of_ms == first.as_of_ms + MINUTE


def test_a_leg_whose_bar_closes_after_the_others_is_asked_for_again(market: Market) -> None:
    studies = FlowStudies(market.cache, PairBook(market.cache), Tape(market).read)
    closed_ms = market.first_ms + (BARS + 1) * MINUTE
    assert not is_late(studies.of(SPEC, 1_000), closed_ms - MINUTE)
    for done, name in enumerate(("ETHUSDT", "BTCUSDT")):
        first = studies.of(SPEC, 1_000)
        assert is_late(first, closed_ms), done
        market.put(name, bars(name, BARS + 1, market.first_ms)[-1:])
        wait_for(lambda first=first: studies.of(SPEC, 1_000) is not first)
    assert not is_late(studies.of(SPEC, 1_000), closed_ms)


def test_what_has_no_value_says_why_and_nothing_says_nan(market: Market) -> None:
    study, _ = study_of(market, 1_000, PairSpec(SPEC.y, SPEC.x, "1m", 1_000, scale="log"))
    found = cards(study)
    assert found["vpin"][0][1:3] == ("–", "warming up: 1,000 of 1,250 trades")
    assert found["kyle"][1][1:3] == ("–", "warming up: 200 of 1,001 bars")
    assert found["flow"][2][1:3] == ("–", "warming up: 200 of 1,000 shared bars")
    drawn = draw(study)
    assert drawn["flow-vpin"].record["reason"].startswith("ETHUSDT: warming up: 1,000 of 1,250 trades")
    assert drawn["flow-cumulative"].note.count("warming up") == 1
    empty, _ = study_of(market, held=10)
    assert cards(empty)["rate"][0].below == "needs 100 trades, has 10"
    full, _ = study_of(market)
    for each in (study, empty, full):
        assert "nan" not in texts(each).lower().replace("binance", "")
        assert "None" not in texts(each)


def test_cards_name_the_limit_that_fails_and_what_is_not_defined(market: Market) -> None:
    study, _ = study_of(market)
    found = cards(study)
    # 7 trades and 2.5 coins at about 3,000 a minute: too little volume for the limit, trades enough.
    assert found["liquidity"][0].text == "✕ fails"
    assert re.fullmatch(r"volume \d\.\d\d k/min < 10\.00 k", found["liquidity"][0].below)
    assert found["liquidity"][1].text == "✓ passes"
    assert found["liquidity"][2][1:3] == ("✕ fails", "for ETHUSDT")
    assert float(found["roll"][0].text) == pytest.approx(10.0, abs=1.0)
    trending = study.y._replace(roll=study.y.roll._replace(spread_bps=np.full(3, np.nan), autocorrelation=np.ones(3)))
    found = cards(study._replace(y=trending))
    assert found["roll"][0][1:3] == ("not defined", "ρ +1.00: no bounce")
    assert found["roll"][2].below == "needs ETHUSDT"


def test_a_line_is_thinned_from_its_newest_point_back() -> None:
    values = np.arange(2_000.0)
    values[1_995] = np.nan
    drawn = line(np.arange(2_000), values, "y", ("--leg-y", "solid"))
    assert drawn["x"][-2:] == [1_995, 1_999]
    assert drawn["y"][-2:] == [None, 1_999.0]
    assert len(drawn["x"]) <= 600


def test_settings_are_read_with_every_mistake_named(market: Market) -> None:
    query, problems = read(market.live, {"y": "BTCUSDT", "tf": "5m", "window": "40", "trades": "900"})
    assert (str(query), problems) == ("y=BTCUSDT&x=ETHUSDT&tf=5m&window=40&trades=900", [])
    query, problems = read(market.live, {"trades": "12", "window": "5", "trdes": "1"})
    assert (query.window, query.trades) == (120, 5_000)
    words = " ".join(problems)
    assert "`window` must be a whole number from 20 to 1000" in words
    assert "`trades` must be a whole number from 500 to 10000, got '12'" in words
    assert "did you mean `trades`?" in words
