"""The scan of all pairs: in the background, once a bar, what the measure says, and honest about what it rests on."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from analytics.align import align_last
from analytics.gather import gather
from analytics.hedge import Fit, fit_ols
from analytics.inputs import Panel
from analytics.live import LastTrade, PairBook, PairSpec, Series
from analytics.market import Bar
from analytics.measures.scan import MEASURE, Scan
from callbacks import scanner
from callbacks.scanner import ROWS, Scanner, scanned, silence
from tests.ui.harness import wait_for
from tests.ui.market import BARS, MINUTE, Market, bars

SYMBOLS = ("sim:A", "sim:B", "sim:C", "sim:D")


class Held:
    """Bars in memory: B follows A, C walks alone, D is A under another name."""

    def __init__(self, count: int = 400) -> None:
        rng = np.random.default_rng(11)
        walk, alone = 100 + rng.normal(0, 0.1, (2, count)).cumsum(axis=1)
        self.closes = {"sim:A": walk, "sim:B": 20 + 2 * walk + rng.normal(0, 0.1, count), "sim:C": alone, "sim:D": walk}
        self.count = dict.fromkeys(SYMBOLS, count)
        self.version = 1

    def bars(self, symbol: str, timeframe: str) -> Series:
        assert timeframe == "1m"
        rows = [
            Bar(at * MINUTE, close, close, close, close, 1.0, close, 0.5, 6, 0)
            for at, close in enumerate(self.closes[symbol].tolist()[: self.count[symbol]])
        ]
        return Series(self.version, np.array(rows).reshape(-1, len(Bar._fields)))

    def trade(self, symbol: str) -> LastTrade | None:
        return None

    def state(self, symbol: str) -> str:
        return "LIVE"

    def stopped(self) -> str:
        return ""


def result_of(market: Held) -> Scan:
    found = MEASURE.run(gather(Panel, market, SYMBOLS, "1m", ROWS))
    assert isinstance(found, Scan)
    return found


def test_rows_are_the_measures_own_numbers_in_the_better_direction() -> None:
    market = Held()
    found, true = scanned(market, SYMBOLS), result_of(market)
    assert [(row["y"], row["x"]) for row in found.rows.values()] == [
        (y.partition(":")[2], x.partition(":")[2]) for y, x in zip(true.y, true.x, strict=True)
    ]
    for at, row in enumerate(found.rows.values()):
        assert (row["a"], row["b"], row["sigma"]) == (true.intercept[at], true.hedge_ratio[at], true.sigma[at])
        for name, column in (
            ("t", true.statistic), ("p", true.p), ("q", true.q), ("half", true.half_life), ("corr", true.correlation),
            ("stable", true.beta_stability), ("cost", true.cost_sigma), ("liquidity", true.liquidity),
        ):  # fmt: skip
            expected = None if np.isnan(column[at]) else pytest.approx(column[at], rel=1e-5)
            assert row[name] == expected, name
    assert {"A", "B"} <= {found.rows["c0-1"]["y"], found.rows["c0-1"]["x"]}


def test_the_note_counts_tests_and_says_what_could_not_be_tested() -> None:
    note = scanned(Held(), SYMBOLS).note
    assert note["state"] == "ready"
    assert (note["tested"], note["tests"], note["untested"]) == (5, 10, 1)
    assert note["why"] == "A/D: one asset under two names"
    assert (note["rows"], note["asOf"], note["gaps"]) == (400, 400 * MINUTE, 0)
    assert note["passed"] == int((result_of(Held()).q < 0.05).sum()) >= 2
    late = Held()
    late.count["sim:C"] = 100
    assert scanned(late, SYMBOLS).note["why"] == "C: needs 240 bars, has 100\nA/D: one asset under two names"


def test_the_trail_is_the_spread_in_sigmas_at_its_minutes() -> None:
    market = Held()
    market.closes["sim:B"][-7] = np.nan
    row = scanned(market, SYMBOLS).rows["c0-1"]
    y, x = (market.closes[f"sim:{row[leg]}"][-120:] for leg in ("y", "x"))
    sigmas = (y - row["a"] - row["b"] * x) / row["sigma"]
    drawn = np.frombuffer(str(row["trail"]).encode(), np.uint8).astype(float)
    assert drawn[-7] == ord(" ")
    there = np.isfinite(sigmas)
    np.testing.assert_allclose(drawn[there] - ord("0"), (np.clip(sigmas[there], -3, 3) / 3 + 1) * 20, atol=0.51)


def test_a_fit_grows_old_with_its_newest_shared_bar() -> None:
    assert scanned(Held(), SYMBOLS).late_ms == 402 * MINUTE + 10_000
    # Where the symbols share only every second minute, five of those are waited for.
    rare = Held(800)
    rare.closes["sim:C"][::2] = np.nan
    found = scanned(rare, ("sim:A", "sim:C"))
    assert found.note["rows"] == 400
    assert found.late_ms == 800 * MINUTE + 10 * MINUTE + 10_000


def test_too_few_bars_are_a_warm_up_with_its_length() -> None:
    market = Held(60)
    found = scanned(market, SYMBOLS)
    assert found.note == {"state": "warming", "ready": 60, "window": 240}
    assert not found.rows
    still = Held()
    still.closes = {symbol: np.full(400, 5.0) for symbol in SYMBOLS}
    note = scanned(still, SYMBOLS).note
    assert note["state"] == "untestable"
    assert "does not move" in str(note["why"])


def test_only_the_best_pairs_of_many_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "MAX_SHOWN", 2)
    found = scanned(Held(), SYMBOLS)
    assert len(found.rows) == found.note["shown"] == 2
    assert found.note["tested"] == 5


def test_one_scan_at_a_time_and_one_for_each_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    market, gate, begun = Held(), threading.Event(), []
    real = scanned

    def slow(*given: Any) -> Any:
        begun.append(threading.current_thread().name)
        assert gate.wait(5)
        return real(*given)

    monkeypatch.setattr(scanner, "scanned", slow)
    monkeypatch.setattr(scanner, "RESTS", 0)
    one = Scanner(market)
    assert one.newest(SYMBOLS, 0) is None
    market.version = 2
    for now_ms in range(0, 10_000, 1000):
        assert one.newest(SYMBOLS, now_ms) is None
    assert begun == ["scanner"]
    gate.set()
    wait_for(lambda: one.newest(SYMBOLS, 10_000))
    wait_for(lambda: len(begun) == 2 and threading.active_count())
    time.sleep(0.1)
    first = one.newest(SYMBOLS, 11_000)
    assert first is one.newest(SYMBOLS, 12_000)
    assert len(begun) == 2
    assert one.newest(SYMBOLS[:3], 13_000) is None


def test_a_scan_waits_for_the_last_symbols_bar_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    market, begun = Held(), []
    monkeypatch.setattr(scanner, "scanned", lambda *given: begun.append(given))
    market.count["sim:C"] -= 1
    one = Scanner(market)
    for now_ms in (0, 1000, 2000):
        one.newest(SYMBOLS, now_ms)
    assert begun == []
    one.newest(SYMBOLS, 3000)
    wait_for(lambda: begun)


def test_a_scan_that_fails_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    market, one = Held(), Scanner(Held())
    monkeypatch.setattr(scanner, "scanned", broken)
    monkeypatch.setattr(scanner, "RESTS", 0)
    one.newest(SYMBOLS, 0)
    wait_for(lambda: one.newest(SYMBOLS, 1))
    failed = one.newest(SYMBOLS, 1)
    assert failed is not None
    assert failed.note == {"state": "failed"}
    assert "no such thing" in caplog.text
    monkeypatch.undo()
    one._market = market
    market.version = 2
    wait_for(lambda: (held := one.newest(SYMBOLS, 2)) and held.rows)


@pytest.mark.parametrize(
    ("state", "age_ms", "spacing_ms", "reason"),
    [
        ("LIVE", 29_000, 100.0, ""),
        ("QUIET", 29_000, 100.0, ""),
        ("LIVE", 31_000, 100.0, "no trade for more than 30 s"),
        ("LIVE", 31_000, 5_000.0, ""),
        ("LIVE", 101_000, 5_000.0, "no trade for more than 100 s"),
        ("CATCHING_UP", 0, 100.0, "its feed is catching up"),
        ("DOWN", 0, 100.0, "its feed is down"),
    ],
)
def test_a_leg_is_silent_by_its_own_measure(state: str, age_ms: int, spacing_ms: float, reason: str) -> None:
    assert silence(state, LastTrade(1, 0, 5.0, 1.0, False, 0), spacing_ms, age_ms) == reason
    assert silence("LIVE", None, 1.0, 0) == "no trade yet"


def test_the_board_sends_the_scan_once_and_its_z_is_the_pair_pages(market: Market) -> None:
    for name in ("BTCUSDT", "ETHUSDT"):
        market.put(name, bars(name, BARS + 60, market.first_ms - 60 * MINUTE))
    wait_for(lambda: len(market.cache.bars("sim:ETHUSDT", "1m").bars) >= 240)
    wait_for(lambda: market.rows().get("n", {}).get("state") == "ready")
    row = market.rows()["c0-1"]
    spec = PairSpec(f"sim:{row['y']}", f"sim:{row['x']}", "1m", market.rows()["n"]["rows"])
    now = PairBook(market.cache).now(spec, int(time.time() * 1000))
    assert now.z is not None
    assert (now.y_price - row["a"] - row["b"] * now.x_price) / row["sigma"] == pytest.approx(now.z, rel=1e-9)
    first = market.live.message("board", "", "")
    assert first is not None
    time.sleep(1.2)
    delta = market.live.message("board", "", first["c"])
    assert delta is not None
    assert not {"c0-1", "n"} & set(delta.get("rows", {}))


def test_a_halted_leg_is_said_with_its_symbol(market: Market) -> None:
    message = market.rows()
    assert message["n"]["pairs"] == 1
    wait_for(lambda: market.rows()["n"]["state"] == "warming")
    assert market.rows()["n"]["ready"] == BARS
    assert market.rows()["n"]["late"] == ""
    market.store.live.set_states({"sim:BTCUSDT": {"state": "HALTED"}})
    wait_for(lambda: market.rows()["s0"]["silent"] == "its feed is halted")
    assert market.rows()["s1"]["silent"] == ""


def test_z_by_the_scan_is_the_ordinary_least_squares_z() -> None:
    market = Held()
    row = scanned(market, SYMBOLS).rows["c0-1"]
    y, x = (market.bars(f"sim:{row[leg]}", "1m").bars for leg in ("y", "x"))
    shared = align_last(y, x, 400)
    fit = fit_ols(shared.y, shared.x)
    assert isinstance(fit, Fit)
    assert (fit.slope, fit.intercept, fit.sigma) == pytest.approx((row["b"], row["a"], row["sigma"]), rel=1e-9)
