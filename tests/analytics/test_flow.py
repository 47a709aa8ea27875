"""Flow and liquidity: against exact fractions, brute force, statsmodels, planted values and recorded trades."""

from __future__ import annotations

import gzip
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from analytics.flow import rolling_slope
from analytics.inputs import Leg, Trades
from analytics.market import BUY_VOLUME, CLOSE, OPEN_MS, QUOTE_VOLUME, VOLUME
from analytics.registry import measure

from .measure_inputs import bars_of, trades

STEP_MS = 60_000


def walk(n, seed=3, level=1e5):
    return level + 0.01 * np.random.default_rng(seed).integers(-300, 301, n).cumsum()


def holes(bars, seed=4):
    keep = np.random.default_rng(seed).random(len(bars)) > 0.3
    keep[len(bars) // 2 : len(bars) // 2 + 5] = False
    return bars[keep]


def exact_vpin(quantity, buys, buckets, need, rows):
    """VPIN after some trades in fractions: the last ``need`` are cut into buckets one by one."""
    found = []
    for row in rows:
        part = slice(row - need + 1, row + 1)
        volume = [Fraction(float(each)) for each in quantity[part]]
        size = sum(volume) / buckets
        nets, filled, net = [], Fraction(0), Fraction(0)
        for left, buy in zip(volume, buys[part], strict=True):
            side = 1 if buy else -1
            while left >= size - filled:
                nets.append(abs(net + side * (size - filled)))
                left -= size - filled  # noqa: PLW2901
                filled, net = Fraction(0), Fraction(0)
            filled, net = filled + left, net + side * left
        assert len(nets) == buckets
        found.append(float(sum(nets) / (buckets * size)))
    return np.array(found)


@pytest.mark.parametrize("prints", [{}, {300: 40.0, 700: 900.0}, {500: 1e9}], ids=["lots", "big prints", "huge"])
def test_vpin_equals_buckets_filled_in_fractions(prints):
    some = trades(1200)
    for row, quantity in prints.items():
        some.quantity[row] = quantity
    found = measure("vpin").run(some, buckets=20, bucket_trades=15)
    rows = range(299, 1200, 7)
    expected = exact_vpin(some.quantity, ~some.buyer_is_maker, 20, 300, rows)
    np.testing.assert_allclose(found.vpin[rows], expected, rtol=0, atol=1e-12)
    assert np.isnan(found.vpin[:299]).all()
    assert (found.vpin[299:] <= 1).all()
    assert (found.vpin[299:] >= 0).all()
    whole = [math.fsum(some.quantity[row - 299 : row + 1]) for row in rows]
    np.testing.assert_allclose(20 * found.bucket_volume[rows], whole, rtol=1e-13)


def test_vpin_equals_volume_interpolated_at_the_borders():
    some = trades(60_000, seed=9)
    found = measure("vpin").run(some, buckets=50, bucket_trades=25)
    newest, maker = some.quantity[-1250:], some.buyer_is_maker[-1250:]
    volume, buys = np.cumsum(newest), np.cumsum(np.where(maker, 0.0, newest))
    size = volume[-1] / 50
    bought = np.diff(np.interp(size * np.arange(51), np.r_[0.0, volume], np.r_[0.0, buys]))
    assert found.bucket_volume[-1] == pytest.approx(size, rel=1e-13, abs=0)
    assert found.vpin[-1] == pytest.approx(np.abs(2 * bought - size).mean() / size, abs=1e-12)


@pytest.mark.parametrize("dropped", [1, 299, 300, 1000])
def test_vpin_does_not_know_where_the_trades_begin(dropped):
    """The warm-up of 20 times 15 trades is all that a value rests on."""
    some = trades(1500)
    some.quantity[[2, 450]] = 1e6, 1e6
    whole = measure("vpin").run(some, buckets=20, bucket_trades=15)
    later = measure("vpin").run(Trades._make(column[dropped:] for column in some), buckets=20, bucket_trades=15)
    assert np.isnan(later.vpin[:299]).all()
    np.testing.assert_allclose(later.vpin[299:], whole.vpin[dropped + 299 :], rtol=0, atol=1e-12)
    np.testing.assert_allclose(later.bucket_volume[299:], whole.bucket_volume[dropped + 299 :], rtol=1e-12)


def test_one_print_larger_than_all_others_leaves_one_side_until_it_is_out_of_sight():
    some = trades(1000)
    some.quantity[400] = 1e9
    found = measure("vpin").run(some, buckets=20, bucket_trades=15).vpin
    np.testing.assert_allclose(found[400:700], 1.0, rtol=0, atol=1e-6)
    assert (found[700:] < 0.7).all()


def test_one_sided_flow_is_one_and_alternating_lots_are_nothing():
    n = 400
    ones, stamps = np.ones(n), np.arange(n)
    for maker in (True, False):
        found = measure("vpin").run(Trades(stamps, ones, ones, ones == maker), buckets=10, bucket_trades=10).vpin
        np.testing.assert_allclose(found[99:], 1.0, rtol=0, atol=1e-12)
    found = measure("vpin").run(Trades(stamps, ones, ones, stamps % 2 == 0), buckets=10, bucket_trades=10).vpin
    np.testing.assert_allclose(found[99:], 0.0, rtol=0, atol=1e-12)


def test_buyers_and_sellers_at_random_read_what_lots_alone_give():
    random = np.random.default_rng(6)
    ones = np.ones(200_000)
    some = Trades(np.arange(ones.size), ones, ones, random.random(ones.size) < 0.5)
    found = measure("vpin").run(some, buckets=50, bucket_trades=25).vpin
    assert np.nanmean(found) == pytest.approx(math.sqrt(2 / (math.pi * 25)), rel=0.03)


def test_trades_without_quantity_do_not_count():
    some = trades(500)
    for quantity in (0.0, -3.0, math.nan, math.inf):
        some.quantity[::7] = quantity
        found = measure("vpin").run(some, buckets=10, bucket_trades=20).vpin
        known = np.where(np.arange(500) % 7, some.quantity, 0.0)
        expected = exact_vpin(known, ~some.buyer_is_maker, 10, 200, range(199, 500, 20))
        np.testing.assert_allclose(found[199::20], expected, rtol=0, atol=1e-12)
    nothing = some._replace(quantity=np.zeros(500))
    assert np.isnan(measure("vpin").run(nothing, buckets=10, bucket_trades=20)).all()


def test_signed_flow_equals_fractions_and_knows_the_aggressor():
    some = trades(400, level=1e5)
    found = measure("signed_flow").run(some, window=50)
    value = [
        Fraction(p) * Fraction(q) * (-1 if maker else 1)
        for p, q, maker in zip(some.price.tolist(), some.quantity.tolist(), some.buyer_is_maker, strict=True)
    ]
    for row in range(49, 400):
        window = value[row - 49 : row + 1]
        gross = float(sum(map(abs, window)))
        assert found.flow[row] == pytest.approx(float(sum(window)), abs=1e-12 * gross)
        assert found.cumulative[row] == pytest.approx(float(sum(value[: row + 1])), abs=1e-12 * gross * 8)
    buyers = some._replace(buyer_is_maker=np.zeros(400, dtype=bool))
    assert measure("signed_flow").run(buyers, window=50).flow[-1] > 0


def test_imbalance_by_hand_and_at_its_ends():
    bars = bars_of(walk(300))
    found = measure("trade_imbalance").run(Leg(bars, STEP_MS), window=30).imbalance
    for row in range(29, 300):
        part = bars[row - 29 : row + 1].astype(np.longdouble)
        buys = part[:, BUY_VOLUME].sum()
        sells = (part[:, VOLUME] - part[:, BUY_VOLUME]).sum()
        assert found[row] == pytest.approx(float((buys - sells) / (buys + sells)), abs=1e-12)
    for share in (0.0, 1.0):
        bars[:, BUY_VOLUME] = share * bars[:, VOLUME]
        found = measure("trade_imbalance").run(Leg(bars, STEP_MS), window=30).imbalance
        np.testing.assert_allclose(found[29:], 2 * share - 1, rtol=0, atol=0)


def test_kyle_lambda_equals_statsmodels_over_holes():
    api = pytest.importorskip("statsmodels.api")
    bars = holes(bars_of(walk(400)))
    found = measure("kyle_lambda").run(Leg(bars, STEP_MS), window=60)
    follow = np.r_[False, np.diff(bars[:, OPEN_MS]) == STEP_MS]
    change, net = np.r_[0.0, np.diff(bars[:, CLOSE])], 2 * bars[:, BUY_VOLUME] - bars[:, VOLUME]
    known = 0
    for row in range(60, len(bars), 7):
        counted = np.flatnonzero(follow[row - 59 : row + 1]) + row - 59
        if 2 * counted.size < 60:
            assert np.isnan(found.slope[row])
            continue
        fit = api.OLS(change[counted], api.add_constant(net[counted])).fit()
        known += 1
        assert found.slope[row] == pytest.approx(fit.params[1], rel=1e-10, abs=0)
        assert found.t_value[row] == pytest.approx(fit.tvalues[1], rel=1e-10, abs=0)
        assert found.r_squared[row] == pytest.approx(fit.rsquared, rel=1e-9, abs=1e-12)
    assert known > 10


def test_kyle_lambda_finds_what_was_planted_and_its_size_under_the_null():
    random = np.random.default_rng(5)
    bars = bars_of(np.full(20_000, 1e5))
    net = 2 * bars[:, BUY_VOLUME] - bars[:, VOLUME]
    bars[:, CLOSE] = 1e5 + np.cumsum(0.25 * net + random.normal(0, 1, net.size))
    found = measure("kyle_lambda").run(Leg(bars, STEP_MS), window=1000)
    assert found.slope[1000::1000].mean() == pytest.approx(0.25, abs=0.01)
    bars[:, CLOSE] = 1e5 + np.cumsum(random.normal(0, 1, net.size))
    apart = measure("kyle_lambda").run(Leg(bars, STEP_MS), window=100).t_value[100::100]
    assert 0.01 < (np.abs(apart) > 1.984).mean() < 0.1


def test_flow_that_never_changes_has_no_lambda():
    bars = bars_of(walk(100))
    bars[:, VOLUME], bars[:, BUY_VOLUME] = 2.0, 2.0
    found = measure("kyle_lambda").run(Leg(bars, STEP_MS), window=30)
    assert all(np.isnan(column).all() for column in found)
    perfect = rolling_slope(np.arange(50.0) % 7 * 2, np.arange(50.0) % 7, np.arange(50) > 0, 20)
    assert perfect.slope[-1] == pytest.approx(2.0, rel=1e-12, abs=0)
    assert np.isnan(perfect.t_value[-1])


def test_a_big_print_leaves_no_trace_after_its_window():
    bars = bars_of(walk(400, level=100.0))
    spoilt = bars.copy()
    spoilt[100, [CLOSE, VOLUME, QUOTE_VOLUME]] = 1e9
    for name in ("kyle_lambda", "amihud", "trade_imbalance"):
        clean, after = (measure(name).run(Leg(each, STEP_MS), window=40)[0] for each in (bars, spoilt))
        np.testing.assert_allclose(after[142:], clean[142:], rtol=1e-12)


@pytest.mark.real_data
def test_recorded_trades(real_data):
    with gzip.open(real_data / "ws_raw" / "spot_btcusdt_20240808.gz", "rt") as lines:
        found = [json.loads(line.split(" ", 1)[1])["data"] for line in lines if '@trade"' in line]
    some = Trades(
        np.array([each["T"] for each in found]),
        np.array([float(each["p"]) for each in found]),
        np.array([float(each["q"]) for each in found]),
        np.array([each["m"] for each in found]),
    )
    minute = (some.time_ms >= 1_723_161_300_000) & (some.time_ms < 1_723_161_360_000)
    assert some.quantity[minute].sum() == pytest.approx(15.07702, abs=1e-9)
    vpin = measure("vpin").run(some, buckets=50, bucket_trades=25).vpin
    rows = range(1249, vpin.size, 1000)
    expected = exact_vpin(some.quantity, ~some.buyer_is_maker, 50, 1250, rows)
    np.testing.assert_allclose(vpin[rows], expected, rtol=0, atol=1e-12)
    assert measure("arrival_rate").run(some).dispersion > 1
    # Aggressive buys lift the price: the sign of the flow is the right way round.
    flow = measure("signed_flow").run(some, window=500)
    change = some.price[1000::500] - some.price[500:-500:500]
    assert np.corrcoef(change, flow.flow[1000::500])[0, 1] > 0.2
