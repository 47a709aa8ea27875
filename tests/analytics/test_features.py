"""The feature table and the day's shape: against brute force, row by row, over silent minutes and empty bars."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest

from analytics.inputs import Leg
from analytics.market import BUY_VOLUME, CLOSE, HIGH, LOW, OPEN_MS, QUOTE_VOLUME, TRADES, VOLUME
from analytics.measure import NotTestable
from analytics.registry import measure

from .measure_inputs import STEP_MS, bars_of

DAY = 1_440


def walk(n, level=1e5, seed=6):
    return level + 0.01 * np.random.default_rng(seed).integers(-300, 301, n).cumsum()


def test_every_feature_of_every_minute_equals_brute_force():
    keep = np.random.default_rng(2).random(400) > 0.3
    bars = bars_of(walk(400))[keep]
    bars[150, [VOLUME, QUOTE_VOLUME, BUY_VOLUME, TRADES]] = 0.0
    found = measure("minute_features").run(Leg(bars, STEP_MS), window=40)
    close, exact = bars[:, CLOSE], bars.astype(np.longdouble)
    follow = np.r_[False, np.diff(bars[:, OPEN_MS]) == STEP_MS]
    returns = np.r_[0.0, np.diff(np.log(exact[:, CLOSE])).astype(float)]
    for row in range(40, len(bars)):
        part, before = exact[row - 39 : row + 1], exact[row - 40 : row, CLOSE]
        counted = follow[row - 39 : row + 1]
        squares = (returns[row - 39 : row + 1] ** 2)[counted].sum()
        empty = row == 150
        expected = {
            "return_bps": 1e4 * returns[row] if follow[row] else math.nan,
            "volatility": math.sqrt(squares / counted.sum()) if 2 * counted.sum() >= 40 else math.nan,
            "range_bps": 1e4 * (bars[row, HIGH] - bars[row, LOW]) / close[row],
            "vwap_distance_bps": 1e4
            * float(exact[row, CLOSE] / (part[:, QUOTE_VOLUME].sum() / part[:, VOLUME].sum()) - 1),
            "volume": bars[row, VOLUME],
            "quote_volume": bars[row, QUOTE_VOLUME],
            "volume_ratio": float(exact[row, QUOTE_VOLUME] / part[:, QUOTE_VOLUME].mean()),
            "trades": bars[row, TRADES],
            "imbalance": math.nan if empty else 2 * bars[row, BUY_VOLUME] / bars[row, VOLUME] - 1,
            "trade_size": math.nan if empty else bars[row, QUOTE_VOLUME] / bars[row, TRADES],
            "z": float((exact[row, CLOSE] - before.mean()) / before.std(ddof=1)),
        }
        for name, value in expected.items():
            assert getattr(found, name)[row] == pytest.approx(value, rel=1e-9, abs=1e-7, nan_ok=True), (name, row)


def test_z_does_not_hold_a_bar_against_itself():
    bars = bars_of(100 + 0.01 * (np.arange(60) % 2))
    bars[-1, CLOSE] = 200.0
    found = measure("minute_features").run(Leg(bars, STEP_MS), window=40)
    assert found.z[-1] > 1_000
    bars[:, CLOSE] = 1e5
    assert np.isnan(measure("minute_features").run(Leg(bars, STEP_MS), window=40).z).all()


@pytest.mark.parametrize(("slot", "minutes"), [("1m", 1), ("5m", 5), ("1h", 60)])
def test_the_shape_of_the_day_equals_brute_force(slot, minutes):
    n = 2 * DAY + 700
    keep = np.random.default_rng(3).random(n) > 0.43
    keep[[0, -1]] = True
    keep[900:1_000] = False
    bars = bars_of(walk(n))
    minute = (bars[:, OPEN_MS] / 60_000).astype(int) % DAY
    follow = np.r_[False, keep[1:] & keep[:-1]]
    returns = np.r_[0.0, np.log1p(np.diff(bars[:, CLOSE]) / bars[:-1, CLOSE])]
    found = measure("minute_of_day").run(Leg(bars[keep], STEP_MS), slot=slot)
    assert found.bars == keep.sum()
    assert found.days == pytest.approx(n / DAY)
    assert [each.minute for each in found.slots] == list(range(0, DAY, minutes))
    for each in found.slots:
        here = minute // minutes == each.minute // minutes
        assert each.possible == here.sum()
        assert each.bars == (here & keep).sum()
        assert each.returns == (here & follow).sum()
        assert each.quote_volume == pytest.approx(bars[here & keep, QUOTE_VOLUME].sum() / here.sum(), rel=1e-12, abs=0)
        assert each.trades == pytest.approx(bars[here & keep, TRADES].sum() / here.sum(), rel=1e-12, abs=0)
        if each.returns:
            assert each.volatility == pytest.approx(math.sqrt((returns[here & follow] ** 2).mean()), rel=1e-9, abs=0)
        else:
            assert each.volatility is None


def test_only_the_part_of_the_day_that_was_seen_is_spoken_of():
    bars = bars_of(walk(90))
    found = measure("minute_of_day").run(Leg(bars, STEP_MS), slot="1h")
    first = int(bars[0, OPEN_MS] // 60_000) % DAY
    assert found.slots[0].minute == first // 60 * 60
    assert sum(each.possible for each in found.slots) == 90
    seconds = bars.copy()
    seconds[:, OPEN_MS] = bars[0, OPEN_MS] + 1_000 * np.arange(90)
    fast = measure("minute_of_day").run(Leg(seconds, 1_000), slot="1m")
    # A minute of 60 bars holds their sum, not their mean.
    assert fast.slots[0].possible == 60
    assert fast.slots[0].trades == pytest.approx(bars[:60, TRADES].sum(), rel=1e-12, abs=0)
    bars[5, QUOTE_VOLUME] = np.nan
    assert isinstance(measure("minute_of_day").run(Leg(bars, STEP_MS)), NotTestable)


def test_a_planted_busy_hour_stands_out():
    n = 10 * DAY
    hour = (np.arange(n) + bars_of(np.ones(1))[0, OPEN_MS] // 60_000) // 60 % 24
    random = np.random.default_rng(4)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 1, n) * np.where(hour == 14, 3e-4, 1e-4)))
    found = measure("minute_of_day").run(Leg(bars_of(closes), STEP_MS), slot="1h")
    volatility = {each.minute // 60: each.volatility for each in found.slots}
    assert volatility.pop(14) == pytest.approx(3e-4, rel=0.1)
    assert max(volatility.values()) == pytest.approx(1e-4, rel=0.15)


@pytest.mark.real_data
def test_recorded_minutes_with_two_outages(real_data):
    path = real_data / "klines_1m" / "binance_spot_20210402_20210514" / "BTC_USDT-1m.json.gz"
    with gzip.open(path, "rt") as file:
        rows = np.array(json.load(file), dtype=float)
    bars = np.zeros((len(rows), 10))
    bars[:, :6] = rows
    bars[:, QUOTE_VOLUME] = bars[:, VOLUME] * bars[:, CLOSE]
    found = measure("minute_of_day").run(Leg(bars, STEP_MS), slot="1h")
    minutes = (rows[-1, 0] - rows[0, 0]) / 60_000 + 1
    assert len(found.slots) == 24
    assert sum(each.bars for each in found.slots) == len(rows)
    assert sum(each.possible for each in found.slots) == minutes
    missing = {each.minute // 60: each.possible - each.bars for each in found.slots if each.possible > each.bars}
    # 2021-04-20 01:59 to 04:30 and 2021-04-25 04:00 to 08:45, UTC.
    assert set(missing) <= {1, 2, 3, 4, 5, 6, 7, 8}
    assert missing[3] == 60
