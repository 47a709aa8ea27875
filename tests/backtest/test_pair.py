"""A pair's test from bars to tables: the pieces against the engine's own, and the tables against the equity."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from analytics.backtest.axes import TRIED, VARIED, axis
from analytics.backtest.columns import TABLES
from analytics.backtest.drawn import drawn_rows
from analytics.backtest.engine import backtest
from analytics.backtest.key_figures import KEY_FIGURES, duration, number
from analytics.backtest.legs import history_signals, share
from analytics.backtest.look_ahead import look_ahead, pair_columns
from analytics.backtest.pair import Prepared, compare_estimators, prepare, study, window_signals
from analytics.backtest.report import Report
from analytics.backtest.rules import PARAMETERS, Rules
from analytics.estimators import ESTIMATORS
from analytics.market import FLAGS, PARTIAL
from analytics.measure import NotTestable
from analytics.spec import PairSpec
from analytics.spread import pair_history

from .conftest import COSTS, STEP_MS, autoregression, bars_of, planted, walk

pytestmark = pytest.mark.usefixtures("compiled_loops")
SPEC = PairSpec("sim:YYY", "sim:XXX", window=60)
RULES = Rules(entry=1.5, stop=3.5, **COSTS)


@pytest.fixture(scope="module")
def bars():
    y, x = planted()
    # A few holes, and a few bars that miss trades.
    y, x = np.delete(y, [500, 501, 900], axis=0), np.delete(x, [1200], axis=0)
    y[300:303, FLAGS] = PARTIAL
    return y, x


@pytest.fixture
def prepared(bars):
    found = prepare(bars, SPEC)
    assert isinstance(found, Prepared)
    return found


def test_a_study_is_the_engine_on_the_history(bars, prepared):
    found = study(prepared, RULES)
    legs = share(bars, STEP_MS)
    signals = history_signals(legs, pair_history(*bars, SPEC), scale="level", window=60)
    run = backtest(legs, signals, RULES)
    np.testing.assert_array_equal(found.run.equity, run.equity)
    assert found.report.net.value == run.equity[-1]
    assert (prepared.missing, prepared.partial) == (4, 3)


def test_the_position_is_what_the_fills_left_behind(prepared):
    for rules in (RULES, RULES.but(entry=0.5, exit=-0.5, stop=0.0), Rules(entry=15.0)):
        found = study(prepared, rules)
        fills = found.run.fills
        held = np.zeros(len(prepared.legs) + 1)
        first = fills.leg == 0
        late = fills.time_ms[first] > found.run.open_ms[-1]
        np.add.at(held, np.where(late, held.size - 1, fills.row[first]), fills.quantity[first])
        units = held.cumsum()[:-1]
        np.testing.assert_array_equal(found.position, np.sign(np.where(np.abs(units) < 1e-9, 0, units)))


def test_too_little_to_test_is_said_not_computed(bars):
    short = prepare([leg[:61] for leg in bars], SPEC)
    assert short == NotTestable("Warming up: 61 of 62 shared 1m bars")
    assert isinstance(prepare([leg[:62] for leg in bars], SPEC), Prepared)
    assert prepare([leg[:0] for leg in bars], SPEC) == NotTestable("Warming up: 0 of 62 shared 1m bars")
    still = bars_of(np.full(200, 5.0))
    found = prepare([still, bars_of(walk(200, 1))], SPEC)
    assert isinstance(found, NotTestable)
    assert "no bar has a z" in found.reason


def test_every_estimator_runs_on_the_same_bars(prepared):
    told = []
    found = compare_estimators(prepared, RULES, lambda done, total: told.append((done, total)))
    assert list(found) == list(ESTIMATORS)
    assert told == [(at, len(ESTIMATORS)) for at in range(len(ESTIMATORS))]
    assert found["ols"].report.net.value == study(prepared, RULES).report.net.value
    kalman = prepare(prepared.bars, dataclasses.replace(SPEC, method="kalman"))
    assert found["kalman"].report.net.value == study(kalman, RULES).report.net.value
    own = dataclasses.replace(SPEC, method="kalman", options=(("delta", 1e-3), ("noise", 1.0)))
    mine = compare_estimators(prepare(prepared.bars, own), RULES)["kalman"]
    assert mine.prepared.spec == own
    assert mine.report.net.value != found["kalman"].report.net.value


def test_windows_that_are_compared_trade_the_same_bars(prepared):
    made = window_signals(prepared, [20.0, 60.0, 120.0, 5_000.0])
    assert sorted(made) == [20, 60, 120]
    for signals in made.values():
        assert np.isnan(signals.z[:120]).all()
        assert np.isfinite(signals.z[120])
    np.testing.assert_array_equal(made[60].z[120:], prepared.signals.z[120:])
    runs = {window: backtest(prepared.legs, signals, RULES) for window, signals in made.items()}
    assert min(int(run.trades.entry_row.min()) for run in runs.values()) > 120


@pytest.mark.parametrize("rules", [RULES, Rules(entry=20.0), RULES.but(funding_long_bps=3.0, rehedge_bars=5)])
def test_tables_add_up_to_the_equity(prepared, rules):
    found = study(prepared, rules)
    tables = {name: table.of(found) for name, table in TABLES.items()}
    for name, table in TABLES.items():
        assert list(tables[name]) == list(table.columns)
        assert len({column.size for column in tables[name].values()}) == 1
    net = float(found.run.equity[-1])
    assert math.fsum(tables["trades"]["net"]) == pytest.approx(net, abs=1e-8)
    assert math.fsum(tables["fills"]["cash"]) - found.run.funding == pytest.approx(net, abs=1e-6)
    bars = tables["bars"]
    highs = np.maximum.accumulate(np.maximum(bars["equity"], 0.0))
    np.testing.assert_array_equal(bars["drawdown"], highs - bars["equity"])
    np.testing.assert_allclose(
        bars["hedge_ratio"][60:], pair_history(*prepared.bars, SPEC).hedge_ratio[60:], rtol=1e-15
    )
    assert set(tables["trades"]["reason"]) <= {"target", "stop", "time stop", "end"}


def test_drawn_rows_keep_every_extreme():
    values = autoregression(10_007, 3)
    rows = drawn_rows(values, 300)
    assert rows.size <= 602
    assert {0, values.size - 1, int(values.argmin()), int(values.argmax())} <= set(rows.tolist())
    for part in np.array_split(np.arange(values.size), 300)[:50]:
        kept = values[rows[(rows >= part[0] - 34) & (rows <= part[-1] + 34)]]
        assert kept.min() <= values[part].min() + 1e-12
        assert kept.max() >= values[part].max() - 1e-12
    gap = values.copy()
    gap[2_000:4_000] = np.nan
    assert np.isnan(gap[drawn_rows(gap, 300)]).sum() >= 40
    np.testing.assert_array_equal(drawn_rows(values[:7], 5), np.arange(7))
    assert drawn_rows(values[:0], 5).size == 0


def test_axes_hold_what_is_set_and_only_what_is_allowed():
    declared = {each.name: each for each in (*PARAMETERS, VARIED["window"])}
    assert set(TRIED) == set(VARIED)
    for name, values in TRIED.items():
        for value in values:
            assert declared[name].read(value) == value
        now = values[1] + 1e-3
        assert now in axis(name, now).values
        assert axis(name, values[0]).values == values


def test_key_figures_say_what_the_report_says(prepared):
    found = study(prepared, RULES).report
    texts = {each.name: (each.value(found), each.interval(found), each.below(found)) for each in KEY_FIGURES}
    assert texts["net"][0] == number(found.net.value, 2, signed=True)
    assert (
        texts["net"][1] == f"95 %: {number(found.net.low, 2, signed=True)} to {number(found.net.high, 2, signed=True)}"
    )
    assert texts["hit_rate"][0] == f"{100 * found.hit_rate.value:.1f}"
    assert texts["trades"][0] == f"{found.trades:,}"
    assert texts["max_drawdown"][2].endswith(duration(found.drawdown_ms))
    empty = study(prepared, Rules(entry=20.0)).report
    for each in KEY_FIGURES:
        text = " ".join((each.value(empty), each.interval(empty), each.below(empty)))
        assert "nan" not in text.lower()
        assert "None" not in text
    assert [each.value(empty) for each in KEY_FIGURES if each.name in ("sharpe", "hit_rate", "break_even_z")] == [
        "–"
    ] * 3
    assert {each.name for each in KEY_FIGURES} <= {field.name for field in dataclasses.fields(Report)}


def test_the_self_test_tells_its_progress_and_can_be_ended(bars):
    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        look_ahead(bars, lambda legs: pair_columns(legs, spec=SPEC, rules=RULES), progress=stop)
    assert seen == [(0, 20), (1, 20), (2, 20)]
