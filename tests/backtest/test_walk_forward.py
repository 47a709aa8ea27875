"""Walk-forward, sweep and the look-ahead self-test."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from analytics.backtest.deflated import deflated_sharpe
from analytics.backtest.engine import backtest
from analytics.backtest.legs import Legs, Signals, history_signals, share
from analytics.backtest.look_ahead import look_ahead, pair_columns
from analytics.backtest.metrics import period_rows, periods_per_year, sharpe
from analytics.backtest.rules import Contradiction, Rules
from analytics.backtest.sweep import Axis, plateau, sweep
from analytics.backtest.walk_forward import walk_forward
from analytics.hedge import NoFit, fit_ols
from analytics.parameters import ParameterError
from analytics.spec import PairSpec
from analytics.spread import pair_history

from .conftest import COSTS, STEP_MS, bars_of, planted, true_signals, walk

pytestmark = pytest.mark.usefixtures("compiled_loops")
RULES = Rules(**COSTS)
ENTRIES = (1.0, 1.5, 2.0, 2.5)
SPEC = PairSpec("a:YY", "a:XX", window=60)


def by_hand(legs, start, train, test, entries=ENTRIES):
    """One fold, told once more: entry, what it earned inside, what it earned outside."""
    before, after = legs.part(start, start + train), legs.part(start + train, start + train + test)
    fit = fit_ols(before.closes[:, 0], before.closes[:, 1])

    def net(part, entry):
        n = len(part)
        spread = part.closes[:, 0] - fit.intercept - fit.slope * part.closes[:, 1]
        signals = Signals(spread / fit.sigma, np.tile([1, -fit.slope], (n, 1)), np.ones(n), np.full(n, np.nan))
        return backtest(part, signals, RULES.but(entry=entry)).equity[-1]

    nets = [net(before, entry) for entry in entries]
    best = entries[int(np.argmax(nets))]
    return best, max(nets), net(after, best)


def test_each_fold_is_frozen_on_its_training_stretch(pair):
    legs, _ = pair
    found = walk_forward(legs, RULES, ENTRIES, train=600, test=300)
    assert len(found.folds) == 5
    for at, fold in enumerate(found.folds):
        entry, inside, outside = by_hand(legs, 300 * at, 600, 300)
        assert fold.entry == entry
        assert fold.in_sample.net == pytest.approx(inside, abs=1e-7)
        assert fold.out_of_sample.net == pytest.approx(outside, abs=1e-7)
        assert fold.test_start_ms == legs.open_ms[300 * at + 600]
    assert found.folds[-1].test_stop_ms == legs.open_ms[-1] + STEP_MS
    assert found.out_of_sample.net == pytest.approx(math.fsum(fold.out_of_sample.net for fold in found.folds))
    assert found.profits.sum() == pytest.approx(found.out_of_sample.net)
    ratio = sharpe(found.profits) * math.sqrt(periods_per_year(found.period_ms))
    assert found.out_of_sample.sharpe == pytest.approx(ratio)
    assert found.trials == 4
    assert found.out_of_sample.net > 0
    assert found.deflated_in_sample > 0.9


def test_the_test_stretch_does_not_change_the_choice():
    bars = planted(900, 4)
    changed = [each.copy() for each in bars]
    changed[0][600:, 1:5] *= np.linspace(1, 1.3, 300)[:, None]
    one, other = (walk_forward(share(each, STEP_MS), RULES, ENTRIES, train=600, test=300) for each in (bars, changed))
    assert one.folds[0].fit == other.folds[0].fit
    assert (one.folds[0].entry, one.folds[0].in_sample) == (other.folds[0].entry, other.folds[0].in_sample)
    assert one.folds[0].out_of_sample != other.folds[0].out_of_sample


def test_chance_looks_good_inside_and_not_outside():
    inside, outside, deflated = [], [], []
    rules, entries = Rules(fee_bps=0.0, half_spread_bps=0.0), tuple(np.linspace(0.5, 2.5, 11))
    for seed in range(25):
        legs = share([bars_of(walk(2_400, seed, level=100)), bars_of(walk(2_400, 500 + seed, level=100))], STEP_MS)
        found = walk_forward(legs, rules, entries, train=800, test=800)
        inside.append(found.in_sample.net)
        outside.append(found.out_of_sample.net)
        deflated.append(found.deflated_out_of_sample)
    assert np.mean(inside) > 3 * np.std(inside) / 5
    assert abs(np.mean(outside)) < 3 * np.std(outside) / 5
    assert np.mean(inside) > 2 * abs(np.mean(outside))
    assert np.mean([each > 0.95 for each in deflated]) < 0.1


def test_deflation_counts_every_trial(pair):
    legs, _ = pair
    found = walk_forward(legs, RULES, ENTRIES, train=1_000, test=1_000)
    before = legs.part(0, 1_000)
    fit = fit_ols(*before.closes.T)
    spread = (before.closes[:, 0] - fit.y_mean) - fit.slope * (before.closes[:, 1] - fit.x_mean)
    n = len(before)
    signals = Signals(spread / fit.sigma, np.tile([1, -fit.slope], (n, 1)), np.ones(n), np.full(n, np.nan))
    rows = period_rows(before.open_ms, STEP_MS, found.period_ms)
    profits = [
        np.diff(backtest(before, signals, RULES.but(entry=entry)).equity[rows], prepend=0.0) for entry in ENTRIES
    ]
    expected = deflated_sharpe(found.profits, sharpe(np.array(profits)))
    assert found.deflated_out_of_sample == pytest.approx(expected, rel=1e-9)


def test_a_leg_that_stands_still_is_not_traded():
    legs = share([bars_of(walk(600, 1)), bars_of(np.full(600, 50.0))], STEP_MS)
    found = walk_forward(legs, RULES, ENTRIES, train=300, test=100)
    assert all(isinstance(fold.fit, NoFit) and fold.entry is None for fold in found.folds)
    assert found.out_of_sample.trades == 0
    assert found.out_of_sample.sharpe is found.deflated_out_of_sample is None


def test_walk_forward_says_what_it_needs(pair):
    legs, _ = pair
    for settings in ({"train": 2_000, "test": 10}, {"train": 2, "test": 10}, {"train": 100, "test": 0}):
        with pytest.raises(ValueError, match="train"):
            walk_forward(legs, RULES, ENTRIES, **settings)
    with pytest.raises(ValueError, match="entries"):
        walk_forward(legs, RULES.but(exit=1.0), (0.5, 1.0), train=100, test=100)
    told = []
    walk_forward(legs, RULES.but(exit=1.0), ENTRIES, train=1_500, test=250, progress=lambda *each: told.append(each))
    assert told == [(1, 2), (2, 2)]


def test_every_cell_is_a_backtest_of_its_own(pair):
    legs, signals = pair
    rows, columns = Axis("entry", (1.0, 1.5, 2.0)), Axis("exit", (-0.5, 0.0, 1.2))
    heat = sweep(legs, lambda: signals, RULES, rows, columns)
    for i, entry in enumerate(rows.values):
        for j, exit_ in enumerate(columns.values):
            if exit_ >= entry:
                assert math.isnan(heat.net[i, j])
                continue
            run = backtest(legs, signals, RULES.but(entry=entry, exit=exit_))
            assert heat.net[i, j] == run.equity[-1]
            assert heat.trades[i, j] == len(run.trades)
            profits = np.diff(run.equity[period_rows(legs.open_ms, STEP_MS, heat.period_ms)], prepend=0.0)
            assert heat.sharpe[i, j] == pytest.approx(sharpe(profits) * math.sqrt(periods_per_year(heat.period_ms)))
            assert 0 <= heat.max_drawdown[i, j] <= (np.maximum.accumulate(run.equity) - run.equity).max() + 1e-9
    assert heat.trials == 8
    assert heat.best is not None
    assert heat.plateau[heat.best] == np.nanmax(heat.plateau)


def test_entry_by_window_makes_the_signals_of_each_window_once():
    bars = planted(1_500, 6)
    legs, asked, told = share(bars, STEP_MS), [], []

    def signals(window):
        asked.append(window)
        history = pair_history(*bars, PairSpec("a:YY", "a:XX", window=int(window)))
        return history_signals(legs, history, scale="level", window=int(window))

    heat = sweep(
        legs, signals, RULES, Axis("entry", (1.5, 2.0)), Axis("window", (40, 80, 120)),
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert asked == [40, 80, 120]
    assert told == [(1, 2), (2, 2)]
    assert heat.net[1, 2] == backtest(legs, signals(120), RULES.but(entry=2.0)).equity[-1]
    assert heat.trials == 6


def test_a_sweep_can_be_cancelled_and_refuses_nonsense(pair):
    legs, signals = pair

    class Cancelled(Exception):
        pass

    def stop(done, total):
        raise Cancelled

    axes = Axis("entry", (1.0, 2.0)), Axis("exit", (0.0,))
    with pytest.raises(Cancelled):
        sweep(legs, lambda: signals, RULES, *axes, progress=stop)
    for rows, columns in ((axes[0], axes[0]), (axes[0], Axis("exit", ()))):
        with pytest.raises(ParameterError, match="two different axes"):
            sweep(legs, lambda: signals, RULES, rows, columns)
    with pytest.raises(ParameterError, match="fee_bps"):
        sweep(legs, lambda: signals, RULES, axes[0], Axis("fee_bps", (-99.0,)))
    nothing = sweep(legs, lambda: signals, RULES, Axis("entry", (1.0,)), Axis("exit", (2.0, 3.0)))
    assert nothing.best is None
    assert nothing.trials == 0
    with pytest.raises(Contradiction):
        RULES.but(exit=3.0)


def test_a_plateau_beats_a_lone_peak():
    net = np.zeros((9, 9))
    net[1, 1] = 100.0
    net[5:8, 5:8] = 20.0
    score = plateau(net)
    assert np.unravel_index(score.argmax(), net.shape) == (6, 6)
    assert score[6, 6] == 20.0
    around = net[0:3, 0:3]
    assert score[1, 1] == pytest.approx(around.mean() - around.std())
    assert score[0, 0] == pytest.approx(net[:2, :2].mean() - net[:2, :2].std())
    net[4:, 3] = net[4:, 2] = np.nan
    assert np.isnan(plateau(net)[7, 2:4]).all()
    assert np.isfinite(plateau(net)[7, 4])


def test_the_pair_does_not_look_ahead():
    bars = planted(700, 9)
    bars = [np.delete(bars[0], [100, 350, 351], axis=0), np.delete(bars[1], [200], axis=0)]
    rules = Rules(entry=1.2, rehedge_bars=7, funding_long_bps=1.0, time_stop_half_lives=2.0, **COSTS)
    columns = functools.partial(pair_columns, spec=SPEC, rules=rules)
    assert np.ptp(columns(bars)["equity"]) > 0
    assert look_ahead(bars, columns, cuts=60) == ()


def cheats():
    def centred(bars):
        legs = share(bars, STEP_MS)
        spread = legs.closes[:, 0] - 1.5 * legs.closes[:, 1]
        return spread - spread.mean()

    def smoothed(bars):
        legs = share(bars, STEP_MS)
        spread = legs.closes[:, 0] - 1.5 * legs.closes[:, 1]
        return np.convolve(spread, np.ones(5) / 5)[2 : spread.size + 2]

    def next_bar(bars):
        return np.append(share(bars, STEP_MS).closes[1:, 0], 0.0)

    return {"mean of the whole": centred, "centred window": smoothed, "next bar": next_bar}


@pytest.mark.parametrize("name", cheats())
def test_a_planted_cheat_is_caught(name):
    bars, cheat = planted(300, 3), cheats()[name]
    found = look_ahead(bars, lambda part: {"z": cheat(part)}, cuts=10)
    assert found
    for each in found:
        assert each.row <= each.last_row
        assert each.now == cheat(bars)[each.row]
        assert each.then == cheat([leg[: each.last_row + 1] for leg in bars])[each.row]
        assert each.then != each.now
    assert len({(each.column, each.row) for each in found}) == len(found)
    if name == "mean of the whole":
        assert {each.row for each in found} >= set(range(290))


def test_a_cheat_in_the_signals_shows_in_the_money():
    bars = planted(600, 3)

    def columns(part):
        legs = share(part, STEP_MS)
        honest = true_signals(legs)
        peeking = Signals(np.append(honest.z, [0.0, 0.0])[2:], honest.weights, honest.sigma, honest.half_life)
        return {"equity": backtest(legs, peeking, RULES, flat_at_end=False).equity}

    found = look_ahead(bars, columns, cuts=200)
    assert {each.column for each in found} == {"equity"}
    assert {each.last_row - each.row for each in found} == {0}


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one row for each bar"):
        look_ahead(planted(50), lambda bars: {"z": np.zeros(50)})


def test_no_bars_show_no_look_ahead():
    empty = [np.empty((0, 10))] * 2
    assert look_ahead(empty, lambda bars: {"z": np.empty(0)}) == ()
    assert isinstance(share(empty, STEP_MS), Legs)
