"""Every registered widget draws, says of what and when, and where it cannot draw, says why; once a bar for all."""

from __future__ import annotations

import math
from collections.abc import Iterator

import orjson
import pytest

from analytics.live import PairSpec
from analytics.market import PARTIAL
from callbacks.widgets import Desk, widgets
from store import Store
from tests.ui.full_market import BARS, SPEC, Full, X, Y, draw, trace
from tests.ui.harness import wait_for
from tests.ui.market import MINUTE, NAMES

MOST_POINTS = 1_500
NAMED = list(widgets())
WITHOUT_WINDOW = ("pair-prices", "pair-day-volatility", "pair-day-liquidity")
PAIR = [name for name in NAMED if name.startswith("pair-")]


@pytest.fixture
def growing(store: Store) -> Iterator[Full]:
    """One to which a test adds bars."""
    made = Full(store)
    yield made
    made.cache.stop()


def test_names_and_words_are_complete() -> None:
    assert len(NAMED) == 29
    for name, each in widgets().items():
        assert name == each.name
        assert each.title
        assert len(each.help) > 40, name
        assert each.page in ("/pair", "/microstructure", "/correlation")


@pytest.mark.parametrize("name", NAMED)
def test_each_draws_and_says_of_what_and_when(full: Full, name: str) -> None:
    # A lead-lag window of 1,000 returns is more than this market has.
    drawn = draw(full, name)
    if name in ("correlation-leads", "correlation-cross"):
        assert drawn.reason == f"Warming up: {BARS:,} of 1,001 bars"
        return
    assert drawn.traces, drawn.reason
    assert drawn.reason == ""
    assert drawn.note
    if name not in ("correlation-ticks", "correlation-epps"):
        assert "as of " in drawn.note
    assert all(len(each.get("x", ())) <= MOST_POINTS for each in drawn.traces)
    sent = orjson.dumps(drawn.record(name)).decode()
    assert "NaN" not in sent
    assert "NaN" not in drawn.note
    assert not any(isinstance(y, float) and not math.isfinite(y) for each in drawn.traces for y in each.get("y", ()))
    assert draw(full, name).note == drawn.note


@pytest.mark.parametrize(
    "name", [name for name in PAIR if name not in ("pair-prices", "pair-day-volatility", "pair-day-liquidity")]
)
def test_each_says_how_far_it_is_while_it_warms_up(full: Full, name: str) -> None:
    drawn = draw(full, name, PairSpec(Y, X, "1m", 1_000))
    assert not drawn.traces
    assert f"Warming up: {BARS} of 1," in drawn.reason


@pytest.mark.parametrize("name", PAIR)
def test_each_has_a_reason_where_there_are_no_bars(full: Full, name: str) -> None:
    drawn = draw(full, name, PairSpec("sim:SOLUSDT", X, "1m", 60))
    assert not drawn.traces
    assert "Warming up: 0 of" in drawn.reason
    assert "Not testable" in drawn.reason or "bars" in drawn.reason


def test_it_is_computed_once_a_bar_for_all(growing: Full) -> None:
    first = draw(growing, "pair-correlation")
    assert draw(growing, "pair-correlation") is first
    assert widgets()["pair-correlation"].draw(Desk(growing.cache, growing.desk.book), SPEC) is first
    for name in NAMES:
        growing.put(name, BARS, BARS + 1)
    wait_for(lambda: growing.closed() == BARS + 1, 5)
    after = draw(growing, "pair-correlation")
    assert after is not first
    assert trace(after, "Correlation")["x"][-1] == growing.first_ms + (BARS + 1) * MINUTE


def test_bars_that_miss_trades_are_told(growing: Full) -> None:
    assert "partial" not in draw(growing, "pair-correlation").note
    growing.put("ETHUSDT", BARS, BARS + 1, PARTIAL)
    growing.put("BTCUSDT", BARS, BARS + 1)
    wait_for(lambda: growing.closed() == BARS + 1, 5)
    assert "partial: 1 of the newest 60 bars miss trades" in draw(growing, "pair-correlation").note
