"""Every cointegration test of a pair's window, and every estimator on it: run once for all who ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np

from analytics.align import Shared, align_last
from analytics.cache import VersionCache
from analytics.inputs import Input, Leg, Pair
from analytics.live import MarketView, PairSpec
from analytics.market import OPEN_MS, BarArray
from analytics.parameters import Integer
from analytics.registry import measure
from callbacks.pair import settings_key
from layouts.evidence import LINES, Basis, need

VERDICT: Final = "cointegration_verdict"
COMPARISON: Final = "estimator_comparison"
MAX_HELD: Final = 64


class Evidence(NamedTuple):
    """Results by the title of their line, those that have too few bars left out; what they rest on."""

    found: Mapping[str, Any]
    verdict: Any
    comparison: Any
    basis: Basis


class Examiner:
    """Runs the tests for the newest window of a pair; thread-safe. What one viewer asked for serves all."""

    def __init__(self, market: MarketView) -> None:
        self._market = market
        self._held: VersionCache[Evidence | None] = VersionCache(MAX_HELD, MAX_HELD, lambda _: 1)

    def examine(self, spec: PairSpec) -> Evidence | None:
        """The evidence of the newest window; None before there are shared bars. Up to a second of work."""
        y, x = (self._market.bars(symbol, spec.timeframe) for symbol in (spec.y, spec.x))
        key = (spec.y, spec.x, spec.timeframe, spec.window, spec.scale)
        return self._held.get(key, (y.version, x.version), lambda _: _evidence(y.bars, x.bars, spec))


def _evidence(y_bars: BarArray, x_bars: BarArray, spec: PairSpec) -> Evidence | None:
    shared = align_last(y_bars, x_bars, spec.window)
    n = shared.open_ms.size
    if not n:
        return None
    pair = Pair(shared, spec.step_ms)
    legs = {"y": Leg(_at(y_bars, shared), spec.step_ms), "x": Leg(_at(x_bars, shared), spec.step_ms)}
    return Evidence(
        found={
            line.title: _run(line.measure, legs.get(line.leg, pair), n, {"scale": spec.scale, **line.choice})
            for line in LINES
            if n >= need(line)
        },
        verdict=_run(VERDICT, pair, n, {"scale": spec.scale}),
        comparison=_run(COMPARISON, pair, n, {"scale": spec.scale}),
        basis=_basis(shared, spec),
    )


def _at(bars: BarArray, shared: Shared) -> BarArray:
    """A leg's bars at the shared stamps, so that every test rests on the same rows."""
    return bars[np.isin(bars[:, OPEN_MS], shared.open_ms)]


def _run(name: str, data: Input, n: int, wanted: Mapping[str, object]) -> Any:
    """The measure on all ``n`` rows, with those of the wanted settings that it has, and its defaults."""
    each = measure(name)
    declared = {parameter.name: parameter for parameter in each.parameters}
    given = {name: value for name, value in wanted.items() if name in declared}
    window = declared.get("window")
    if isinstance(window, Integer):
        given["window"] = min(max(n, window.low), window.high)
    return each.run(data, **given)


def _basis(shared: Shared, spec: PairSpec) -> Basis:
    n, as_of_ms = shared.open_ms.size, int(shared.open_ms[-1]) + spec.step_ms
    of = "" if n == spec.window else f" of {spec.window}"
    scale = "log prices" if spec.scale == "log" else "prices as they are"
    span = f"{_clock(int(shared.open_ms[0]))} to {_clock(as_of_ms)} UTC"
    words = (
        f"Rests on the newest {n}{of} shared {spec.timeframe} bars, {span}, {scale}. The open bar is not among them."
    )
    return Basis(settings_key(spec), as_of_ms, words)


def _clock(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
