"""Which symbols and which rows of a panel go together: nothing is filled in, nobody is dropped in silence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.inputs import Panel
from analytics.rolling import ROUNDING, Floats

_MINUTE_MS = 60_000


class Common(NamedTuple):
    """The rows (n,) in which every symbol that stayed has a price.

    ``symbols`` are those that stayed, ``closes`` (n, k) their prices, ``liquidity`` (k,) their traded value a minute.
    ``left_out`` says of every other symbol why it is not there.
    """

    symbols: tuple[str, ...]
    open_ms: NDArray[np.int64]
    closes: Floats
    liquidity: Floats
    left_out: dict[str, str]


def common_rows(panel: Panel, min_rows: int, min_liquidity: float) -> Common:
    """The symbols of a panel that can be looked at together, and the rows that they share.

    A price that is not a positive number is no price. Symbols below ``min_liquidity`` (quote asset a minute, over the
    whole span of the panel, silent minutes included), with fewer than ``min_rows`` prices, or whose price stands still,
    stay out. Of the others, sorted by how many prices they have, so many are taken that pairs times shared rows is the
    most: a symbol listed late does not cost all others their history. Fewer than two symbols may be left.
    """
    there = np.isfinite(panel.closes) & (panel.closes > 0)
    counts = there.sum(axis=0)
    liquidity = _per_minute(panel)
    left_out = {}
    for at, symbol in enumerate(panel.symbols):
        if liquidity[at] < min_liquidity:
            left_out[symbol] = f"trades {liquidity[at]:.3g} of the quote asset a minute, needs {min_liquidity:g}"
        elif counts[at] < min_rows:
            left_out[symbol] = f"needs {min_rows} bars, has {counts[at]}"
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
        liquidity[chosen],
        left_out,
    )


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


def _per_minute(panel: Panel) -> Floats:
    if not panel.open_ms.size:
        return np.zeros(len(panel.symbols))
    minutes = (panel.open_ms[-1] - panel.open_ms[0] + panel.step_ms) / _MINUTE_MS
    found: Floats = np.nansum(panel.quote_volumes, axis=0) / minutes
    return found


def _moves(closes: Floats) -> NDArray[np.bool_]:
    if not len(closes):
        return np.zeros(closes.shape[1], dtype=np.bool_)
    found: NDArray[np.bool_] = closes.std(axis=0) > ROUNDING * closes.mean(axis=0)
    return found
