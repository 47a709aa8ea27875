"""Which symbols and which rows of a panel go together: nothing is filled in, nobody is dropped in silence."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.inputs import Panel
from analytics.parameters import Number
from analytics.rolling import ROUNDING, Floats

_MINUTE_MS = 60_000
MIN_LIQUIDITY: Final = Number(
    name="min_liquidity",
    label="Least liquidity",
    help="Symbols that trade less are left out",
    unit="quote asset per minute",
    default=0.0,
    low=0.0,
    high=1e12,
)
MIN_TRADES: Final = Number(
    name="min_trades",
    label="Fewest trades",
    help="Symbols with fewer trades a minute are left out",
    unit="per minute",
    default=0.0,
    low=0.0,
    high=1e6,
)
_YEAR_S: Final = 31_536_000.0
MAX_SILENCE_S: Final = Number(
    name="max_silence_s",
    label="Longest silence",
    help="Symbols without a trade for a longer time of whole bars, once or up to now, are left out; a year: nobody is",
    unit="s",
    default=_YEAR_S,
    low=0.0,
    high=_YEAR_S,
)


class Common(NamedTuple):
    """The rows (n,) in which every symbol that stayed has a price.

    ``symbols`` are those that stayed, ``closes`` (n, k) their prices, ``liquidity`` (k,) their traded value a minute,
    NaN where a bar does not tell.
    ``left_out`` says of every other symbol why it is not there.
    """

    symbols: tuple[str, ...]
    open_ms: NDArray[np.int64]
    closes: Floats
    liquidity: Floats
    left_out: dict[str, str]


class Limits(NamedTuple):
    """What a symbol must reach over the span of a panel, silent minutes included; the defaults let everything pass.

    ``min_liquidity`` is in the quote asset a minute, ``min_trades`` a minute, ``max_silence_s`` is the longest time of
    whole bars without a trade, after its first bar and up to the panel's end. A symbol with a bar that does not tell
    its volume, or has volume but no count of its trades, is not held to what it does not tell.
    """

    min_liquidity: float = 0.0
    min_trades: float = 0.0
    max_silence_s: float = math.inf


def common_rows(panel: Panel, min_rows: int, limits: Limits | None = None) -> Common:
    """The symbols of a panel that can be looked at together, and the rows that they share.

    A price that is not a positive number is no price. Symbols that miss one of the ``limits``, with fewer than
    ``min_rows`` prices, or whose price stands still, stay out. Of the others, sorted by how many prices they have, so
    many are taken that pairs times shared rows is the most: a symbol listed late does not cost all others their
    history. Fewer than two symbols may be left.
    """
    there = _there(panel)
    counts = there.sum(axis=0)
    left_out = too_thin(panel, limits or Limits())
    for at, symbol in enumerate(panel.symbols):
        if counts[at] < min_rows:
            left_out.setdefault(symbol, f"needs {min_rows} bars, has {counts[at]}")
    order = [int(at) for at in np.argsort(-counts, kind="stable") if panel.symbols[at] not in left_out]
    chosen, rows = _densest(there, order, min_rows)
    for at in set(order) - set(chosen):
        left_out[panel.symbols[at]] = f"has {counts[at]} bars, too few of them in the rows that the others share"
    closes = panel.closes[rows][:, chosen]
    moves = _moves(closes)
    for at, symbol in enumerate(panel.symbols[each] for each in chosen):
        if not moves[at]:
            left_out[symbol] = "the price does not move"
    chosen = [at for at, moved in zip(chosen, moves, strict=True) if moved]
    return Common(
        tuple(panel.symbols[at] for at in chosen),
        panel.open_ms[rows],
        np.ascontiguousarray(closes[:, moves]),
        _liquidity(panel, there)[chosen],
        left_out,
    )


def without(panel: Panel, symbols: Collection[str]) -> Panel:
    """The panel without these symbols, its rows as they were.

    A scan of what stays when the symbols are left out that a limit leaves out is the scan with that limit.
    """
    kept = [at for at, symbol in enumerate(panel.symbols) if symbol not in symbols]
    return panel._replace(
        symbols=tuple(panel.symbols[at] for at in kept),
        closes=panel.closes[:, kept],
        quote_volumes=panel.quote_volumes[:, kept],
        trades=None if panel.trades is None else panel.trades[:, kept],
    )


def _there(panel: Panel) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.isfinite(panel.closes) & (panel.closes > 0)
    return found


def _liquidity(panel: Panel, there: NDArray[np.bool_]) -> Floats:
    return _per_minute(panel, panel.quote_volumes, there & np.isnan(panel.quote_volumes))


def _densest(there: NDArray[np.bool_], order: list[int], min_rows: int) -> tuple[list[int], NDArray[np.bool_]]:
    """Columns (in the order they stand in) and rows."""
    best, taken = 0, 0
    shared = np.ones(len(there), dtype=np.bool_)
    rows = shared
    for size, at in enumerate(order, start=1):
        shared = shared & there[:, at]
        n = int(shared.sum())
        if n < min_rows:
            break
        if size * (size - 1) * n >= best:
            best, taken, rows = size * (size - 1) * n, size, shared
    return sorted(order[:taken]), rows


def too_thin(panel: Panel, limits: Limits) -> dict[str, str]:
    """Why symbols miss the limits, by symbol; what is not known misses none."""
    there = _there(panel)
    liquidity, trades = _liquidity(panel, there), _trades_per_minute(panel, there)
    found = {}
    for at, symbol in enumerate(panel.symbols):
        silence_s = _silence_s(panel, there[:, at])
        if liquidity[at] < limits.min_liquidity:
            found[symbol] = f"trades {liquidity[at]:.3g} of the quote asset a minute, needs {limits.min_liquidity:g}"
        elif trades[at] < limits.min_trades:
            found[symbol] = f"has {trades[at]:.3g} trades a minute, needs {limits.min_trades:g}"
        elif silence_s > limits.max_silence_s:
            found[symbol] = f"was silent for {silence_s:g} s, at most {limits.max_silence_s:g} are allowed"
    return found


def _per_minute(panel: Panel, values: Floats, untold: NDArray[np.bool_]) -> Floats:
    """Of each symbol; NaN where one of its bars does not tell."""
    if not panel.open_ms.size:
        return np.zeros(len(panel.symbols))
    minutes = (panel.open_ms[-1] - panel.open_ms[0] + panel.step_ms) / _MINUTE_MS
    return np.where(untold.any(axis=0), np.nan, np.nansum(values, axis=0) / minutes)


def _trades_per_minute(panel: Panel, there: NDArray[np.bool_]) -> Floats:
    if panel.trades is None:
        return np.full(len(panel.symbols), np.nan)
    # Some sources write 0 for the count that they do not have.
    untold = there & (np.isnan(panel.trades) | ((panel.quote_volumes > 0) & (panel.trades <= 0)))
    return _per_minute(panel, panel.trades, untold)


def _silence_s(panel: Panel, there: NDArray[np.bool_]) -> float:
    opened = panel.open_ms[there]
    if not opened.size:
        return 0.0
    return float((np.diff(opened, append=panel.open_ms[-1] + panel.step_ms) - panel.step_ms).max()) / 1000


def _moves(closes: Floats) -> NDArray[np.bool_]:
    if not len(closes):
        return np.zeros(closes.shape[1], dtype=np.bool_)
    found: NDArray[np.bool_] = closes.std(axis=0) > ROUNDING * closes.mean(axis=0)
    return found
