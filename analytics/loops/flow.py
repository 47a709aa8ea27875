"""Volume clocks: trades cut into buckets of equal volume."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "void(f8[::1], f8, f8[::1], f8[::1], f8[::1])")
def fill_buckets(signed: Floats, size: float, state: Floats, nets: Floats, vpin: Floats) -> None:
    """Fill ``vpin`` (n,) from trades and buckets of ``size``; go on from ``state`` and ``nets``, and leave them so.

    ``signed`` (n,) is the quantity of each trade, negative where the seller was the aggressor; one that reaches over a
    border is split there. ``nets`` holds |buys - sells| of the newest buckets, in a ring; ``state`` is what the open
    bucket holds, its buys - sells, how many buckets were closed, and the last value.
    """
    filled, net, closed, value = state[0], state[1], int(state[2]), state[3]
    buckets = nets.size
    for row in range(signed.size):
        left = abs(signed[row])
        side = 1.0 if signed[row] > 0.0 else -1.0
        if 0.0 < left < np.inf:
            # Of a print larger than all buckets together, the part that would leave no trace is not played through.
            if left > (buckets + 2) * size:
                left -= (left // size - (buckets + 1)) * size
            before = closed
            while left >= size - filled:
                room = size - filled
                nets[closed % buckets] = abs(net + side * room)
                closed += 1
                left -= room
                filled = 0.0
                net = 0.0
            filled += left
            net += side * left
            if closed > before and closed >= buckets:
                total = 0.0
                for each in range(buckets):
                    total += nets[each]
                value = min(1.0, total / (buckets * size))
        vpin[row] = value
    state[0], state[1], state[2], state[3] = filled, net, closed, value
