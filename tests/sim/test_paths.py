"""Latent prices: continuous, reproducible, and with the parameters that the table of instruments states."""

import math

import numpy as np
import pytest

from ingest.sim.instruments import INSTRUMENTS
from ingest.sim.paths import BREAK_S, DAY_S, Paths

DAY = 20_780
DRIVEN = [name for name, instrument in INSTRUMENTS.items() if instrument.half_life_s]


@pytest.fixture(scope="module")
def paths():
    return Paths(seed=7)


def days(paths, name, count=6):
    """One path over several days, on the grid of a second."""
    return np.concatenate([paths.day(name, DAY + d)[:-1] for d in range(count)])


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_path_is_continuous_over_midnight(paths, name):
    today, tomorrow = paths.day(name, DAY), paths.day(name, DAY + 1)
    assert len(today) == DAY_S + 1
    assert today[-1] == pytest.approx(tomorrow[0], abs=1e-12)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_volatility_is_realistic(paths, name):
    minutes = days(paths, name)[::60]
    assert 0.4 <= np.diff(minutes).std() * math.sqrt(525_600) <= 1.05


@pytest.mark.parametrize("name", DRIVEN)
def test_half_life_of_the_spread_is_the_stated_one(paths, name):
    instrument = INSTRUMENTS[name]
    stop = BREAK_S if instrument.breaks else DAY_S
    spreads = [paths.spread(name, DAY + d)[:stop] for d in range(24)]
    lag = instrument.half_life_s
    same = np.mean([np.mean(spread[:-lag] * spread[:-lag]) for spread in spreads])
    lagged = np.mean([np.mean(spread[lag:] * spread[:-lag]) for spread in spreads])
    assert lagged / same == pytest.approx(0.5, abs=0.1)  # a half-life later, half of a deviation is left
    assert math.sqrt(same) == pytest.approx(instrument.spread_sd, rel=0.15)


@pytest.mark.parametrize("name", DRIVEN)
def test_hedge_ratio_is_the_stated_one(paths, name):
    instrument = INSTRUMENTS[name]
    x, y = days(paths, instrument.driver), days(paths, name)
    if instrument.breaks:
        morning = np.arange(len(x)) % DAY_S < BREAK_S
        x, y = x[morning], y[morning]
    slope = np.polyfit(x[::30], y[::30], 1)[0]
    assert slope == pytest.approx(instrument.hedge_ratio, abs=0.06)


def test_one_pair_breaks_at_noon(paths):
    spread = np.array([paths.spread("DOGEUSDT", DAY + d) for d in range(24)])
    assert spread[:, BREAK_S:].std() > 3 * spread[:, :BREAK_S].std()


def test_follower_moves_a_lag_after_its_leader(paths):
    lag = INSTRUMENTS["AVAXUSDT"].lag_s
    leader, follower = np.diff(days(paths, "SOLUSDT", 2)), np.diff(days(paths, "AVAXUSDT", 2))
    correlation = [np.corrcoef(leader[10:-10], follower[10 + k : len(follower) - 10 + k])[0, 1] for k in range(10)]
    assert int(np.argmax(correlation)) == lag
    assert correlation[lag] > 0.5 > 10 * abs(correlation[0])


def test_seed_decides(paths):
    assert np.array_equal(Paths(7).day("LTCUSDT", DAY), paths.day("LTCUSDT", DAY))
    assert not np.array_equal(Paths(8).day("LTCUSDT", DAY), paths.day("LTCUSDT", DAY))
