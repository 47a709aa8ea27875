"""Hayashi-Yoshida against every pair of intervals, by hand, on simulated legs, and beside the grids of Epps."""

from __future__ import annotations

import gzip
import itertools

import numpy as np
import orjson
import pytest

from analytics import compiled
from analytics.compiled import fast
from analytics.hayashi_yoshida import (
    Path,
    Shifted,
    common_span,
    correlation,
    covariance,
    lead,
    on_grid,
    path,
    shifted,
    variance,
)
from analytics.inputs import TradePair, Trades
from analytics.loops.overlap import overlap_product
from analytics.measure import NotTestable
from analytics.measures.epps import epps
from analytics.measures.hayashi_yoshida import hayashi_yoshida

START_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def machine_code():
    compiled.load()


@pytest.fixture(params=["plain", "compiled"])
def either(request, machine_code, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(compiled, "_compiled", {})


def legs(n, m, *, seconds=3600, rho=0.8, lag_ms=0, seed=4):
    """Trades of two diffusions of correlation rho at random times; what moves y moves x ``lag_ms`` later."""
    random = np.random.default_rng(seed)
    size = seconds * 100 + 1
    common, own = random.normal(0, 1e-5, (2, size))
    walks = common.cumsum(), np.roll(rho * common + np.sqrt(1 - rho**2) * own, lag_ms // 10).cumsum()
    sides = []
    for count, walk in zip((n, m), walks, strict=True):
        times = np.sort(random.integers(0, seconds * 1000, count))
        sides.append(Trades(START_MS + times, 100 * np.exp(walk[times // 10]), np.ones(count), np.ones(count) > 0))
    return TradePair(*sides)


def paths(pair):
    return path(pair.y), path(pair.x)


def pair_by_pair(y, x):
    """Every two intervals compared, in long double."""
    total = np.longdouble(0)
    steps = np.diff(x.log_price.astype(np.longdouble))
    for row in range(1, y.time_ms.size):
        meets = np.maximum(y.time_ms[row - 1], x.time_ms[:-1]) < np.minimum(y.time_ms[row], x.time_ms[1:])
        total += (np.longdouble(y.log_price[row]) - y.log_price[row - 1]) * steps[meets].sum()
    return float(total)


def made(times, prices):
    return Path(np.array(times), np.array(prices, dtype=float))


def test_the_worked_example(either):
    a, b = made([0, 2, 4], [0, 1, 3]), made([0, 1, 3, 4], [0, 1, 1.5, 2])
    assert covariance(a, b) == covariance(b, a) == 3.5
    assert (variance(a), variance(b)) == (5.0, 1.5)
    assert correlation(a, b) == 1.0  # 1.278, held


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (made([0, 1], [0, 1]), made([1, 2], [0, 1])),
        (made([1, 2], [0, 1]), made([0, 1], [0, 1])),
        (made([0, 1, 2], [0, 1, 1]), made([1, 2, 3], [0, 1, 1])),
        (made([0, 1], [0, 1]), made([5, 6], [0, 1])),
    ],
)
def test_intervals_that_only_touch_share_nothing(either, y, x):
    assert covariance(y, x) == 0.0


@pytest.mark.parametrize(("n", "m"), [(300, 450), (40, 900), (900, 40), (2, 5), (500, 500)])
def test_it_equals_every_pair_of_intervals(either, n, m):
    for seed in range(5):
        y, x = paths(legs(n, m, seconds=60, seed=seed))  # many trades in the same milliseconds
        scale = np.sqrt(variance(y) * variance(x))
        assert covariance(y, x) / scale == pytest.approx(pair_by_pair(y, x) / scale, abs=1e-14)


def test_plain_and_compiled_loops_agree_to_the_last_bit(machine_code):
    y, x = paths(legs(3000, 2000, seconds=60))
    columns = (y.time_ms, y.log_price, x.time_ms, x.log_price)
    assert fast(overlap_product) is not overlap_product
    assert overlap_product(*columns) == fast(overlap_product)(*columns)


def test_trades_of_one_millisecond_are_one_price():
    some = Trades(np.array([5, 5, 5, 9]), np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4), np.ones(4) > 0)
    np.testing.assert_array_equal(path(some).time_ms, [5, 9])
    np.testing.assert_array_equal(path(some).log_price, np.log([2.0, 4.0]))
    assert path(some._replace(price=np.array([1.0, 3.0, np.nan, 0.0]))).log_price.tolist() == [np.log(3.0)]


def test_it_is_right_where_grids_fall_to_zero():
    """True correlation .8, one leg trades every 1 s, the other every 5 s (Epps effect)."""
    found, grids = [], {1_000: [], 60_000: []}
    for seed in range(40):
        y, x = common_span(*paths(legs(3600, 720, seed=seed)))
        found.append(correlation(y, x))
        for step, values in grids.items():
            values.append(on_grid(y, x, step)[0])
    assert np.mean(found) == pytest.approx(0.8, abs=0.02)
    assert np.mean(grids[1_000]) < 0.2
    assert 0.65 < np.mean(grids[60_000]) < 0.8


@pytest.mark.parametrize("lag_ms", [-2_000, 0, 1_500])
def test_a_planted_lead_is_found_with_its_sign(lag_ms):
    result = hayashi_yoshida(legs(3000, 2000, lag_ms=lag_ms), reach=5, thin=1)
    assert abs(result.lead_ms - lag_ms) <= 250
    assert (result.lead_ratio > 1) == (lag_ms > 0) or lag_ms == 0
    assert result.correlation == pytest.approx(result.shifted[20], abs=1e-12)
    assert result.shifted[0] < 0.5 * np.abs(result.shifted).max()
    assert result.lead_clear
    assert np.abs(result.shifted).max() > result.chance


def rough(leg, seed):
    """Volatility comes in bursts, and prices bounce between bid and ask."""
    random = np.random.default_rng(seed)
    n = leg.price.size
    bursts = np.exp(np.convolve(random.normal(0, 0.3, n + 50), 0.97 ** np.arange(50))[50 : n + 50])
    steps = np.diff(np.log(leg.price), prepend=np.log(leg.price[0])) * bursts
    return leg._replace(price=100 * np.exp(steps.cumsum() + random.choice((-1e-4, 1e-4), n)))


@pytest.mark.parametrize(("n", "m", "how"), [(300, 300, "plain"), (300, 80, "rough"), (60, 400, "rough")])
def test_independent_legs_have_a_lead_one_time_in_twenty(n, m, how):
    """A rate of 5 % has a deviation of 1.5 % over 200 seeded markets."""
    found = 0
    for seed in range(200):
        pair = legs(n, m, rho=0.0, seconds=600, seed=1000 + seed)
        if how == "rough":
            pair = TradePair(rough(pair.y, seed), rough(pair.x, 10_000 + seed))
        result = hayashi_yoshida(pair, reach=5, thin=1)
        found += np.nanmax(np.abs(result.shifted)) > result.chance
        assert not (result.lead_clear and np.nanmax(np.abs(result.shifted)) <= result.chance)
    assert 0.01 <= found / 200 <= 0.09


def test_legs_that_move_at_once_are_not_said_to_lead():
    told = [hayashi_yoshida(legs(400, 150, seconds=600, seed=seed), reach=5, thin=1) for seed in range(60)]
    assert sum(each.lead_clear and each.lead_ms != 0 for each in told) <= 3
    assert sum(np.nanmax(np.abs(each.shifted)) > each.chance for each in told) > 55


def test_chance_is_the_randomised_blocks_one_by_one():
    """Every way to sign the blocks of one lag, beside the 999 drawn."""
    for count in (4, 12):
        parts = np.random.default_rng(2).normal(0.01, 0.05, (count, 1))
        sizes = [abs(float(np.dot(signs, parts[:, 0]))) for signs in itertools.product((-1, 1), repeat=count)]
        found = lead(Shifted(np.array([0]), parts))
        assert found.bar == pytest.approx(np.quantile(sizes, 0.95), rel=1e-12 if count == 4 else 0.05, abs=0)
        assert found.clear == (abs(parts.sum()) > found.bar)
    y, x = paths(legs(300, 200, seconds=60))
    blocks = shifted(y, x, np.array([0, 1_500]))
    for lag, told in zip(blocks.lags_ms, blocks.correlation, strict=True):
        assert told == pytest.approx(correlation(*common_span(y, x._replace(time_ms=x.time_ms - lag))), abs=1e-14)


def test_a_few_prices_left_in_common_are_no_lead():
    """One minute of trades, one clock shifted by up to a minute: at the ends two or three prices would decide."""
    for seed in range(10):
        result = hayashi_yoshida(legs(2000, 2000, seconds=60, seed=seed), reach=60, thin=1000)
        assert result.lead_ms == 0
        kept = np.abs(result.lags_ms) <= 27_000
        assert np.isfinite(result.shifted[kept]).all()
        assert np.isnan(result.shifted[np.abs(result.lags_ms) >= 33_000]).all()


def test_time_that_only_one_leg_has_does_not_count():
    pair = legs(3000, 2000)
    half = TradePair(pair.y, Trades._make(column[1000:] for column in pair.x))
    result = hayashi_yoshida(half, reach=1, thin=1)
    assert result.correlation == pytest.approx(0.8, abs=0.08)
    assert result.span_ms < 1_900_000
    y, x = paths(pair)
    late = shifted(y, x, np.array([3_000_000, 10_000_000])).correlation
    assert np.isfinite(late[0])
    assert np.isnan(late[1])


def test_the_curve_equals_prices_looked_up_one_by_one():
    pair = legs(900, 400)
    result = epps(pair)
    y, x = common_span(*paths(pair))
    for at, step in enumerate(result.steps_s * 1000):
        first = max(y.time_ms[0], x.time_ms[0])
        stamps = [t for t in range(-(-int(first) // step) * step, int(min(y.time_ms[-1], x.time_ms[-1])) + 1, step)]
        returns = [np.diff([leg.log_price[leg.time_ms <= stamp][-1] for stamp in stamps]) for leg in (y, x)]
        assert result.counts[at] == len(stamps) - 1
        if result.counts[at] < 20:
            assert np.isnan(result.correlation[at])
        else:
            assert result.correlation[at] == pytest.approx(np.corrcoef(*returns)[0, 1], abs=1e-12)
    assert result.hayashi_yoshida[3] == correlation(*common_span(path(pair.y, 10_000), path(pair.x, 10_000)))
    assert np.isnan(result.hayashi_yoshida[-1])
    assert np.isnan(result.correlation[-1])


def test_they_say_why_they_cannot_speak():
    pair = legs(200, 200, seconds=60)
    apart = TradePair(pair.y, pair.x._replace(time_ms=pair.x.time_ms + 10**7))
    still = TradePair(pair.y, pair.x._replace(price=np.full(200, 3.0)))
    brief = TradePair(*(leg._replace(time_ms=START_MS + np.arange(200)) for leg in pair))
    for result, words in (
        (epps(apart), "at 0 moments"),
        (epps(still), "on no grid"),
        (epps(brief), "on no grid"),
        (hayashi_yoshida(apart, reach=5, thin=1), "has 0 prices"),
        (hayashi_yoshida(pair, reach=5, thin=60_000), "has 1 prices"),
        (hayashi_yoshida(still, reach=5, thin=1), "does not move"),
    ):
        assert isinstance(result, NotTestable)
        assert words in result.reason


def test_a_leg_that_follows_a_moment_later_needs_thinning():
    pair = legs(20_000, 20_000, lag_ms=400)
    raw, thinned = (hayashi_yoshida(pair, reach=1, thin=thin).correlation for thin in (1, 10_000))
    assert raw < 0.5
    assert thinned > 0.7


@pytest.mark.real_data
def test_recorded_trades_of_bitcoin_and_ether(real_data):
    sides = []
    for symbol in ("btcusdt", "ethusdt"):
        trades = []
        for day in ("08", "09"):
            lines = gzip.decompress((real_data / "ws_raw" / f"spot_{symbol}_202408{day}.gz").read_bytes()).splitlines()
            trades += [orjson.loads(line.split(b" ", 1)[1])["data"] for line in lines if b'@trade"' in line]
        prices = np.array([float(trade["p"]) for trade in trades])
        sides.append(Trades(np.array([trade["T"] for trade in trades]), prices, prices, prices > 0))
    pair = TradePair(*sides)
    curve = epps(pair)
    assert curve.correlation[0] == pytest.approx(0.6674, abs=2e-3)  # published for bars of 1 s
    assert curve.correlation[3] > 0.8
    assert (np.diff(curve.correlation[:4]) > 0).all()
    by_thin = [hayashi_yoshida(pair, reach=2, thin=thin).correlation for thin in (1, 100, 1_000)]
    assert by_thin == pytest.approx([0.19, 0.66, 0.83], abs=0.01)
    y, x = common_span(*paths(pair))
    part = Path(y.time_ms[:400], y.log_price[:400])
    assert covariance(part, x) == pytest.approx(pair_by_pair(part, x), rel=1e-12, abs=0)
