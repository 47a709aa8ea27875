"""The tests that are run on demand: heatmap, walk-forward, estimators side by side, and the look-ahead self-test."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from analytics.backtest.axes import TRIED, axis
from analytics.backtest.look_ahead import CUTS, look_ahead, pair_columns
from analytics.backtest.pair import RULES, Prepared, compare_estimators, window_signals
from analytics.backtest.rules import Rules
from analytics.backtest.sweep import Axis, Heat, sweep
from analytics.backtest.walk_forward import WalkForward, walk_forward
from analytics.measure import NotTestable
from analytics.parameters import MIN_WINDOW
from analytics.spec import PairSpec
from callbacks.backtest_data import Backtests, Span
from callbacks.backtest_query import BacktestQuery
from callbacks.jobs import Tell, Work


class Asked(NamedTuple):
    """A test as it is asked for: ``own`` are the settings that are the job's, by name."""

    spec: PairSpec
    rules: Rules
    span: Span
    own: tuple[tuple[str, Any], ...]


class Heatmap(NamedTuple):
    """What a sweep found; ``from_row`` is the first bar with a signal for all windows, 0 where the window is one."""

    heat: Heat
    from_row: int
    left_out: tuple[float, ...]


class Walked(NamedTuple):
    """A walk-forward, or why there is none, with its stretches in bars."""

    found: WalkForward | NotTestable
    train: int
    test: int


class Looked(NamedTuple):
    """What a self-test found in so many values of so many bars."""

    differences: tuple[Any, ...]
    bars: int
    columns: tuple[str, ...]
    cuts: int


OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "heat": ("rows", "columns"),
    "walk": ("train", "test"),
    "estimators": (),
    "look": (),
}
"""The kinds of job, with the settings that only they have."""


def asked(kind: str, query: BacktestQuery, venue: str, span: Span) -> Asked:
    """What a job of this kind is for."""
    return Asked(query.pair.spec(venue), query.rules, span, tuple((name, query.job[name]) for name in OWN[kind]))


def key(kind: str, what: Asked) -> Hashable:
    """Equal for equal work, so that its viewers share it: a heatmap is the same wherever one stands in it."""
    if kind != "heat":
        return kind, what
    varied = [name for _, name in what.own if setting(what, name) in TRIED[name]]
    spec = replace(what.spec, window=MIN_WINDOW) if "window" in varied else what.spec
    rules = tuple((each.name, getattr(what.rules, each.name)) for each in RULES if each.name not in varied)
    return kind, spec, rules, what.span, what.own


def work(kind: str, what: Asked, data: Backtests) -> Work:
    """What the job does. It raises ValueError with a sentence for people where it cannot be done."""

    def run(tell: Tell) -> Any:
        prepared = data.prepared(what.spec, what.span)
        if isinstance(prepared, NotTestable):
            raise ValueError(prepared.reason)
        return _WORK[kind](prepared, what, tell)

    return run


def setting(what: Asked, name: str) -> float:
    """What a parameter that can be varied is set to."""
    return what.spec.window if name == "window" else float(getattr(what.rules, name))


def _heat(prepared: Prepared, what: Asked, tell: Tell) -> Heatmap:
    own = dict(what.own)
    rows, columns = (axis(own[name], setting(what, own[name])) for name in OWN["heat"])
    windows = next((each.values for each in (rows, columns) if each.name == "window"), ())
    total = len(windows) + len(rows.values)
    made = window_signals(prepared, windows, lambda done, _: tell(done, total))
    left_out = tuple(each for each in windows if each not in made)
    if windows and not made:
        raise ValueError("no window leaves a bar to trade")

    def signals(window: float | None = None) -> Any:
        return prepared.signals if window is None else made[int(window)]

    rows, columns = (
        Axis(each.name, tuple(value for value in each.values if each.name != "window" or value in made))
        for each in (rows, columns)
    )
    heat = sweep(
        prepared.legs, signals, what.rules, rows, columns, progress=lambda done, _: tell(len(windows) + done, total)
    )
    return Heatmap(heat, max(made, default=0), left_out)


def _walk(prepared: Prepared, what: Asked, tell: Tell) -> Walked:
    own, n = dict(what.own), len(prepared.legs)
    train = own["train"] or n // 4
    test = own["test"] or max(1, train // 2)
    entries = sorted({*TRIED["entry"], what.rules.entry})
    try:
        found = walk_forward(
            prepared.legs, what.rules, entries, train=train, test=test, scale=what.spec.scale, progress=tell
        )
    except ValueError:
        words = f"training on {train:,} bars and testing on what follows needs more than the {n:,} bars there are"
        return Walked(NotTestable(f"{words}. Choose a shorter stretch"), train, test)
    return Walked(found, train, test)


def _look(prepared: Prepared, what: Asked, tell: Tell) -> Looked:
    columns = functools.partial(pair_columns, spec=what.spec, rules=what.rules)
    found = look_ahead(prepared.bars, columns, progress=tell)
    return Looked(found, len(prepared.legs), tuple(columns(prepared.bars)), CUTS)


_WORK: Final[Mapping[str, Callable[[Prepared, Asked, Tell], Any]]] = {
    "heat": _heat,
    "walk": _walk,
    "estimators": lambda prepared, what, tell: compare_estimators(prepared, what.rules, tell),
    "look": _look,
}
