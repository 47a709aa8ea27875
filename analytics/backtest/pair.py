"""A pair's backtest from the bars of its legs to the report, in steps that can be kept and shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.engine import Run, backtest
from analytics.backtest.legs import Legs, Signals, history_signals, share
from analytics.backtest.report import Report, report
from analytics.backtest.rules import COSTS, PARAMETERS, Rules
from analytics.estimators import ESTIMATORS
from analytics.market import PARTIAL, BarArray
from analytics.measure import NotTestable
from analytics.parameters import Parameter
from analytics.spec import PairSpec
from analytics.spread import pair_history

RULES: Final[tuple[Parameter, ...]] = tuple(each for each in PARAMETERS if each is not COSTS)
"""The rules that are set by hand; the cost multiple is the stress test's."""

Tell = Callable[[int, int], None]
"""Told the steps done and the steps in all; what it raises ends the work."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The shared bars of a pair with its signals: all that rules are run on. ``bars`` are the legs' own, y first."""

    spec: PairSpec
    bars: tuple[BarArray, BarArray]
    legs: Legs
    signals: Signals

    @property
    def missing(self) -> int:
        """Bars between the first and the last in which a leg did not trade."""
        return int(self.legs.clock[-1]) + 1 - len(self.legs)

    @property
    def partial(self) -> int:
        """Shared bars that miss trades."""
        return int(np.count_nonzero(self.legs.flags & PARTIAL))


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One set of rules on a pair, with its report."""

    prepared: Prepared
    run: Run
    report: Report

    @property
    def position(self) -> NDArray[np.int64]:
        """+1 long, -1 short, 0 flat after each bar's open, shape (n,)."""
        change = np.zeros(self.run.open_ms.size + 1, np.int64)
        trades = self.run.trades
        # What was closed at the last close was held through the last bar.
        stop = np.where(trades.exit_ms > self.run.open_ms[-1], change.size - 1, trades.exit_row)
        np.add.at(change, trades.entry_row, trades.side)
        np.add.at(change, stop, -trades.side)
        result: NDArray[np.int64] = change.cumsum()[:-1]
        return result


def prepare(bars: Sequence[BarArray], spec: PairSpec) -> Prepared | NotTestable:
    """Signals of a pair from the bars of y and x, each (n, 10), oldest first, row t from bars before t and close t.

    Not testable below ``window`` + 2 shared bars (the fit, a signal, a fill), and where no bar has a z.
    """
    legs, least = share(bars, spec.step_ms), spec.window + 2
    if len(legs) < least:
        return NotTestable(f"Warming up: {len(legs):,} of {least:,} shared {spec.timeframe} bars")
    y, x = bars
    signals = history_signals(legs, pair_history(y, x, spec), scale=spec.scale, window=spec.window)
    if not np.isfinite(signals.z).any():
        return NotTestable("no bar has a z: a leg does not move, or both move as one")
    return Prepared(spec, (y, x), legs, signals)


def study(prepared: Prepared, rules: Rules) -> Study:
    """The rules run on a pair, flat at the end, and the report on it."""
    run = backtest(prepared.legs, prepared.signals, rules)
    return Study(prepared, run, report(run, prepared.legs, prepared.signals))


def compare_estimators(prepared: Prepared, rules: Rules, tell: Tell | None = None) -> dict[str, Study | NotTestable]:
    """The same rules and bars with every estimator of the hedge ratio, by name.

    The pair's own one keeps its options, the others have their defaults.
    """
    found: dict[str, Study | NotTestable] = {}
    for done, name in enumerate(ESTIMATORS):
        if tell:
            tell(done, len(ESTIMATORS))
        options = prepared.spec.options if name == prepared.spec.method else ()
        each = prepare(prepared.bars, replace(prepared.spec, method=name, options=options))
        found[name] = each if isinstance(each, NotTestable) else study(each, rules)
    return found


def window_signals(prepared: Prepared, windows: Iterable[float], tell: Tell | None = None) -> dict[int, Signals]:
    """Signals of several windows by window; none has a z before the longest has one, so that all trade the same bars.

    Windows that leave no bar to trade are left out.
    """
    chosen = [int(window) for window in windows if window + 2 <= len(prepared.legs)]
    made = {}
    for done, window in enumerate(chosen):
        if tell:
            tell(done, len(chosen))
        found = prepare(prepared.bars, replace(prepared.spec, window=window))
        if isinstance(found, Prepared):
            made[window] = found.signals
    start = max(made, default=0)
    return {window: _from(start, signals) for window, signals in made.items()}


def _from(row: int, signals: Signals) -> Signals:
    z = signals.z.copy()
    z[:row] = np.nan
    return Signals(z, signals.weights, signals.sigma, signals.half_life)
