"""When a pair is live and when it is not, and what may be read from it then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.live import signal_of
from analytics.market import FLAGS, OPEN_MS, PARTIAL

from .live_market import SPEC, Market, now, sparse


def test_no_feed_comes_before_everything():
    market = Market(10)
    market.states = {SPEC.y: "DOWN", SPEC.x: "STALE"}
    assert now(market).state == "down"
    assert now(market).reason == "no feed for YYY"


@pytest.mark.parametrize("state", ["STALE", "GAP", "CATCHING_UP", "INIT", "HALTED"])
def test_a_leg_that_is_not_fresh_is_stale_and_keeps_its_z(state):
    market = Market()
    market.states[SPEC.x] = state
    pair = now(market)
    assert pair.state == "stale"
    assert pair.reason.startswith("XXX: ")
    assert pair.z is not None


def test_a_halted_leg_says_who_halted_it():
    market = Market()
    market.states[SPEC.x] = "HALTED"
    assert now(market).reason == "XXX: trading is halted at the venue"


def test_a_quiet_leg_with_a_fresh_trade_is_live():
    market = Market()
    market.states[SPEC.x] = "QUIET"
    assert now(market).state == "live"


@pytest.mark.parametrize(
    ("trades_per_minute", "age_ms", "state"),
    [(600, 29_900, "live"), (600, 30_100, "stale"), (10, 119_000, "live"), (10, 121_000, "stale")],
)
def test_the_age_that_is_stale_follows_the_leg(trades_per_minute, age_ms, state):
    market = Market()
    market.held[SPEC.y] = sparse(market.held[SPEC.y], trades_per_minute)
    market.age(SPEC.y, age_ms)
    pair = now(market)
    assert (pair.state, pair.y_age_ms) == (state, age_ms)
    assert ("YYY: last trade" in pair.reason) == (state == "stale")
    assert pair.z is not None


def test_a_leg_without_a_trade_is_stale_without_z():
    market = Market()
    market.trades[SPEC.y] = None
    pair = now(market)
    assert (pair.state, pair.reason, pair.z, pair.y_price) == ("stale", "YYY: no trade yet", None, None)
    assert pair.hedge_ratio is not None


@pytest.mark.parametrize(("every", "late_s", "state"), [(1, 129, "live"), (1, 131, "stale"), (2, 600, "live")])
def test_bars_that_have_stopped_make_a_pair_stale(every, late_s, state):
    market = Market()
    market.held = {symbol: bars[::-every][::-1] for symbol, bars in market.held.items()}
    market.now_ms = int(market.held[SPEC.y][-1, OPEN_MS]) + 60_000 + late_s * 1000
    market.age(SPEC.y, 10)
    market.age(SPEC.x, 10)
    pair = now(market)
    assert pair.state == state
    assert pair.reason == ("bars have stopped: the newest shared one ended 131 s ago" if state == "stale" else "")


def test_a_resampler_that_is_gone_makes_a_pair_stale_at_once():
    market = Market()
    market.reason = "the resample process has been silent for more than 5 s"
    pair = now(market)
    assert (pair.state, pair.reason) == ("stale", f"bars have stopped: {market.reason}")


@pytest.mark.parametrize("state", ["live", "partial", "stale", "down", "warming", "untestable"])
def test_a_signal_needs_a_pair_that_can_be_trusted(state):
    pair = now(Market())
    said = [signal_of(replace(pair, state=state, z=z), 2.0) for z in (2.0, 1.9999999, -1.9999999, -2.0, None)]
    usable = state in ("live", "partial")
    assert said == (["short", "inside", "inside", "long", ""] if usable else [""] * 5)


def test_a_trade_from_the_future_is_new_not_negative():
    market = Market()
    market.age(SPEC.y, -1_270)
    assert (now(market).y_age_ms, now(market).state) == (0, "live")


def test_partial_bars_in_the_window_only():
    market = Market()
    market.held[SPEC.x][100, FLAGS] = PARTIAL
    assert now(market).state == "live"
    market.held[SPEC.x][150:152, FLAGS] = PARTIAL
    pair = now(market)
    assert (pair.state, pair.reason, pair.partial_bars) == ("partial", "2 of 60 bars miss trades", 2)
    assert pair.z is not None
    market.states[SPEC.y] = "STALE"
    assert (now(market).state, now(market).partial_bars) == ("stale", 2)


def test_a_window_without_holes_spans_its_bars():
    pair = now(Market())
    assert (pair.span_ms, pair.gaps, pair.longest_gap_ms, pair.sparse) == (60 * 60_000, 0, 0, False)
    pair = now(Market(43))
    assert (pair.state, pair.span_ms, pair.gaps) == ("warming", 43 * 60_000, 0)
    pair = now(Market(0))
    assert (pair.span_ms, pair.gaps, pair.longest_gap_ms, pair.sparse) == (0, 0, 0, False)


@pytest.mark.parametrize(("missing", "sparse"), [(1, False), (30, False), (31, True), (120, True)])
def test_a_window_that_straddles_a_hole_tells_how_long_it_is(missing, sparse):
    market = Market(260)
    y, x = market.held[SPEC.y], market.held[SPEC.x]
    # One bar of y is away near the start, and so many of x in the middle of what is then the window.
    market.held = {SPEC.y: np.delete(y, 205 - missing, axis=0), SPEC.x: np.delete(x, slice(240 - missing, 240), axis=0)}
    pair = now(market)
    assert (pair.state, pair.ready) == ("live", 60)
    assert pair.span_ms == (60 + 1 + missing) * 60_000
    assert (pair.gaps, pair.longest_gap_ms) == (2, missing * 60_000)
    assert pair.sparse == (pair.span_ms > 1.5 * 60 * 60_000)
    assert pair.z is not None
