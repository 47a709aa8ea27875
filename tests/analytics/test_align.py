"""Shared bars: nothing invented, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.align import align, align_last, span_of
from analytics.market import CLOSE, FLAGS, NO_BARS, OPEN_MS, PARTIAL, REVISED

stamps = st.sets(st.integers(0, 60)).map(sorted)


def bars_at(opens, offset):
    bars = np.zeros((len(opens), 10))
    bars[:, OPEN_MS] = opens
    bars[:, CLOSE] = np.asarray(opens) + offset
    return bars


@given(stamps, stamps)
def test_rows_are_the_intersection(y_opens, x_opens):
    shared = align(bars_at(y_opens, 0.25), bars_at(x_opens, 0.5))
    both = sorted(set(y_opens) & set(x_opens))
    assert shared.open_ms.tolist() == both
    assert shared.y.tolist() == [open_ms + 0.25 for open_ms in both]
    assert shared.x.tolist() == [open_ms + 0.5 for open_ms in both]


@given(stamps, stamps, st.integers(1, 20))
def test_the_last_rows_are_the_end_of_all_rows(y_opens, x_opens, count):
    y, x = bars_at(y_opens, 0.25), bars_at(x_opens, 0.5)
    for last, whole in zip(align_last(y, x, count), align(y, x), strict=True):
        assert last.tolist() == whole[-count:].tolist()


@given(stamps, st.sampled_from([1, 60_000]))
def test_a_span_is_its_bars_and_its_breaks(opens, step_ms):
    span = span_of(np.array(opens, np.int64) * step_ms, step_ms)
    empty = [slot for slot in range(min(opens), max(opens)) if slot not in opens] if opens else []
    breaks = "".join("." if slot in empty else "#" for slot in range(61)).replace("#", " ").split()
    assert span.span_ms == (len(opens) + len(empty)) * step_ms
    assert (span.gaps, span.longest_gap_ms) == (len(breaks), max(map(len, breaks), default=0) * step_ms)


def test_flags_of_both_legs_join():
    y, x = bars_at([0, 1, 2], 1), bars_at([0, 1, 2], 2)
    y[1, FLAGS], x[1, FLAGS], x[2, FLAGS] = PARTIAL, REVISED, PARTIAL
    assert align(y, x).flags.tolist() == [0, PARTIAL | REVISED, PARTIAL]


def test_no_bars_at_all():
    assert align(NO_BARS, bars_at([1, 2], 0)).open_ms.size == 0
    assert align_last(NO_BARS, NO_BARS, 5).y.size == 0


def test_repeats_are_refused():
    with pytest.raises(ValueError, match="`x_bars` must be oldest first without repeats"):
        align(bars_at([1, 2], 0), bars_at([2, 2], 0))
