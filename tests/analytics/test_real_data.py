"""Published figures on recorded market data: BTC and ETH trades, Binance minutes, pairs from the literature."""

from __future__ import annotations

import csv
import functools
import gzip
import json

import numpy as np
import pytest

from analytics.dependence import correlation, follows, rolling_correlation
from analytics.hedge import Fit, fit_ols
from analytics.stationarity import UnitRootTest, adf, engle_granger

pytestmark = pytest.mark.real_data


@functools.cache
def trades(folder, name):
    """Trade time in ms and price of every spot trade of the two recorded files."""
    found = []
    for day in ("20240808", "20240809"):
        with gzip.open(folder / "ws_raw" / f"spot_{name}_{day}.gz", "rt") as lines:
            found += [json.loads(line.split(" ", 1)[1])["data"] for line in lines if '@trade"' in line]
    return np.array([trade["T"] for trade in found]), np.array([float(trade["p"]) for trade in found])


def closes(path, column="Adj Close"):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig") as lines:
        return {row["Date"]: float(row[column]) for row in csv.DictReader(lines)}


def common(left, right):
    days = sorted(left.keys() & right.keys())
    return np.array([left[day] for day in days]), np.array([right[day] for day in days])


@functools.cache
def minutes(folder, name, before=0, day_ms=1_620_604_800_000):
    """Log closes of 2021-05-10 UTC, and of so many minutes before it."""
    path = folder / "klines_1m" / "binance_spot_20210402_20210514" / f"{name}_USDT-1m.json.gz"
    with gzip.open(path, "rt") as file:
        rows = [row for row in json.load(file) if day_ms - 60_000 * before <= row[0] < day_ms + 86_400_000]
    assert len(rows) == 1440 + before
    return np.log([row[4] for row in rows])


def test_btc_eth_second_bars(real_data):
    (btc_ms, btc), (eth_ms, eth) = trades(real_data, "btcusdt"), trades(real_data, "ethusdt")
    # The published figures rest on the seconds in which either leg traded, the other carried forward.
    seconds = np.union1d(btc_ms // 1000, eth_ms // 1000)
    y = btc[np.searchsorted(btc_ms, seconds * 1000 + 999, "right") - 1]
    x = eth[np.searchsorted(eth_ms, seconds * 1000 + 999, "right") - 1]
    every = np.r_[False, np.ones(649, dtype=bool)]
    fit = fit_ols(y, x)
    assert isinstance(fit, Fit)
    assert fit.n == 650
    assert (round(fit.intercept, 4), round(fit.slope, 5), round(fit.r_squared, 5)) == (255.1024, 22.91901, 0.62615)
    assert correlation(y, x, every) == pytest.approx(0.6674, abs=5e-5)
    assert rolling_correlation(y, x, every, 649)[-1] == pytest.approx(0.6674, abs=5e-5)
    found = adf(y - fit.intercept - fit.slope * x, lags=1)
    assert isinstance(found, UnitRootTest)
    assert found.statistic == pytest.approx(-2.1853, abs=5e-5)


def test_btc_eth_without_filling(real_data):
    (btc_ms, btc), (eth_ms, eth) = trades(real_data, "btcusdt"), trades(real_data, "ethusdt")
    shared = np.intersect1d(btc_ms // 1000, eth_ms // 1000)
    y = btc[np.searchsorted(btc_ms, shared * 1000 + 999, "right") - 1]
    x = eth[np.searchsorted(eth_ms, shared * 1000 + 999, "right") - 1]
    counted = follows(shared * 1000, 1000)
    assert (shared.size, int(counted.sum())) == (605, 566)
    assert correlation(y, x, counted) == pytest.approx(0.67398, abs=1e-5)


@pytest.mark.parametrize(
    ("y", "x", "statistic", "p"),
    [
        ("LINK", "DOT", -4.5783, 0.00091),
        ("BNB", "BTC", -3.7275, 0.0169),
        ("LTC", "BCH", -3.4054, 0.0418),
        ("ETH", "BTC", -2.5063, 0.2763),
    ],
)
def test_engle_granger_on_binance_minutes(real_data, y, x, statistic, p):
    found = engle_granger(minutes(real_data, y), minutes(real_data, x), lags=1)
    assert isinstance(found, UnitRootTest)
    assert found.statistic == pytest.approx(statistic, abs=5e-5)
    assert found.p == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "published"),
    [("ETH", 0.7738), ("BNB", 0.7047), ("LTC", 0.6993), ("BCH", 0.6969), ("LINK", 0.6751), ("DOT", 0.6149)],
)
def test_return_correlation_on_binance_minutes(real_data, name, published):
    counted = follows(np.arange(1441), 1)
    btc, other = np.exp(minutes(real_data, "BTC", before=1)), np.exp(minutes(real_data, name, before=1))
    assert correlation(btc, other, counted) == pytest.approx(published, abs=5e-5)


def test_gld_gdx(real_data):
    gld, gdx = common(closes(real_data / "pairs" / "GLD.csv"), closes(real_data / "pairs" / "GDX.csv"))
    found, fit = engle_granger(gld, gdx), fit_ols(gld, gdx)
    assert isinstance(found, UnitRootTest)
    assert isinstance(fit, Fit)
    assert found.n == 385
    assert found.statistic == pytest.approx(-3.6981160763300593, rel=1e-9)
    assert found.p == pytest.approx(0.018427835409537425, rel=1e-8)
    assert list(found.critical.values()) == pytest.approx([-3.92518794, -3.35208799, -3.05551324], abs=1e-8)
    assert (round(fit.intercept, 5), round(fit.slope, 8)) == (10.15361, 1.38649549)
    early = engle_granger(gld[:252], gdx[:252])
    assert isinstance(early, UnitRootTest)
    assert early.statistic == pytest.approx(-2.3591268, abs=1e-7)


def test_ko_pep_is_not_cointegrated(real_data):
    ko, pep = common(closes(real_data / "pairs" / "KO.csv.gz"), closes(real_data / "pairs" / "PEP.csv.gz"))
    found = engle_granger(ko, pep)
    assert isinstance(found, UnitRootTest)
    assert found.n == 7835
    assert found.statistic == pytest.approx(-1.5815517041517178, rel=1e-8)
    assert found.p == pytest.approx(0.7286134576473527, rel=1e-8)
    assert found.verdict.startswith("No evidence")


def test_consumption_and_income(real_data):
    path = real_data / "pairs" / "macrodata_realgdp_realcons.csv"
    table = np.genfromtxt(path, delimiter=",", names=True, deletechars='"')
    found = engle_granger(table["realcons"], table["realgdp"], lags=0)
    assert isinstance(found, UnitRootTest)
    assert found.statistic == pytest.approx(-1.830170986148, rel=1e-11, abs=0)


def test_adf_of_gld_and_gdx(real_data):
    path = real_data / "pairs" / "gld_gdx_data.csv"
    for column, published in (("GLD", -1.050169), ("GDX", -2.278697)):
        found = adf(list(closes(path, column).values()))
        assert isinstance(found, UnitRootTest)
        assert found.statistic == pytest.approx(published, abs=1e-6)
