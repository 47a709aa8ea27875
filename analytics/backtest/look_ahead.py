"""The self-test against look-ahead: forget the future, compute again, and list every bar whose value changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analytics.backtest.engine import backtest
from analytics.backtest.legs import history_signals, share
from analytics.backtest.rules import Rules
from analytics.market import OPEN_MS, BarArray
from analytics.spec import PairSpec
from analytics.spread import pair_history

Column = NDArray[Any]
Columns = Mapping[str, Column]

CUTS: Final = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """``column`` of row ``row`` was ``then`` when the history ended at row ``last_row``, is ``now`` with all."""

    column: str
    row: int
    last_row: int
    then: float
    now: float


def look_ahead(
    bars: Sequence[BarArray],
    columns: Callable[[Sequence[BarArray]], Columns],
    *,
    cuts: int = CUTS,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Difference, ...]:
    """Every value that depends on bars after its own, each once, at the shortest history that shows it.

    ``columns`` computes named columns (n,) from the bars of the legs, one row for each bar that all of them share. It
    is run on the whole and on ``cuts`` histories that end earlier, evenly apart; the values must be the same to the
    last bit. None found is what should be. ``progress`` is told the histories done and all; to cancel, let it raise.
    Raises ValueError for columns of another length.
    """
    whole = columns(bars)
    rows = min((column.size for column in whole.values()), default=0)
    stamps = share(bars, 1).open_ms
    found: dict[tuple[str, int], Difference] = {}
    ends = np.unique(np.linspace(0, rows - 2, cuts).astype(np.int64)) if rows > 1 else np.empty(0, np.int64)
    for done, last in enumerate(ends):
        if progress:
            progress(done, ends.size)
        short = columns([leg[: np.searchsorted(leg[:, OPEN_MS], stamps[last], side="right")] for leg in bars])
        for name, now in whole.items():
            then, kept = short[name], now[: last + 1]
            if then.size != kept.size:
                raise ValueError(
                    f"`columns` must give one row for each bar, got {then.size} of `{name}` for {kept.size} bars."
                    " Do not drop or add rows."
                )
            for row in np.flatnonzero(_differ(then, kept)):
                key = name, int(row)
                found.setdefault(key, Difference(*key, int(last), float(then[row]), float(kept[row])))
    return tuple(found.values())


def pair_columns(bars: Sequence[BarArray], *, spec: PairSpec, rules: Rules) -> dict[str, Column]:
    """What the self-test looks at for a pair: its history, the signals, and the money of a test that is left open."""
    legs = share(bars, spec.step_ms)
    history = pair_history(bars[0], bars[1], spec)
    signals = history_signals(legs, history, scale=spec.scale, window=spec.window)
    run = backtest(legs, signals, rules, flat_at_end=False)
    return {
        "hedge_ratio": history.hedge_ratio,
        "sigma": signals.sigma,
        "z": signals.z,
        "half_life": signals.half_life,
        "gross": run.gross,
        "equity": run.equity,
    }


def _differ(then: Column, now: Column) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (then != now) & ~(np.isnan(then) & np.isnan(now))
    return different
