"""What a measure is given: the newest rows of what it takes, and when the newest was known."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.gather import TAKES, as_of, gather, stamps, trades_of
from analytics.inputs import Input, Leg, Pair, Panel, TradePair, Trades, count
from analytics.live import Series
from analytics.market import OPEN_MS, Tick
from analytics.registry import measures

from .conftest import START_MS, make_bars

STEP_MS = 60_000
BARS = {"sim:Y": make_bars(np.arange(1.0, 31.0))[::2], "sim:X": make_bars(np.arange(101.0, 131.0))[::3]}
"""Y has every second minute, X every third: they share every sixth."""
TICKS = [Tick("sim:Y", at, 1_000 * at, 2.0 + at, 0.5, at % 2 == 0) for at in range(10)]


class Held:
    def bars(self, symbol: str, timeframe: str) -> Series:
        assert timeframe == "1m"
        return Series(1, BARS[symbol])


def given(takes: type, rows: int) -> Input:
    ticks = trades_of(TICKS), trades_of(TICKS[:4])
    return gather(takes, Held(), ["sim:Y", "sim:X"], "1m", rows, trades=ticks)


@pytest.mark.parametrize("takes", TAKES)
def test_it_gives_what_is_taken_and_no_more_rows_than_asked_for(takes: type) -> None:
    assert isinstance(given(takes, 3), takes)
    assert count(given(takes, 3)) == 3
    assert stamps(given(takes, 3)).tolist() == stamps(given(takes, 10_000))[-3:].tolist()


def test_legs_are_held_against_each_other_at_shared_stamps() -> None:
    data = given(Pair, 4)
    assert isinstance(data, Pair)
    assert data.shared.open_ms.tolist() == [START_MS + STEP_MS * at for at in (6, 12, 18, 24)]
    assert (data.shared.x - data.shared.y).tolist() == [100.0] * 4


def test_a_panel_has_every_stamp_of_any_symbol() -> None:
    data = given(Panel, 100)
    assert isinstance(data, Panel)
    assert data.open_ms.tolist() == sorted({*BARS["sim:Y"][:, OPEN_MS].tolist(), *BARS["sim:X"][:, OPEN_MS].tolist()})
    assert np.isnan(data.closes).any(axis=0).all()


def test_a_bar_is_known_at_its_end_and_a_trade_at_its_time() -> None:
    assert as_of(given(Leg, 5)) == START_MS + 28 * STEP_MS + STEP_MS
    assert as_of(given(Pair, 5)) == START_MS + 24 * STEP_MS + STEP_MS
    assert as_of(given(Trades, 5)) == as_of(given(TradePair, 5)) == 9_000
    assert as_of(trades_of([])) is None


def test_every_measure_takes_something_that_can_be_gathered() -> None:
    assert {each.takes for each in measures().values()} <= set(TAKES)
