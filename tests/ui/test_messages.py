"""Snapshots and deltas over a real store: what a viewer has, plus what he is sent, is what is true."""

from __future__ import annotations

import time

import numpy as np
import pytest

from callbacks.message import Message
from tests.ui.harness import wait_for
from tests.ui.market import BARS, MINUTE, NAMES, Market, bars


def following(market: Market, cursor: str) -> Message:
    """The next message that says more than that the line is alive."""
    found: list[Message] = []

    def more() -> bool:
        message = market.pair(cursor)
        if message and (set(message) - {"a", "c"}):
            found.append(message)
        return bool(found)

    wait_for(more)
    return found[0]


def test_a_snapshot_holds_everything_and_a_delta_only_what_changed(market: Market) -> None:
    first = market.pair()
    assert first is not None
    assert first["snap"]["window"] == 60
    assert first["f"]["sim"] is True
    assert first["bars"]["open_ms"].size == BARS
    assert {"z", "hedge", "ready", "state"} <= set(first["n"])
    market.trade("ETHUSDT", 3_001.25)
    delta = following(market, first["c"])
    assert "snap" not in delta
    assert "bars" not in delta
    assert delta["n"]["y"] == 3_001.25
    assert not {"x", "hedge", "corr", "r2", "cost", "span", "gaps", "longest", "sparse", "partial"} & set(delta["n"])


def test_a_closed_bar_is_sent_once_and_leaves_history_alone(market: Market) -> None:
    first = market.pair()
    assert first is not None
    for name in NAMES:
        market.put(name, bars(name, BARS + 1, market.first_ms)[-1:])
    delta = following(market, first["c"])
    while "bars" not in delta:
        delta = following(market, delta["c"])
    assert "snap" not in delta
    assert delta["bars"]["open_ms"].tolist() == [market.first_ms + BARS * MINUTE]
    whole = market.pair()
    assert whole is not None
    for name, column in first["bars"].items():
        assert np.array_equal(whole["bars"][name][:BARS], column, equal_nan=column.dtype.kind == "f"), name


def test_a_revised_bar_comes_as_a_new_snapshot(market: Market) -> None:
    first = market.pair()
    assert first is not None
    late = bars("ETHUSDT", BARS, market.first_ms)[-30]
    market.put("ETHUSDT", [late._replace(close=late.close + 5, trades=8)])
    changed = following(market, first["c"])
    assert changed["snap"]
    assert changed["c"].split(".")[0] != first["c"].split(".")[0]


def test_signed_flow_is_what_takers_bought_less_what_they_sold(market: Market) -> None:
    first = market.pair()
    assert first is not None
    # 1 of 2.5 was bought, in every bar.
    assert first["bars"]["y_flow"].tolist() == [-0.5] * BARS
    late = bars("BTCUSDT", BARS, market.first_ms)[-30]
    market.put("BTCUSDT", [late._replace(buy_volume=2.0, trades=8)])
    changed = following(market, first["c"])
    assert changed["bars"]["x_flow"].tolist() == [-0.5] * (BARS - 30) + [1.5] + [-0.5] * 29


def test_viewers_share_one_line_of_messages(market: Market) -> None:
    one, two = market.pair(), market.pair()
    assert one is not None
    assert two is not None
    assert one["c"].split(".")[0] == two["c"].split(".")[0]
    assert one["bars"]["z"] is not None


def test_a_quiet_market_still_says_that_the_line_is_alive(market: Market) -> None:
    first = market.pair()
    assert first is not None
    cursor = first["c"]
    said = 0
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        message = market.pair(cursor)
        if message:
            said += 1
            cursor = message["c"]
        time.sleep(0.02)
    assert 2 <= said <= 8


def test_the_board_sends_changed_cells_only(market: Market) -> None:
    first = market.live.message("board", "", "")
    assert first is not None
    assert first["rows"]["s0"]["name"] == "BTCUSDT"
    assert len(first["rows"]["s0"]["spark"]) == 120
    assert first["rows"]["s0"]["span"] == BARS - 1
    market.trade("BTCUSDT", 60_100.5)
    time.sleep(0.3)
    delta = market.live.message("board", "", first["c"])
    assert delta is not None
    assert "snap" not in delta
    assert delta["rows"]["s0"]["price"] == 60_100.5
    assert "spark" not in delta["rows"]["s0"]
    assert "price" not in delta["rows"].get("s1", {})


@pytest.mark.parametrize("cursor", ["x", "a.b.c.d.e", "1.2.3", "-.-1.0.0.0", "é.1.1.1.1", "0" * 5000])
def test_a_cursor_from_elsewhere_is_answered_with_a_snapshot(market: Market, cursor: str) -> None:
    message = market.pair(cursor)
    assert message is not None
    assert message["snap"]
