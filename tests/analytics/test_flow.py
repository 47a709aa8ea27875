"""Flow and liquidity: against exact fractions, brute force, statsmodels, planted values and recorded trades."""

from __future__ import annotations

import gzip
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from analytics import compiled
from analytics.flow import rolling_slope, signs
from analytics.inputs import Leg, Trades
from analytics.loops.flow import fill_buckets
from analytics.market import BUY_VOLUME, CLOSE, OPEN_MS, QUOTE_VOLUME, VOLUME
from analytics.registry import measure

from .measure_inputs import bars_of, trades

STEP_MS = 60_000


@pytest.fixture(scope="module")
def machine_code():
    compiled.load()


def walk(n, seed=3, level=1e5):
    return level + 0.01 * np.random.default_rng(seed).integers(-300, 301, n).cumsum()


def holes(bars, seed=4):
    keep = np.random.default_rng(seed).random(len(bars)) > 0.3
    keep[len(bars) // 2 : len(bars) // 2 + 5] = False
    return bars[keep]


def exact_vpin(quantity, buys, buckets, warmup):
    """VPIN after each trade in fractions; a bucket may be a billionth off the fraction that the measure states."""
    quantity = [Fraction(float(each)) for each in quantity]
    size = sum(quantity[:warmup]) / buckets * Fraction(1 - 1e-9)
    nets, filled, net, found = [], Fraction(0), Fraction(0), []
    for whole, buy in zip(quantity, buys, strict=True):
        left, side = whole, 1 if buy else -1
        while left >= size - filled:
            nets.append(abs(net + side * (size - filled)))
            left -= size - filled
            filled, net = Fraction(0), Fraction(0)
        filled, net = filled + left, net + side * left
        found.append(float(sum(nets[-buckets:]) / (buckets * size)) if len(nets) >= buckets else math.nan)
    return np.array([math.nan] * (warmup - 1) + found[warmup - 1 :])


@pytest.mark.parametrize("prints", [{}, {300: 40.0, 700: 900.0}], ids=["lots", "big prints"])
def test_vpin_equals_buckets_filled_in_fractions(prints):
    some = trades(1200)
    for row, quantity in prints.items():
        some.quantity[row] = quantity
    found = measure("vpin").run(some, buckets=20, bucket_trades=15)
    expected = exact_vpin(some.quantity, ~some.buyer_is_maker, 20, 300)
    np.testing.assert_allclose(found.vpin, expected, rtol=0, atol=1e-12)
    assert np.nanmax(found.vpin) <= 1
    assert np.nanmin(found.vpin) >= 0


def test_vpin_equals_volume_interpolated_at_the_borders():
    some = trades(60_000, seed=9)
    found = measure("vpin").run(some, buckets=50, bucket_trades=25)
    size = found.bucket_volume[-1]
    volume, buys = np.cumsum(some.quantity), np.cumsum(np.where(some.buyer_is_maker, 0.0, some.quantity))
    borders = size * np.arange(int(volume[-1] / size) + 1)
    bought = np.diff(np.interp(borders, np.r_[0.0, volume], np.r_[0.0, buys]))
    assert found.vpin[-1] == pytest.approx(np.abs(2 * bought - size)[-50:].mean() / size, abs=1e-9)


def test_one_print_larger_than_every_bucket_leaves_one_side():
    some = trades(600)
    some.quantity[400] = 1e9
    found = measure("vpin").run(some, buckets=20, bucket_trades=15).vpin
    assert found[400] == pytest.approx(1.0, abs=1e-12)
    assert (found[400:] <= 1).all()
    # As many small trades again wash it out: nothing of it stays in later buckets.
    assert found[-1] < 1


def test_one_sided_flow_is_one_and_alternating_lots_are_nothing():
    n = 400
    ones, stamps = np.ones(n), np.arange(n)
    for maker in (True, False):
        found = measure("vpin").run(Trades(stamps, ones, ones, ones == maker), buckets=10, bucket_trades=10).vpin
        np.testing.assert_allclose(found[99:], 1.0, rtol=0, atol=1e-12)
    found = measure("vpin").run(Trades(stamps, ones, ones, stamps % 2 == 0), buckets=10, bucket_trades=10).vpin
    np.testing.assert_allclose(found[99:], 0.0, rtol=0, atol=1e-6)


def test_trades_without_quantity_do_not_count():
    some = trades(500)
    empty = np.arange(0, 500, 7)
    some.quantity[empty] = 0.0
    found = measure("vpin").run(some, buckets=10, bucket_trades=20).vpin
    expected = exact_vpin(some.quantity, ~some.buyer_is_maker, 10, 200)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    nothing = some._replace(quantity=np.zeros(500))
    assert np.isnan(measure("vpin").run(nothing, buckets=10, bucket_trades=20).vpin).all()


def test_the_compiled_buckets_agree_to_the_last_bit(machine_code):
    some = trades(5_000)
    some.quantity[2_000] = 1e7
    signed = signs(some) * some.quantity
    results = []
    for function in (fill_buckets, compiled.fast(fill_buckets)):
        state, nets, vpin = np.array([0.0, 0.0, 0.0, math.nan]), np.zeros(40), np.empty(signed.size)
        function(signed, 11.7, state, nets, vpin)
        results.append((state, nets, vpin))
    assert compiled.fast(fill_buckets) is not fill_buckets
    for plain, fast in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, fast)


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
        assert found.slope[row] == pytest.approx(fit.params[1], rel=1e-10)
        assert found.t_value[row] == pytest.approx(fit.tvalues[1], rel=1e-10)
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
    assert perfect.slope[-1] == pytest.approx(2.0, rel=1e-12)
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
    expected = exact_vpin(some.quantity[:3_000], ~some.buyer_is_maker[:3_000], 50, 1250)
    np.testing.assert_allclose(vpin[:3_000], expected, rtol=0, atol=1e-12)
    assert measure("arrival_rate").run(some).dispersion > 1
    # Aggressive buys lift the price: the sign of the flow is the right way round.
    flow = measure("signed_flow").run(some, window=500)
    change = some.price[1000::500] - some.price[500:-500:500]
    assert np.corrcoef(change, flow.flow[1000::500])[0, 1] > 0.2
