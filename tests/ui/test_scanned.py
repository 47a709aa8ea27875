"""What the scanner shows of a scan: what the measure says, what it rests on, and whom its limits left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analytics.align import align_last
from analytics.gather import gather
from analytics.hedge import Fit, fit_ols
from analytics.inputs import Panel
from analytics.measures.scan import MEASURE, Scan
from analytics.scan.rows import Limits, too_thin, without
from callbacks import scanned as scanned_rows
from callbacks.scan_query import ScanQuery, fields, parse, read
from callbacks.scanned import scanned
from layouts.scanner import SETTINGS
from tests.ui.held_market import SYMBOLS, Held
from tests.ui.market import MINUTE

ALL = parse("")


def result_of(market: Held) -> Scan:
    found = MEASURE.run(gather(Panel, market, SYMBOLS, "1m", ALL.rows))
    assert isinstance(found, Scan)
    return found


def test_rows_are_the_measures_own_numbers_in_the_better_direction() -> None:
    market = Held()
    found, true = scanned(market, SYMBOLS, ALL), result_of(market)
    assert [(row["y"], row["x"]) for row in found.rows.values()] == [
        (y.partition(":")[2], x.partition(":")[2]) for y, x in zip(true.y, true.x, strict=True)
    ]
    for at, row in enumerate(found.rows.values()):
        assert (row["a"], row["b"], row["sigma"]) == (true.intercept[at], true.hedge_ratio[at], true.sigma[at])
        for name, column in (
            ("t", true.statistic), ("p", true.p), ("q", true.q), ("half", true.half_life), ("corr", true.correlation),
            ("stable", true.beta_stability), ("cost", true.cost_sigma), ("liquidity", true.liquidity),
        ):  # fmt: skip
            expected = None if np.isnan(column[at]) else pytest.approx(column[at], rel=1e-5)
            assert row[name] == expected, name
    assert {"A", "B"} <= {found.rows["c0-1"]["y"], found.rows["c0-1"]["x"]}


def test_the_note_counts_tests_and_says_what_could_not_be_tested() -> None:
    note = scanned(Held(), SYMBOLS, ALL).note
    assert note["state"] == "ready"
    assert (note["tested"], note["tests"], note["untested"]) == (5, 10, 1)
    assert note["reasons"] == "A/D: one asset under two names"
    assert (note["rows"], note["asOf"], note["gaps"]) == (400, 400 * MINUTE, 0)
    assert note["passed"] == int((result_of(Held()).q < 0.05).sum()) >= 2
    late = Held()
    late.count["sim:C"] = 100
    assert scanned(late, SYMBOLS, ALL).note["reasons"] == "C: needs 240 bars, has 100\nA/D: one asset under two names"


def test_the_trail_is_the_spread_in_sigmas_at_its_minutes() -> None:
    market = Held()
    market.closes["sim:B"][-7] = np.nan
    row = scanned(market, SYMBOLS, ALL).rows["c0-1"]
    y, x = (market.closes[f"sim:{row[leg]}"][-120:] for leg in ("y", "x"))
    sigmas = (y - row["a"] - row["b"] * x) / row["sigma"]
    drawn = np.frombuffer(str(row["trail"]).encode(), np.uint8).astype(float)
    assert drawn[-7] == ord(" ")
    there = np.isfinite(sigmas)
    np.testing.assert_allclose(drawn[there] - ord("0"), (np.clip(sigmas[there], -3, 3) / 3 + 1) * 20, atol=0.51)


def test_a_fit_grows_old_with_its_newest_shared_bar() -> None:
    assert scanned(Held(), SYMBOLS, ALL).late_ms == 402 * MINUTE + 10_000
    # Where the symbols share only every second minute, five of those are waited for.
    rare = Held(800)
    rare.closes["sim:C"][::2] = np.nan
    found = scanned(rare, ("sim:A", "sim:C"), ALL)
    assert found.note["rows"] == 400
    assert found.late_ms == 800 * MINUTE + 10 * MINUTE + 10_000


def test_too_few_bars_are_a_warm_up_with_its_length() -> None:
    market = Held(60)
    found = scanned(market, SYMBOLS, ALL)
    assert found.note == {"tf": "1m", "thin": 0, "state": "warming", "ready": 60, "window": 240, "reasons": ""}
    assert not found.rows
    still = Held()
    still.closes = {symbol: np.full(400, 5.0) for symbol in SYMBOLS}
    note = scanned(still, SYMBOLS, ALL).note
    assert note["state"] == "untestable"
    assert "does not move" in str(note["why"])


def test_only_the_best_pairs_of_many_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanned_rows, "MAX_SHOWN", 2)
    found = scanned(Held(), SYMBOLS, ALL)
    assert len(found.rows) == found.note["shown"] == 2
    assert found.note["tested"] == 5


def test_symbols_that_miss_a_limit_are_left_out_and_counted() -> None:
    market = Held()
    market.trades["sim:C"] = market.trades["sim:D"] = 2
    query = parse("min_trades=5")
    found = scanned(market, SYMBOLS, query)
    panel = gather(Panel, market, SYMBOLS, "1m", ALL.rows)
    true = MEASURE.run(panel, min_trades=5.0)
    assert isinstance(true, Scan)
    (row,) = found.rows.values()
    assert (row["y"], row["x"], row["a"]) == (str(true.y[0])[4:], str(true.x[0])[4:], true.intercept[0])
    assert row["q"] == pytest.approx(true.q[0], rel=1e-5)
    assert (found.note["thin"], found.note["tests"], found.note["untested"]) == (2, 2, 0)
    assert found.note["reasons"] == "C: has 2 trades a minute, needs 5\nD: has 2 trades a minute, needs 5"
    alone = scanned(market, SYMBOLS, parse("min_trades=7"))
    assert alone.note["why"] == "the limits leave 0 of 4 symbols; a pair needs two"
    assert (alone.note["state"], alone.note["thin"]) == ("untestable", 4)


def test_the_scan_of_those_that_stay_is_the_scan_with_the_limit() -> None:
    market = Held()
    market.closes["sim:B"][::7] = np.nan
    market.trades["sim:C"] = 2
    panel = gather(Panel, market, SYMBOLS, "1m", ALL.rows)
    assert isinstance(panel, Panel)
    limits = Limits(min_trades=3.0)
    thin = too_thin(panel, limits)
    assert set(thin) == {"sim:C"}
    whole, part = MEASURE.run(panel, min_trades=3.0), MEASURE.run(without(panel, thin))
    assert isinstance(whole, Scan)
    assert isinstance(part, Scan)
    assert whole.left_out == thin | part.left_out
    for field in dataclasses.fields(Scan):
        one, other = (getattr(found, field.name) for found in (whole, part))
        if isinstance(one, np.ndarray) and one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=1e-13, err_msg=field.name)
        elif field.name != "left_out":
            np.testing.assert_array_equal(one, other, field.name)


def test_a_half_life_is_in_minutes_whatever_the_bars() -> None:
    market = Held()
    one, five = (scanned(market, SYMBOLS, parse(f"tf={tf}")) for tf in ("1m", "5m"))
    assert five.note["tf"] == "5m"
    halves = [(row["half"], five.rows[key]["half"]) for key, row in one.rows.items() if row["half"] is not None]
    assert halves
    assert all(other == pytest.approx(5 * half, rel=1e-4) for half, other in halves)


@pytest.mark.parametrize("given", ["", "tf=5m&rows=500&min_trades=2.5&max_silence_s=120&min_liquidity=1000"])
def test_settings_go_round_through_the_address(given: str) -> None:
    assert str(parse(given)) == given
    assert fields(parse(given)) == (["1m", "1000", "", "", ""] if not given else ["5m", "500", "2.5", "120", "1000"])


def test_every_wrong_setting_is_named_and_leaves_nobody_out() -> None:
    values = {"tf": "1h", "rows": "10", "min_trades": "many", "max_silence_s": "-1", "min_liquidity": "nan"}
    query, problems = read(values)
    assert query == ScanQuery(*(each.default for each in SETTINGS))  # type: ignore[arg-type]
    assert [problem.split("`")[1] for problem in problems] == list(values)


def test_z_by_the_scan_is_the_ordinary_least_squares_z() -> None:
    market = Held()
    row = scanned(market, SYMBOLS, ALL).rows["c0-1"]
    y, x = (market.bars(f"sim:{row[leg]}", "1m").bars for leg in ("y", "x"))
    shared = align_last(y, x, 400)
    fit = fit_ols(shared.y, shared.x)
    assert isinstance(fit, Fit)
    assert (fit.slope, fit.intercept, fit.sigma) == pytest.approx((row["b"], row["a"], row["sigma"]), rel=1e-9)
