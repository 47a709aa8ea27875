"""Trades in any order, with repeats and holes, go through once and in id order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analytics.market import Tick
from ingest.sequencer import BUFFER_LIMIT, Sequencer


def tick(trade_id: int) -> Tick:
    return Tick("sim:A", trade_id, 1000 + trade_id, 1.0, 1.0, False)


def offered(sequencer: Sequencer, ids: list[int]) -> list[int]:
    out: list[Tick] = []
    for trade_id in ids:
        sequencer.offer(tick(trade_id), out)
    return [each.trade_id for each in out]


@given(st.permutations(range(101, 131)), st.lists(st.integers(90, 130), max_size=20))
def test_any_order_with_repeats_comes_out_once_and_sorted(order: list[int], repeats: list[int]) -> None:
    sequencer = Sequencer(last_id=100)
    assert offered(sequencer, [*order[:15], *repeats, *order[15:]]) == list(range(101, 131))
    assert sequencer.missing is None
    assert sequencer.duplicates == len(repeats) or sequencer.duplicates < len(repeats) + 30


def test_a_gap_holds_back_what_follows_and_names_what_is_missing() -> None:
    sequencer = Sequencer(last_id=100)
    assert offered(sequencer, [101, 105, 106, 109]) == [101]
    assert sequencer.missing == (102, 104)
    assert offered(sequencer, [102, 103, 104]) == [102, 103, 104, 105, 106]
    assert sequencer.missing == (107, 108)
    assert sequencer.gaps == 1


def test_abandoning_a_hole_lets_the_rest_through() -> None:
    sequencer, out = Sequencer(last_id=100), []
    offered(sequencer, [105, 106])
    assert sequencer.abandon(out) == (101, 104)
    assert [each.trade_id for each in out] == [105, 106]
    assert sequencer.abandon(out) is None


def test_the_first_trade_starts_the_count_unless_older_ones_are_awaited() -> None:
    assert offered(Sequencer(), [7, 8]) == [7, 8]
    waiting, out = Sequencer(waiting=True), []
    assert offered(waiting, [7, 8]) == []
    waiting.start([tick(5), tick(6), tick(7)], out)
    assert [each.trade_id for each in out] == [5, 6, 7, 8]
    empty = Sequencer(waiting=True)
    assert offered(empty, [7, 8]) == []
    empty.start([], out := [])
    assert [each.trade_id for each in out] == [7, 8]


def test_the_buffer_behind_a_gap_is_bounded_and_what_was_shed_is_a_gap_again() -> None:
    sequencer = Sequencer(last_id=0)
    assert offered(sequencer, list(range(2, BUFFER_LIMIT + 12))) == []
    assert len(sequencer.held) == BUFFER_LIMIT
    assert sequencer.shed == 10
    assert len(offered(sequencer, [1])) == BUFFER_LIMIT + 1
    offered(sequencer, [BUFFER_LIMIT + 20])
    assert sequencer.missing == (BUFFER_LIMIT + 2, BUFFER_LIMIT + 19)


def test_an_id_without_a_valid_trade_is_passed_over() -> None:
    sequencer, out = Sequencer(last_id=100), []
    offered(sequencer, [102, 103])
    sequencer.skip(101, out)
    assert [each.trade_id for each in out] == [102, 103]
    assert sequencer.missing is None


def test_a_venue_that_counts_from_the_start_again_is_followed_but_a_repeat_is_not() -> None:
    sequencer, out = Sequencer(last_id=500, last_ms=10_000), []
    sequencer.offer(Tick("sim:A", 20, 10_500, 1.0, 1.0, False), out)
    assert (out, sequencer.duplicates) == ([], 1)
    sequencer.offer(Tick("sim:A", 20, 12_000, 1.0, 1.0, False), out)
    sequencer.offer(Tick("sim:A", 21, 12_001, 1.0, 1.0, False), out)
    assert [each.trade_id for each in out] == [20, 21]
    assert (sequencer.restarts, sequencer.duplicates) == (1, 1)
