"""Highs and lows of windows against brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.extremes import rolling_high, rolling_low


@given(
    values=st.lists(st.sampled_from([1.0, 2.0, 3.0, -1.0, np.nan]), max_size=60),
    window=st.integers(2, 20),
)
@settings(max_examples=60, deadline=None)
def test_high_low_and_the_newest_row_of_the_high_equal_brute_force(values, window):
    high, row = rolling_high(values, window)
    low = rolling_low(values, window)
    for t in range(len(values)):
        part = values[t - window + 1 : t + 1]
        if t < window - 1 or np.isnan(part).any():
            assert np.isnan(high[t])
            assert np.isnan(low[t])
        else:
            assert (high[t], low[t]) == (max(part), min(part))
            assert row[t] == max(at for at in range(t - window + 1, t + 1) if values[at] == high[t])
