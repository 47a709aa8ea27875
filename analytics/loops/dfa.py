"""Detrended fluctuations: how far a profile strays from straight lines through its pieces."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []


@loop(LOOPS, "void(f8[::1], i8[::1], f8[::1])")
def fluctuations(profile: Floats, scales: Integers, found: Floats) -> None:
    """Fill ``found`` (m,): root mean square of what lines through pieces of ``scales`` (m,) rows leave of ``profile``.

    Each piece is summed about its middle value, so that the level of the profile costs no digits.
    """
    for each in range(scales.size):
        scale = scales[each]
        pieces = profile.size // scale
        centre = (scale - 1) / 2
        moment = scale * (scale * scale - 1.0) / 12
        left = 0.0
        for piece in range(pieces):
            start = piece * scale
            anchor = profile[start + scale // 2]
            total = squares = across = 0.0
            for row in range(scale):
                value = profile[start + row] - anchor
                total += value
                squares += value * value
                across += (row - centre) * value
            left += squares - total * total / scale - across * across / moment
        found[each] = math.sqrt(max(left, 0.0) / (pieces * scale))
