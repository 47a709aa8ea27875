"""Trade on a socket to bars in the API, through every real process, while things break."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.sim.server import SimExchange
from tests.e2e.harness import Board

NAMES = ["BTCUSDT", "ETHUSDT", "BNBUSDT"]


@pytest.fixture
def exchange() -> Iterator[SimExchange]:
    with SimExchange(seed=11, rate=20) as sim:
        yield sim


@pytest.fixture
def board(tmp_path: Path, free_port: int, exchange: SimExchange) -> Iterator[Board]:
    running = Board(tmp_path, free_port, exchange, NAMES)
    yield running
    running.stop()


def settle_and_check(board: Board, start_ms: int) -> int:
    """Let the last bars close and be healed, then compare all."""
    board.wait(board.healthy, "healthy again", 60)
    end_ms = int(time.time() * 1000)
    time.sleep(4)
    return board.check_bars(start_ms, end_ms)


def test_kills_and_faults_change_no_bar(board: Board, exchange: SimExchange) -> None:
    board.wait(board.healthy, "healthy")
    board.note_start()
    start_ms = int(time.time() * 1000)
    time.sleep(2)
    for break_it in (
        lambda: board.kill("app.py ingest"),
        lambda: exchange.faults.gap("*", 6),
        lambda: board.kill("app.py resample"),
        lambda: exchange.faults.drop("abort"),
        lambda: board.kill("valkey-server"),
    ):
        break_it()
        time.sleep(2.5)
    assert settle_and_check(board, start_ms) >= 30
    answer = board.get("/api/v1/pair?y=ETHUSDT&x=BTCUSDT&timeframe=1m&window=120")
    assert answer["now"]["z"] is not None
    assert board.stop() < 5


def test_a_start_without_rest_leaves_no_bar_missing_or_partial(board: Board, exchange: SimExchange) -> None:
    exchange.faults.refuse(503, 0, "rest")
    start_ms = int(time.time() * 1000)
    board.wait(lambda: board.states("symbols") != [], "the board answers")
    time.sleep(4)
    exchange.faults.clear()
    board.wait(board.healthy, "healthy")
    time.sleep(5)
    end_ms = int(time.time() * 1000)
    board.wait(lambda: board.same_as_klines("1s", start_ms - 60_000, end_ms), "every 1s bar as the exchange has it", 30)
    board.wait(
        lambda: board.same_as_klines("1m", start_ms - 600_000, end_ms), "every 1m bar as the exchange has it", 90
    )


@pytest.mark.drill
def test_four_minutes_of_faults_and_kills_change_no_bar(board: Board, exchange: SimExchange) -> None:
    rng = random.Random(20240601)
    board.wait(board.healthy, "healthy")
    board.note_start()
    start_ms = int(time.time() * 1000)
    faults: list[Callable[[], None]] = [
        lambda: exchange.faults.drop("abort"), lambda: exchange.faults.drop("close"), exchange.faults.half_open,
        exchange.faults.stall, exchange.faults.shutdown, lambda: exchange.faults.gap("*", rng.randint(1, 300)),
        lambda: exchange.faults.duplicate("*", 3, 100), lambda: exchange.faults.late("*", rng.randint(1, 8)),
        lambda: exchange.faults.replay("*", 200), lambda: exchange.faults.rest_lag(3),
        lambda: exchange.faults.garbage(rng.choice(["json", "event", "zero_price", "nan_price", "future", "huge"])),
        lambda: exchange.faults.refuse(503, 0, "all", 3), lambda: exchange.faults.refuse(429, 1, "rest", 1),
        lambda: board.kill("app.py ingest"), lambda: board.kill("app.py resample"), lambda: board.kill("valkey-server"),
        lambda: board.kill("app.py web"),
    ]  # fmt: skip
    for _ in range(3):
        rng.shuffle(faults)
        for fault in faults:
            try:
                fault()
            except AssertionError:
                time.sleep(1)  # the process is being started again already
            time.sleep(rng.uniform(1, 6))
    exchange.faults.clear()
    assert settle_and_check(board, start_ms) > 400
