"""The scans of all pairs: in the background, once a bar, each once for all who ask for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from analytics.live import LastTrade, PairBook, PairSpec
from analytics.measures.scan import MEASURE
from callbacks import scanner
from callbacks.message import Message
from callbacks.scan_query import parse
from callbacks.scanned import Scanned, scanned
from callbacks.scanner import Scanner, Scans, Turn
from callbacks.silence import Spacings, silence
from tests.ui.harness import wait_for
from tests.ui.held_market import SYMBOLS, Held
from tests.ui.market import BARS, MINUTE, Market, bars

ALL = parse("")


def counting(begun: list[Any]) -> Callable[..., Scanned]:
    """The scan, which notes that it was begun."""

    def noted(*given: Any) -> Scanned:
        begun.append(given)
        return scanned(*given)

    return noted


def test_one_scan_at_a_time_and_one_for_each_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    market, gate, begun = Held(), threading.Event(), []
    real = scanned

    def slow(*given: Any) -> Any:
        begun.append(threading.current_thread().name)
        assert gate.wait(5)
        return real(*given)

    monkeypatch.setattr(scanner, "scanned", slow)
    monkeypatch.setattr(scanner, "MIN_REST_S", 0)
    monkeypatch.setattr(scanner, "RESTS", 0)
    one = Scanner(market, ALL, Turn())
    assert one.newest(SYMBOLS, 0) is None
    wait_for(lambda: one.newest(SYMBOLS, 0) or begun)
    market.version = 2
    for now_ms in range(0, 10_000, 1000):
        assert one.newest(SYMBOLS, now_ms) is None
    assert begun == ["scanner"]
    gate.set()
    wait_for(lambda: one.newest(SYMBOLS, 10_000))
    wait_for(lambda: one.newest(SYMBOLS, 10_500) and len(begun) == 2)
    assert one._thread is not None
    one._thread.join(5)
    first = one.newest(SYMBOLS, 11_000)
    assert first is one.newest(SYMBOLS, 12_000)
    assert len(begun) == 2
    other = one.newest(SYMBOLS[:3], 13_000)
    assert other is None or other.symbols == tuple(SYMBOLS[:3])


def test_a_scan_waits_for_the_last_symbols_bar_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Held()
    begun: list[Any] = []
    monkeypatch.setattr(scanner, "scanned", counting(begun))
    market.count["sim:C"] -= 1
    one = Scanner(market, ALL, Turn())
    for now_ms in (0, 0, 1000, 2000):
        one.newest(SYMBOLS, now_ms)
        assert one._thread is not None
        one._thread.join(5)
    assert begun == []
    one.newest(SYMBOLS, 3000)
    wait_for(lambda: begun)


def test_a_scan_that_fails_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    market, one = Held(), Scanner(Held(), ALL, Turn())
    monkeypatch.setattr(scanner, "scanned", broken)
    monkeypatch.setattr(scanner, "MIN_REST_S", 0)
    monkeypatch.setattr(scanner, "RESTS", 0)
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


def test_a_viewer_is_sent_a_scan_once_and_its_z_is_the_pair_pages(market: Market) -> None:
    for name in ("BTCUSDT", "ETHUSDT"):
        market.put(name, bars(name, BARS + 60, market.first_ms - 60 * MINUTE))
    wait_for(lambda: len(market.cache.bars("sim:ETHUSDT", "1m").bars) >= 240)
    scans = Scans(market.cache)

    def ask(held: str = "") -> Message:
        return scans.message(ALL, "sim", held, int(time.time() * 1000))

    wait_for(lambda: ask().get("note", {}).get("state") == "ready")
    told = ask()
    row = told["rows"]["c0-1"]
    spec = PairSpec(f"sim:{row['y']}", f"sim:{row['x']}", "1m", told["note"]["rows"])
    now = PairBook(market.cache).now(spec, int(time.time() * 1000))
    assert now.z is not None
    assert (now.y_price - row["a"] - row["b"] * now.x_price) / row["sigma"] == pytest.approx(now.z, rel=1e-9)
    assert ask(told["name"]) == {"spec": "", "name": told["name"], "late": ""}
    assert ask("another")["rows"] == told["rows"]


def test_a_halted_leg_is_said_with_its_symbol(market: Market) -> None:
    wait_for(lambda: market.rows()["s0"].get("silent") == "")
    market.store.live.set_states({"sim:BTCUSDT": {"state": "HALTED"}})
    wait_for(lambda: market.rows()["s0"]["silent"] == "its feed is halted")
    assert market.rows()["s1"]["silent"] == ""


def test_limits_that_leave_the_same_symbols_share_one_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    market, turn = Held(), Turn()
    run: list[Any] = []
    market.trades["sim:C"] = 2
    real = type(MEASURE).run

    def counted(*given: Any, **more: Any) -> Any:
        run.append(given)
        return real(*given, **more)

    monkeypatch.setattr(type(MEASURE), "run", counted)
    for text in ("min_trades=3", "min_trades=4", "min_trades=4.5", "min_trades=3&rows=300", ""):
        one = Scanner(market, parse(text), turn)
        wait_for(lambda one=one: one.newest(SYMBOLS, 0))  # type: ignore[misc]
    assert len(run) == 3


def test_a_scan_that_nobody_waits_for_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    market, turn = Held(), Turn()
    begun: list[Any] = []
    monkeypatch.setattr(scanner, "scanned", counting(begun))
    monkeypatch.setattr(scanner, "LEFT_S", 0.0)
    one = Scanner(market, ALL, turn)
    one.newest(SYMBOLS, 0)
    assert one._thread is not None
    one._thread.join(5)
    with turn.lock:
        one.newest(SYMBOLS, 0)
    one._thread.join(5)
    assert begun == []
    monkeypatch.setattr(scanner, "LEFT_S", 60.0)
    wait_for(lambda: one.newest(SYMBOLS, 0))


def test_spacing_is_the_span_over_its_trades() -> None:
    market = Held()
    spacings = Spacings(market)
    assert spacings.of("sim:A") == pytest.approx(60_000 / 6)
    market.trades["sim:A"] = 0
    assert spacings.of("sim:A") == pytest.approx(60_000 / 6)
    market.version = 2
    assert spacings.of("sim:A") == 0.0
