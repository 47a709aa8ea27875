"""Breaks of correlation and beta: exact surprises, planted breaks called in time, and few false alarms."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest

from analytics.align import Shared
from analytics.inputs import Pair
from analytics.measures.correlation_break import correlation_break

STEP = 60_000
SETTINGS = {"window": 120, "of": "correlation", "threshold": 13.0}


def pair_of(ry, rx, stamps=None):
    n = ry.size
    stamps = np.arange(n) * STEP if stamps is None else stamps
    same = np.ones(n)
    prices = 50 * np.exp(np.cumsum([ry, rx], axis=1))
    return Pair(Shared(stamps, *prices, same, same, np.zeros(n, np.int64)), STEP)


def returns_of(n, rho, seed, bursts=False):
    """Two legs of correlation ``rho`` (one number, or one a row); with bursts, both share a GARCH(1,1) volatility."""
    random = np.random.default_rng(seed)
    x, own = random.normal(0, 1, (2, n))
    size = np.ones(n)
    if bursts:
        shocks, variance = random.normal(0, 1, n), 1.0
        for row in range(n):
            size[row] = math.sqrt(variance)
            variance = 0.05 + 0.85 * variance + 0.1 * variance * shocks[row] ** 2
    return 1e-3 * size * (rho * x + np.sqrt(1 - np.square(rho)) * own), 1e-3 * size * x


def by_hand(pair, window, of, threshold):
    """The definition, window by window, in long double."""
    logs = np.log(np.array([pair.shared.y, pair.shared.x], np.longdouble))
    ry, rx = np.diff(logs, prepend=logs[:, :1])
    counted = np.diff(pair.shared.open_ms, prepend=0) == STEP
    up, down, rests, rows = np.longdouble(0), np.longdouble(0), 0, []
    for row in range(ry.size):
        part = np.flatnonzero(counted[max(0, row - window) : row]) + max(0, row - window)
        if row < window + 1 or 2 * part.size < window:
            up, down = up * 0, down * 0
            rows.append((np.nan,) * 3)
            continue
        my, mx, sy, sx = ry[part].mean(), rx[part].mean(), ry[part].std(), rx[part].std()
        u, v = (ry[part] - my) / sy, (rx[part] - mx) / sx
        r = (u * v).mean()

        def pull(u, v, r=r):
            return u * v - r * ((u**2 + v**2) / 2 if of == "correlation" else v**2)

        if rests:
            rests -= 1
        elif counted[row]:
            surprise = pull((ry[row] - my) / sy, (rx[row] - mx) / sx) / np.sqrt((pull(u, v) ** 2).mean())
            surprise = min(3, max(-3, surprise))
            up, down = max(0, up + surprise - 0.25), max(0, down - surprise - 0.25)
        statistic = up if up >= down else -down
        alarm = 0.0
        if abs(statistic) > threshold:
            alarm, up, down, rests = float(np.sign(statistic)), np.longdouble(0), np.longdouble(0), window
        rows.append((float(r if of == "correlation" else r * sy / sx), float(statistic), alarm))
    return np.array(rows).T


@pytest.mark.parametrize("of", ["correlation", "beta"])
@pytest.mark.parametrize("holes", [False, True])
def test_it_equals_its_definition(of, holes):
    rho = np.where(np.arange(700) < 400, 0.8, -0.2)
    stamps = np.arange(700) * STEP
    if holes:
        stamps = np.sort(np.random.default_rng(1).choice(850, 700, replace=False)) * STEP
        stamps[500:] += 10**9
    pair = pair_of(*returns_of(700, rho, 3), stamps)
    found = correlation_break(pair, window=60, of=of, threshold=10.0)
    expected = by_hand(pair, 60, of, 10.0)
    assert np.nansum(np.abs(expected[2])) >= 1
    for column, known in zip(found, expected, strict=True):
        np.testing.assert_allclose(column, known, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("before", "after", "within"), [(0.8, 0.0, 25), (0.9, 0.5, 30), (0.9, -0.5, 12)])
def test_a_planted_break_is_called_in_time_and_in_its_direction(before, after, within):
    delays = []
    for seed in range(40):
        rho = np.where(np.arange(400) < 250, before, after)
        alarm = correlation_break(pair_of(*returns_of(400, rho, seed)), **SETTINGS).alarm
        called = np.flatnonzero(np.nan_to_num(alarm[250:350]))
        if called.size and alarm[250 + called[0]] == -1:
            delays.append(called[0] + 1)
    assert len(delays) >= 38
    assert np.median(delays) <= within


def test_a_change_of_beta_alone_is_a_break_of_beta_alone():
    """y moves twice as far for x, and its own noise doubles too: correlation holds."""
    called = {"correlation": 0, "beta": 0}
    for seed in range(30):
        ry, rx = returns_of(400, 0.9, seed)
        ry[250:] *= 2
        for of in called:
            alarm = correlation_break(pair_of(ry, rx), window=120, of=of, threshold=13.0).alarm
            called[of] += bool((alarm[250:310] == 1).any())
    assert called["beta"] > 25
    assert called["correlation"] < 5


@pytest.mark.parametrize(("bursts", "low", "high"), [(False, 3_500, 15_000), (True, 1_500, 7_000)])
def test_false_alarms_are_as_rare_as_the_help_says(bursts, low, high):
    rows, alarms = 0, 0
    for seed, rho in enumerate((0.0, 0.5, 0.9)):
        found = correlation_break(pair_of(*returns_of(40_000, rho, seed, bursts)), **SETTINGS)
        rows += 40_000
        alarms += int(np.nansum(np.abs(found.alarm)))
    assert low < rows / max(1, alarms) < high


def test_one_print_calls_no_break_and_after_an_alarm_it_rests():
    ry, rx = returns_of(800, 0.9, 5)
    calm = correlation_break(pair_of(ry, rx), **SETTINGS)
    ry[300], ry[301] = 0.5, -0.5
    assert not np.nansum(np.abs(calm.alarm))
    assert not np.nansum(np.abs(correlation_break(pair_of(ry, rx), **SETTINGS).alarm[300:310]))
    rho = np.where(np.arange(800) < 400, 0.9, -0.5)
    found = correlation_break(pair_of(*returns_of(800, rho, 5)), **SETTINGS)
    at = int(np.flatnonzero(np.abs(np.nan_to_num(found.alarm)))[0])
    assert found.alarm[at] == -1
    assert found.statistic[at] < -13
    assert (found.statistic[at + 1 : at + 121] == 0).all()
    assert found.reference[at + 121] < 0  # nothing from before the break is left


def test_legs_that_move_as_one_have_no_surprise():
    ry, rx = returns_of(300, 0.5, 1)
    for settings in (SETTINGS, {**SETTINGS, "of": "beta"}):
        found = correlation_break(pair_of(rx, rx), **settings)
        np.testing.assert_allclose(found.reference[121:], 1.0, atol=1e-12)
        assert (found.statistic[121:] == 0).all()
    assert np.isnan(correlation_break(pair_of(ry, rx * 0), **SETTINGS).reference).all()


@pytest.mark.real_data
def test_the_days_when_usdc_lost_its_peg(real_data):
    """Bitcoin in USDC against bitcoin in dollars, bars with trades only: two quiet weeks, and 11 March 2023."""
    import pandas as pd

    folder = real_data / "klines_1m" / "binanceus_usdc_depeg_202303"
    legs = [pd.read_csv(folder / f"{name}_1m_20230301_20230321.csv.gz", index_col=0) for name in ("BTCUSDC", "BTCUSD")]
    both = pd.concat(legs, axis=1, join="inner", keys=["y", "x"])
    both = both[(both["y", "volume"] > 0) & (both["x", "volume"] > 0)]
    times = pd.to_datetime(both.index)
    stamps = times.as_unit("ms").astype("int64").to_numpy()
    closes = both["y", "close"].to_numpy(), both["x", "close"].to_numpy()
    same = np.ones(stamps.size)
    shared = Shared(stamps, *closes, same, same, np.zeros(stamps.size, np.int64))
    alarm = np.nan_to_num(correlation_break(Pair(shared, STEP), **SETTINGS).alarm)
    day = np.array([f"{time:%m-%d}" for time in times])
    assert np.abs(alarm[day < "03-11"]).sum() <= 1
    assert (alarm[day == "03-11"] == -1).sum() >= 2


@pytest.mark.real_data
def test_alarms_on_recorded_minutes_are_as_many_as_the_help_says(real_data):
    folder = real_data / "klines_1m" / "binance_spot_20210402_20210514"
    y, x = (np.array(json.loads(gzip.decompress((folder / f"{name}_USDT-1m.json.gz").read_bytes())), object)[:20_000]
            for name in ("ETH", "BTC"))  # fmt: skip
    stamps = y[:, 0].astype(np.int64)
    assert (stamps == x[:, 0].astype(np.int64)).all()
    same = np.ones(stamps.size)
    shared = Shared(stamps, y[:, 4].astype(float), x[:, 4].astype(float), same, same, np.zeros(stamps.size, np.int64))
    alarms = np.nansum(np.abs(correlation_break(Pair(shared, STEP), **SETTINGS).alarm))
    assert 700 < stamps.size / alarms < 1_600
