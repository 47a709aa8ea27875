"""Bars are a function of the trades, however these are split, restarted or delayed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.market import BUILT, PARTIAL, REVISED, SYNTHETIC, TIMEFRAME_MS, Bar, Tick, bucket
from ingest.bar_builder import LONGEST, BarBuilder, Cut, settle

BASE = 1_700_000_100_000 // LONGEST * LONGEST
MINUTE = TIMEFRAME_MS["1m"]


def tick(trade_id: int, offset_ms: int, price: float = 10.0, quantity: float = 1.0, maker: bool = False) -> Tick:
    return Tick("sim:A", trade_id, BASE + offset_ms, price, quantity, maker)


def latest(cuts: list[Cut]) -> dict[str, list[Bar]]:
    held: dict[str, dict[int, Bar]] = {timeframe: {} for timeframe in BUILT}
    for timeframe, bar in cuts:
        held[timeframe][bar.open_ms] = bar
    return {timeframe: [bars[open_ms] for open_ms in sorted(bars)] for timeframe, bars in held.items()}


def cut_all(ticks: list[Tick]) -> dict[str, list[Bar]]:
    builder = BarBuilder()
    return latest([cut for each in ticks for cut in builder.add(each)] + builder.advance(BASE * 2))


def flags_at(cuts: list[Cut], timeframe: str, offset_ms: int) -> int:
    (found,) = [bar.flags for bar in latest(cuts)[timeframe] if bar.open_ms == BASE + offset_ms]
    return found


@st.composite
def streams(draw: st.DrawFn, span_ms: int = 2 * LONGEST - 1, late_ms: int = 2 * LONGEST) -> list[Tick]:
    """Trades in id order with holes, repeats, ties, late ones and prices of all sizes."""
    trade_id, newest, ticks = draw(st.integers(0, 3)), 0, []
    step = st.one_of(st.integers(0, 1500), st.integers(0, span_ms // 4))
    for _ in range(draw(st.integers(1, 40))):
        jump = draw(st.sampled_from([1, 1, 1, 1, 1, 0, 4]))
        if jump == 0 and ticks:
            ticks.append(ticks[-1])
            continue
        trade_id += jump or 1
        if draw(st.integers(0, 5)) == 0:
            offset = draw(st.integers(max(0, newest - late_ms), newest))
        else:
            offset = newest = min(newest + draw(step), span_ms)
        price = draw(st.integers(1, 10**13)) / 10**8
        ticks.append(tick(trade_id, offset, price, draw(st.integers(1, 10**12)) / 10**8, draw(st.booleans())))
    return ticks


@given(streams())
@settings(deadline=None)
def test_every_time_frame_is_what_the_trades_alone_say(tools: Any, ticks: list[Tick]) -> None:
    assert cut_all(ticks) == tools.cut_offline(ticks)


@given(streams(span_ms=5 * LONGEST, late_ms=LONGEST), st.data())
@settings(max_examples=60, deadline=None)
def test_a_restart_anywhere_gives_the_same_bytes(tools: Any, ticks: list[Tick], data: st.DataObject) -> None:
    """Restart as the service does: from 5 minutes before the newest stored 5m bar, in the order of the stream."""
    stop = data.draw(st.integers(0, len(ticks)))
    first = BarBuilder()
    cuts = [cut for each in ticks[:stop] for cut in first.add(each)]
    stored = latest(cuts)
    start_ms = stored["5m"][-1].open_ms - LONGEST if stored["5m"] else 0
    newest, stream = 0, []
    for each in ticks:
        newest = max(newest, each.time_ms)
        stream.append((newest, each))
    before = [each for at_ms, each in stream if at_ms < start_ms]
    second = BarBuilder(start_ms, before[-1].trade_id if before else None)
    replayed = latest([cut for at_ms, each in stream if at_ms >= start_ms for cut in second.add(each)])
    for timeframe, bars in replayed.items():
        kept = {bar.open_ms: bar for bar in stored[timeframe]}
        cuts += [(timeframe, bar) for bar in settle(kept, bars)]
    if not second.too_late:
        assert latest(cuts + second.advance(BASE * 2)) == cut_all(ticks)


@given(streams(), st.data())
@settings(deadline=None)
def test_a_watermark_may_only_add_the_revised_flag(tools: Any, ticks: list[Tick], data: st.DataObject) -> None:
    builder, cuts, newest = BarBuilder(), [], 0
    for each in ticks:
        cuts += builder.add(each)
        newest = max(newest, each.time_ms)
        if data.draw(st.booleans()):
            cuts += builder.advance(newest + data.draw(st.integers(-5000, 100_000)))
    bars = latest(cuts + builder.advance(BASE * 2))
    for timeframe, wanted in tools.cut_offline(ticks).items():
        assert [bar._replace(flags=bar.flags & PARTIAL) for bar in bars[timeframe]] == [
            bar._replace(flags=bar.flags & PARTIAL) for bar in wanted
        ]
        assert all(not old.flags & ~new.flags for old, new in zip(wanted, bars[timeframe], strict=True))


@given(streams())
@settings(deadline=None)
def test_open_bars_are_what_would_close_now(ticks: list[Tick]) -> None:
    builder = BarBuilder()
    for each in ticks:
        builder.add(each)
    bars = builder.open_bars()
    closed = latest(builder.advance(BASE * 2))
    assert bars == {timeframe: rows[-1] for timeframe, rows in closed.items() if rows}


def test_the_watermark_closes_each_time_frame_at_its_end() -> None:
    builder = BarBuilder()
    builder.add(tick(1, 59_500))
    assert builder.advance(BASE + 59_999) == []
    assert [timeframe for timeframe, _ in builder.advance(BASE + 60_000)] == ["1s", "1m"]
    assert list(builder.open_bars()) == ["5m"]
    assert [timeframe for timeframe, _ in builder.advance(BASE + LONGEST)] == ["5m"]
    assert builder.open_bars() == {}
    assert builder.advance(BASE + LONGEST + 5000) == []


def test_a_late_trade_revises_the_closed_bars_only() -> None:
    builder = BarBuilder(BASE, 0)
    builder.add(tick(1, 500, 10.0))
    builder.add(tick(2, 61_000, 12.0))
    cuts = builder.add(tick(3, 800, 9.0))
    assert [(timeframe, bar.open_ms - BASE, bar.flags) for timeframe, bar in cuts] == [
        ("1s", 0, REVISED),
        ("1m", 0, REVISED),
    ]
    assert cuts[1][1][1:5] == (10.0, 10.0, 9.0, 9.0)
    closed = builder.advance(BASE + LONGEST)
    assert flags_at(closed, "5m", 0) == 0
    assert latest(closed)["5m"][0].close == 9.0  # the highest trade id, not the newest time
    assert builder.too_late == 0


def test_a_late_trade_after_the_watermark_revises_and_may_make_a_new_bar() -> None:
    builder = BarBuilder(BASE, 0)
    builder.add(tick(1, 500))
    builder.advance(BASE + 2 * LONGEST)
    cuts = builder.add(tick(2, 3500))
    assert {(timeframe, bar.open_ms - BASE): bar.flags for timeframe, bar in cuts} == {
        ("1s", 3000): REVISED,
        ("1m", 0): REVISED,
        ("5m", 0): REVISED,
    }


def test_a_hole_marks_all_from_the_last_trade_to_the_new_one() -> None:
    builder = BarBuilder(BASE, 0)
    cuts = [cut for each in (tick(1, 100), tick(2, 1100), tick(5, 62_000)) for cut in builder.add(each)]
    cuts += builder.add(tick(6, 30_000)) + builder.add(tick(7, 63_500)) + builder.advance(BASE + LONGEST)
    assert flags_at(cuts, "1s", 0) == 0
    assert flags_at(cuts, "1s", 1000) == flags_at(cuts, "1s", 62_000) == PARTIAL
    assert flags_at(cuts, "1s", 30_000) == PARTIAL | REVISED  # late, and inside the hole
    assert flags_at(cuts, "1s", 63_000) == 0
    assert flags_at(cuts, "1m", 60_000) == flags_at(cuts, "5m", 0) == PARTIAL


def test_a_hole_found_after_the_watermark_had_closed_the_bar_is_told() -> None:
    builder = BarBuilder(BASE, 0)
    builder.add(tick(1, 500))
    builder.advance(BASE + 4 * LONGEST)
    cuts = builder.add(tick(3, 4 * LONGEST + 10))
    assert {timeframe: bar.flags for timeframe, bar in cuts} == dict.fromkeys(BUILT, PARTIAL | REVISED)


def test_the_first_bars_of_a_fresh_start_are_partial_and_those_of_a_seeded_one_are_not() -> None:
    for last_id, flags in ((None, PARTIAL), (6, 0)):
        builder = BarBuilder(BASE, last_id)
        builder.add(tick(7, 500))
        builder.add(tick(8, 61_000))
        cuts = builder.advance(BASE + LONGEST)
        assert flags_at(cuts, "1s", 61_000) == flags_at(cuts, "1m", 60_000) == 0
        assert flags_at(cuts, "5m", 0) == flags


def test_repeats_are_counted_and_ignored() -> None:
    builder = BarBuilder(BASE, 0)
    for each in (tick(1, 0), tick(2, 10), tick(1, 0), tick(2, 10)):
        builder.add(each)
    assert builder.duplicates == 2
    assert builder.open_bars()["5m"].trades == 2


def test_ids_that_begin_anew_go_on_as_after_a_hole() -> None:
    builder = BarBuilder(BASE, 899)
    builder.add(tick(900, 0))
    builder.add(tick(1, 1000))
    builder.add(tick(2, 2000))
    cuts = builder.advance(BASE + LONGEST)
    assert [bar.flags for bar in latest(cuts)["1s"]] == [0]
    assert latest(cuts)["5m"][0].trades == 3
    assert latest(cuts)["5m"][0].flags == PARTIAL


def test_a_trade_older_than_what_is_held_says_from_where_to_cut_again() -> None:
    builder = BarBuilder(BASE, 0)
    builder.add(tick(1, 0))
    builder.add(tick(2, 2 * LONGEST))
    assert builder.add(tick(3, 299_999)) == []
    assert (builder.too_late, builder.reach_ms) == (1, BASE)
    assert builder.floor_ms == bucket(BASE + LONGEST, LONGEST)
    assert len(builder.add(tick(4, LONGEST))) == 3


def test_a_bar_cut_a_second_time_is_settled_beside_the_stored_one() -> None:
    bar = Bar(0, 1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6, 0)
    grown = bar._replace(trades=7, volume=4.0)
    assert settle({}, [bar]) == [bar]
    assert settle({0: bar}, [bar]) == [bar]
    assert settle({0: bar}, [grown]) == [grown._replace(flags=REVISED)]
    assert settle({0: grown}, [bar]) == []
    assert settle({0: grown._replace(flags=SYNTHETIC)}, [bar]) == [bar]
    assert settle({0: bar}, [bar._replace(flags=PARTIAL)]) == [bar._replace(flags=PARTIAL | REVISED)]
