"""Walk-forward: fit on one stretch, freeze, trade the next, roll on; what was promised beside what came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.batch import Batch, run_batch
from analytics.backtest.deflated import deflated_sharpe
from analytics.backtest.legs import Legs, line_signals
from analytics.backtest.metrics import MIN_PERIODS, annual, period_for, period_rows, sharpe
from analytics.backtest.rules import Contradiction, Rules
from analytics.dependence import follows
from analytics.hedge import Fit, NoFit, fit_ols
from analytics.reversion import HalfLife, half_life
from analytics.spread import scaled

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Score:
    """Net profit in the quote asset, annualised Sharpe ratio (None where there is none), and trades."""

    net: float
    sharpe: float | None
    trades: int


@dataclass(frozen=True, slots=True)
class Fold:
    """One training stretch and the test stretch after it; times are opens of bars, ``test_stop_ms`` the last close.

    ``fit`` and ``half_life_bars`` are of the training stretch, ``entry`` the one with the highest net profit there.
    Without a line to fit ``entry`` is None and nothing is traded.
    """

    train_start_ms: int
    test_start_ms: int
    test_stop_ms: int
    fit: Fit | NoFit
    half_life_bars: float | None
    entry: float | None
    in_sample: Score
    out_of_sample: Score


class _Stretch(NamedTuple):
    """A fold with the profits by period of every entry (t, m) and of the best one (m,), and those out of sample."""

    fold: Fold
    trials: Floats
    trained: Floats
    traded: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """All folds and their sums; ``profits`` (m,) are those out of sample by period of ``period_ms``, in order.

    In-sample figures rest on lines fitted to the same bars and on the best of ``trials`` entries: they promise too
    much, and overlapping training stretches count a bar more than once. ``deflated_*`` is the probability that the
    true Sharpe ratio is above what the best of as many entries without skill would show (Bailey and Lopez de Prado).
    """

    folds: tuple[Fold, ...]
    in_sample: Score
    out_of_sample: Score
    profits: Floats
    period_ms: int
    trials: int
    deflated_in_sample: float | None
    deflated_out_of_sample: float | None


def walk_forward(
    legs: Legs,
    rules: Rules,
    entries: Sequence[float],
    *,
    train: int,
    test: int,
    scale: str = "level",
    progress: Callable[[int, int], None] | None = None,
) -> WalkForward:
    """Fit y on x over ``train`` rows, choose the entry that earned most there, trade the next ``test`` rows, roll.

    Hedge ratio, mean, sigma, half-life and entry are frozen through the test stretch, which starts and ends flat; the
    last one may be shorter. Entries that contradict the other rules are left out. ``progress`` is told the folds done
    and the folds in all; to cancel, let it raise. Raises ValueError when no test stretch fits or no entry is possible.
    """
    choices = [made for made in (_with_entry(rules, entry) for entry in entries) if made]
    if not choices or train < 3 or test < 1 or len(legs) <= train:
        raise ValueError(
            f"`entries` must hold one that suits the rules, `train` at least 3 rows and `test` 1 after them, got"
            f" {len(choices)} entries, {train} and {test} of {len(legs)} rows. Use more bars or shorter stretches."
        )
    starts = range(0, len(legs) - train, test)
    period_ms = period_for(min(legs.span_ms, MIN_PERIODS * test * legs.step_ms), legs.step_ms)
    found = []
    for done, start in enumerate(starts, start=1):
        before, after = legs.part(start, start + train), legs.part(start + train, min(start + train + test, len(legs)))
        found.append(_stretch(before, after, choices, scale, period_ms))
        if progress:
            progress(done, len(starts))
    every = np.concatenate([each.trials for each in found], axis=1)
    chosen, profits = (np.concatenate([getattr(each, name) for each in found]) for name in ("trained", "traded"))
    folds = tuple(each.fold for each in found)
    ratios = sharpe(every)
    return WalkForward(
        folds=folds,
        in_sample=_score(chosen, sum(fold.in_sample.trades for fold in folds), period_ms),
        out_of_sample=_score(profits, sum(fold.out_of_sample.trades for fold in folds), period_ms),
        profits=profits,
        period_ms=period_ms,
        trials=len(choices),
        deflated_in_sample=deflated_sharpe(chosen, ratios),
        deflated_out_of_sample=deflated_sharpe(profits, ratios),
    )


def _stretch(before: Legs, after: Legs, choices: Sequence[Rules], scale: str, period_ms: int) -> _Stretch:
    y, x = scaled(before.closes[:, 0], before.closes[:, 1], scale)
    fit = fit_ols(y, x)
    entry, life, best = None, None, 0
    trained, traded = _idle(before, len(choices), period_ms), _idle(after, 1, period_ms)
    if isinstance(fit, Fit):
        found = half_life((y - fit.y_mean) - fit.slope * (x - fit.x_mean), follows(before.open_ms, before.step_ms))
        life = found.bars if isinstance(found, HalfLife) else None
        inside, outside = (line_signals(part, fit, life, scale=scale) for part in (before, after))
        trained = run_batch(before, [(inside, rules) for rules in choices], period_ms)
        best = int(np.argmax(trained.net))
        traded = run_batch(after, [(outside, choices[best])], period_ms)
        entry = choices[best].entry
    fold = Fold(
        train_start_ms=int(before.open_ms[0]),
        test_start_ms=int(after.open_ms[0]),
        test_stop_ms=int(after.open_ms[-1]) + after.step_ms,
        fit=fit,
        half_life_bars=life,
        entry=entry,
        in_sample=_score(trained.profits[best], int(trained.trades[best]), period_ms),
        out_of_sample=_score(traded.profits[0], int(traded.trades[0]), period_ms),
    )
    return _Stretch(fold, trained.profits, trained.profits[best], traded.profits[0])


def _idle(legs: Legs, tests: int, period_ms: int) -> Batch:
    periods = period_rows(legs.open_ms, legs.step_ms, period_ms).size
    return Batch(np.zeros(tests), np.zeros(tests, np.int64), np.zeros((tests, periods)))


def _score(profits: Floats, trades: int, period_ms: int) -> Score:
    return Score(float(profits.sum()), annual(float(sharpe(profits)), period_ms), trades)


def _with_entry(rules: Rules, entry: float) -> Rules | None:
    try:
        return rules.but(entry=entry)
    except Contradiction:
        return None
