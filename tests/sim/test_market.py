"""The market: reproducible, ids without a hole, bars equal to the trades they were cut from."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sim.frames import decimal, kline_rows
from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.market import STEP_MS, Market
from ingest.sim.trades import DAY_MS, OPENED_MS, SLICE_MS, SLICES_A_DAY

DAY = 20_780
MIDNIGHT = DAY * DAY_MS
NOW = MIDNIGHT + 34_567_891
MARKETS = {rate: Market(3, rate) for rate in (0.1, 1.0, 12.0)}

names = st.sampled_from(list(INSTRUMENTS))
rates = st.sampled_from(list(MARKETS))


def bars_by_hand(market, name, step, start_ms, end_ms):
    """Klines cut trade by trade, in whole numbers; empty buckets have none."""
    unit = INSTRUMENTS[name].price_unit * INSTRUMENTS[name].quantity_unit // INSTRUMENTS[name].quote_unit
    buckets = defaultdict(list)
    for trade in market.trades_between(name, start_ms, end_ms, NOW):
        buckets[trade.time_ms // step * step].append(trade)
    for open_ms, trades in buckets.items():
        prices = [trade.price for trade in trades]
        bought = [trade for trade in trades if not trade.buyer_is_maker]
        quote, spent = (sum(t.price * t.quantity for t in some) // unit for some in (trades, bought))
        yield [
            open_ms, *map(decimal, (prices[0], max(prices), min(prices), prices[-1], sum(t.quantity for t in trades))),
            open_ms + step - 1, decimal(quote), len(trades), decimal(sum(t.quantity for t in bought)), decimal(spent),
            "0",
        ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(names, rates, st.sampled_from(list(STEP_MS)), st.integers(0, 60))
def test_klines_are_the_trades(name, rate, interval, back):
    market, step = MARKETS[rate], STEP_MS[interval]
    first = NOW // step * step - back * step
    count = min(back + 1, 180_000 // step)
    rows = kline_rows(market.klines(name, interval, first, count, NOW), INSTRUMENTS[name], step)
    assert [row[0] for row in rows] == [first + i * step for i in range(count)]
    assert [row for row in rows if row[8]] == list(bars_by_hand(market, name, step, first, first + count * step))


def test_empty_bucket_stands_at_the_last_close():
    market = MARKETS[1.0]
    rows = kline_rows(
        market.klines("DASHUSDT", "1s", NOW // 1000 * 1000 - 600_000, 600, NOW), INSTRUMENTS["DASHUSDT"], 1000
    )
    before = market.trades_between("DASHUSDT", NOW - 7_200_000, rows[0][0], NOW)[-1]
    close = decimal(before.price)
    for row in rows:
        if not row[8]:
            assert row[1:6] == [close] * 4 + ["0.00000000"]
        close = row[4]
    assert 0 < sum(row[8] > 0 for row in rows) < 100


@pytest.mark.parametrize("rate", MARKETS)
@pytest.mark.parametrize("border", [MIDNIGHT, MIDNIGHT + 3_600_000, MIDNIGHT - SLICE_MS, MIDNIGHT + 60_000])
@pytest.mark.parametrize("name", ["BTCUSDT", "LTCUSDT", "DASHUSDT"])
def test_ids_run_on_over_every_border(rate, border, name):
    span = 120_000 if name != "DASHUSDT" else 40_000_000
    trades = MARKETS[rate].trades_between(name, border - span, border + span, border + span)
    ids = [trade.trade_id for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    times = [trade.time_ms for trade in trades]
    assert times == sorted(times)
    assert times[0] < border <= times[-1]
    assert all(trade.price > 0 and trade.quantity > 0 for trade in trades)


@settings(max_examples=60, deadline=None)
@given(names, rates, st.integers(0, 30_000), st.integers(1, 50))
def test_any_page_of_ids_is_the_same_trades(name, rate, back, count):
    market = MARKETS[rate]
    last = market.last_id(name, NOW)
    page = market.trades_from(name, last - back, count, NOW)
    assert [trade.trade_id for trade in page] == list(range(last - back, min(last, last - back + count - 1) + 1))
    same = market.trades_between(name, page[0].time_ms, page[-1].time_ms + 1, NOW)
    assert set(page) <= set(same)


@settings(max_examples=60, deadline=None)
@given(names, rates, st.integers(0, 3000), st.integers(1, 40))
def test_aggregates_are_whole_orders(name, rate, back, count):
    market = MARKETS[rate]
    last = market.last_order(name, NOW)
    page = market.aggregates_from(name, last - back, count, NOW)
    assert [row.order for row in page] == list(range(last - back, min(last, last - back + count - 1) + 1))
    for row, after in pairwise(page):
        assert after.first_id == row.last_id + 1
    for row in page[:3]:
        fills = market.trades_from(name, row.first_id, row.last_id - row.first_id + 1, NOW)
        assert {(f.time_ms, f.price, f.buyer_is_maker) for f in fills} == {(row.time_ms, row.price, row.buyer_is_maker)}
        assert sum(f.quantity for f in fills) == row.quantity
    span = market.aggregates_between(name, page[0].time_ms, page[-1].time_ms, 10_000, NOW)
    assert set(page) <= set(span)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_new_market_tells_the_same_story(name):
    again = Market(3, 1.0)
    again.trades_between(name, MIDNIGHT + DAY_MS, MIDNIGHT + DAY_MS + 10_000, MIDNIGHT + 2 * DAY_MS)  # asked first
    start = NOW - 600_000
    assert again.trades_between(name, start, NOW, NOW) == MARKETS[1.0].trades_between(name, start, NOW, NOW)


def test_what_lies_ahead_does_not_exist_yet():
    market = MARKETS[1.0]
    last = market.last_id("ETHUSDT", NOW)
    assert market.trades_from("ETHUSDT", last, 10, NOW)[-1].time_ms <= NOW
    assert market.trades_from("ETHUSDT", last + 1, 10, NOW) == []
    assert market.trades_from("ETHUSDT", 2**62, 10, NOW) == []
    assert market.aggregates_from("ETHUSDT", 2**62, 10, NOW) == []
    assert market.trades_between("ETHUSDT", NOW + 1, NOW + 60_000, NOW) == []
    assert len(market.klines("ETHUSDT", "1m", NOW // 60_000 * 60_000, 10, NOW).open_ms) == 1


def test_first_trade_ever_has_id_zero():
    trade = MARKETS[1.0].trades_from("BTCUSDT", 0, 1, NOW)[0]
    assert trade.trade_id == 0
    assert OPENED_MS <= trade.time_ms < OPENED_MS + SLICE_MS


@pytest.mark.parametrize(("rate", "low", "high"), [(0.1, 0.06, 0.15), (1.0, 0.85, 1.15), (12.0, 11, 13)])
def test_rate_scales_the_number_of_trades(rate, low, high):
    for name in ("BTCUSDT", "SOLUSDT"):
        market = MARKETS[rate]
        count = market.last_id(name, MIDNIGHT + DAY_MS - 1) - market.last_id(name, MIDNIGHT - 1)
        assert low <= count / 86_400 / INSTRUMENTS[name].trades_per_s <= high


def test_trades_look_like_trades():
    market = MARKETS[1.0]
    trades = market.trades_between("SOLUSDT", MIDNIGHT, MIDNIGHT + 28_800_000, NOW)
    times = np.array([trade.time_ms for trade in trades])
    quantities = np.array([trade.quantity for trade in trades]) / 1e8
    assert np.mean(np.diff(times) == 0) > 0.3  # several fills in one millisecond
    gaps = np.diff(np.unique(times))
    assert gaps.std() / gaps.mean() > 1.2  # clustered: more spread out than a Poisson process
    assert quantities.max() > 200 * np.median(quantities)  # a heavy tail
    prices = np.array([trade.price for trade in trades])
    moves = np.diff(prices[np.flatnonzero(np.diff(times))])
    assert np.corrcoef(moves[1:], moves[:-1])[0, 1] < 0  # bid-ask bounce
    assert np.all(prices % INSTRUMENTS["SOLUSDT"].price_unit == 0)
    per_minute = np.bincount((times - MIDNIGHT) // 60_000)
    assert per_minute.max() > 2.5 * np.median(per_minute)


@pytest.mark.parametrize("name", [n for n, i in INSTRUMENTS.items() if i.half_life_s and not i.breaks])
def test_klines_show_the_stated_pair(name):
    """Hedge ratio within 15 % and half-life within a factor of two, from four days of 1m closes."""
    market, instrument = MARKETS[1.0], INSTRUMENTS[name]
    y, x = (
        np.log(market.klines(n, "1m", MIDNIGHT - 4 * DAY_MS, 5760, MIDNIGHT).close) for n in (name, instrument.driver)
    )
    slope, intercept = np.polyfit(x, y, 1)
    assert slope == pytest.approx(instrument.hedge_ratio, rel=0.15)
    spread = y - slope * x - intercept
    decay = np.mean(spread[2:] * spread[:-2]) / np.mean(spread[1:] * spread[:-1])  # free of the bounce's variance
    half_life_s = -60 * np.log(2) / np.log(decay)
    assert 0.5 < half_life_s / instrument.half_life_s < 2


@pytest.mark.parametrize("rate", [0.0, -1.0, 1001.0, float("nan")])
def test_rate_out_of_range(rate):
    with pytest.raises(ValueError, match=r"rate: 0\.1 to 1000"):
        Market(3, rate)


def test_every_id_belongs_to_its_slice():
    market = MARKETS[12.0]
    number = DAY * SLICES_A_DAY + 17
    for name in INSTRUMENTS:
        trades = market.tape.slice(name, number)
        for fill, order in zip(trades.fill.tolist()[:300], trades.order.tolist()[:300], strict=True):
            assert market.tape.order_of_fill(fill) == order
            assert market.tape.slice_of_order(name, order) == number
