"""Lines that a few bad rows cannot turn: Huber's by reweighting, Theil and Sen's by selecting the median slope.

The median of all n (n - 1) / 2 slopes is found without listing them. Slopes below b are as many as pairs that change
places when rows are ordered by y - b x instead of x, which a merge sort counts. A bracket is narrowed so until few
slopes are left, and those are listed. A b at which two rows are closer than rounding is never used, so every count is
that of the slopes as float64 computes them.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.loops import Loop, loop

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LOOPS: Final[list[Loop]] = []

NORMAL_MAD: Final = 0.6744897501960817
"""Median of |residual| over the standard deviation, for normal residuals."""
BEND: Final = 1.345
"""Residuals beyond so many scales count by less: 95 % efficient where there are no bad rows."""
SMALL: Final = 1e-13
ROUNDED: Final = 1e-15
"""A line that moves by less than so many scales, or such a share of its own rise, stands still."""
MOST_STEPS: Final = 1000


@loop(LOOPS, "void(f8[:,::1], f8[:,::1], f8[:,::1])")
def huber_lines(y: Floats, x: Floats, lines: Floats) -> None:
    """Fill rows of ``lines`` (m, 4) with slope, mean of x, mean of y (weighted) and scale of rows of y and x (m, n).

    Both must be centred. Stops when the line stands still, or after 1000 steps.
    """
    m, n = y.shape
    weight, rest = np.empty(n), np.empty(n)
    for each in range(m):
        u, v = x[each], y[each]
        weight[:] = 1.0
        slope = x_mean = y_mean = scale = 0.0
        for step in range(MOST_STEPS):
            sw = su = sv = 0.0
            for row in range(n):
                w = weight[row]
                sw += w
                su += w * u[row]
                sv += w * v[row]
            new_x, new_y = su / sw, sv / sw
            suu = suv = 0.0
            for row in range(n):
                part = weight[row] * (u[row] - new_x)
                suu += part * (u[row] - new_x)
                suv += part * (v[row] - new_y)
            new = suv / suu
            for row in range(n):
                rest[row] = abs((v[row] - new_y) - new * (u[row] - new_x))
            scale = np.median(rest) / NORMAL_MAD
            width = math.sqrt(suu / sw)
            moved = abs(new - slope) * width + abs((new_y - y_mean) - new * (new_x - x_mean))
            still = max(SMALL * scale, ROUNDED * abs(new) * width)
            slope, x_mean, y_mean = new, new_x, new_y
            if not scale > 0.0 or (step > 0 and moved <= still):
                break
            for row in range(n):
                weight[row] = min(1.0, BEND * scale / rest[row]) if rest[row] > 0.0 else 1.0
        lines[each, 0], lines[each, 1], lines[each, 2], lines[each, 3] = slope, x_mean, y_mean, scale


@loop(LOOPS, "i8(f8[::1], i8[::1], f8[::1], i8[::1])")
def merge_count(keys: Floats, order: Integers, keys_room: Floats, order_room: Integers) -> int:
    """Sort ``keys`` (n,) with ``order`` alongside, in place, equal keys as they stand; how many pairs change places."""
    n, swaps, block = keys.size, 0, 16
    for start in range(0, n, block):
        for row in range(start + 1, min(n, start + block)):
            key, index, place = keys[row], order[row], row
            while place > start and keys[place - 1] > key:
                keys[place], order[place] = keys[place - 1], order[place - 1]
                place -= 1
            keys[place], order[place] = key, index
            swaps += row - place
    width = block
    while width < n:
        for start in range(0, n, 2 * width):
            middle, stop = min(n, start + width), min(n, start + 2 * width)
            left, right = start, middle
            for place in range(start, stop):
                if right >= stop or (left < middle and keys[left] <= keys[right]):
                    keys_room[place], order_room[place] = keys[left], order[left]
                    left += 1
                else:
                    keys_room[place], order_room[place] = keys[right], order[right]
                    right += 1
                    swaps += middle - left
        keys[:], order[:] = keys_room, order_room
        width *= 2
    return swaps


@loop(LOOPS, "i8(f8[:,::1], f8, i8[:,::1])")
def count_below(table: Floats, b: float, orders: Integers) -> int:
    """How many slopes are below ``b``; -1 if two rows are too close to tell.

    ``table`` (4, n) holds y, x (sorted by x, then y) and room for keys; ``orders[2]`` becomes the order by y - b x.
    """
    y, x, keys, order = table[0], table[1], table[2], orders[2]
    n = y.size
    y_centre, x_centre, size = y[n // 2], x[n // 2], 0.0
    for row in range(n):
        dy, bx = y[row] - y_centre, b * (x[row] - x_centre)
        order[row], keys[row] = row, dy - bx
        size = max(size, abs(dy) + abs(bx))
    swaps = merge_count(keys, order, table[3], orders[3])
    close = size * 3.6e-15
    for row in range(1, n):
        if keys[row] - keys[row - 1] <= close:
            one, other = order[row - 1], order[row]
            if x[one] != x[other] or y[one] != y[other]:
                return -1
    return swaps


@loop(LOOPS, "void(f8[::1], f8[::1], i8[::1], i8[::1], f8[::1])")
def list_slopes(y: Floats, x: Floats, low_order: Integers, high_order: Integers, slopes: Floats) -> None:
    """Fill ``slopes`` with those of the pairs that stand one way in ``low_order`` and the other in ``high_order``."""
    n, found, width = y.size, 0, 1
    rank, held, room = np.empty(n, np.int64), low_order.copy(), np.empty(n, np.int64)
    for row in range(n):
        rank[high_order[row]] = row
    while width < n:
        for start in range(0, n, 2 * width):
            middle, stop = min(n, start + width), min(n, start + 2 * width)
            left, right = start, middle
            for place in range(start, stop):
                if right >= stop or (left < middle and rank[held[left]] <= rank[held[right]]):
                    room[place] = held[left]
                    left += 1
                else:
                    one = held[right]
                    for other in held[left:middle]:
                        if x[one] != x[other]:
                            if found < slopes.size:
                                slopes[found] = (y[one] - y[other]) / (x[one] - x[other])
                            found += 1
                    room[place] = one
                    right += 1
        held[:] = room
        width *= 2


@loop(LOOPS, "i8(f8[:,::1], f8, f8[::1], i8[::1], i8[:,::1])")
def narrow(table: Floats, b: float, ends: Floats, counts: Integers, orders: Integers) -> int:
    """Move an end of the bracket to ``b``, unless a middle slope would be left outside; whether it moved.

    ``ends`` are two slopes; ``counts`` how many are below each, and the ranks of the middle two; ``orders`` (4, n) the
    orders at both ends, and room.
    """
    if not ends[0] < b < ends[1]:
        return 0
    below = count_below(table, b, orders)
    if below < 0 or counts[2] < below <= counts[3]:
        return 0
    side = 0 if below <= counts[2] else 1
    ends[side], counts[side] = b, below
    orders[side] = orders[2]
    return 1


@loop(LOOPS, "i8(f8[::1], f8[::1], f8[::1])")
def sample_slopes(y: Floats, x: Floats, slopes: Floats) -> int:
    """Fill ``slopes`` with those of pairs drawn by a fixed congruential sequence, sorted; how many there are."""
    n, found, seed = y.size, 0, 20240601
    for _ in range(4 * slopes.size):
        seed = seed * 48271 % 2147483647
        one = seed % n
        seed = seed * 48271 % 2147483647
        other = seed % n
        if x[one] != x[other] and found < slopes.size:
            slopes[found] = (y[one] - y[other]) / (x[one] - x[other])
            found += 1
    slopes[:found] = np.sort(slopes[:found])
    return found


@loop(LOOPS, "f8(f8[::1], f8[::1], i8)")
def select_slope(y: Floats, x: Floats, pairs: int) -> float:
    """Median of the ``pairs`` slopes of rows sorted by x, then y; as float64 computes them, to the last bit."""
    n = y.size
    ends, counts = np.array([-np.inf, np.inf]), np.array([0, pairs, (pairs - 1) // 2, pairs // 2])
    table, orders = np.empty((4, n)), np.empty((4, n), np.int64)
    table[0], table[1] = y, x
    orders[0], orders[1] = np.arange(n), np.argsort(-x, kind="mergesort")
    sample = np.empty(2000)
    drawn = sample_slopes(y, x, sample)
    middle, away = drawn // 2, int(1.5 * math.sqrt(drawn))
    if away + 1 < middle:
        width = sample[middle + away] - sample[middle - away]
        for place in (middle - away, middle + away):
            b = 0.5 * (sample[place] + sample[place + 1])
            for attempt in range(4):
                if narrow(table, b + 0.013 * attempt * width, ends, counts, orders):
                    break
    for attempt in range(12):
        within, width = counts[1] - counts[0], ends[1] - ends[0]
        if within <= 4 * n or not math.isfinite(width):
            break
        share, apart = (counts[2] - counts[0]) / within, 1.5 * n / within
        low, high = ends[0] + max(0.001, share - apart) * width, ends[0] + min(0.999, share + apart) * width
        moved = narrow(table, low, ends, counts, orders)
        moved += narrow(table, high, ends, counts, orders)
        if not moved:
            narrow(table, ends[0] + (0.5 + 0.013 * attempt) * width, ends, counts, orders)
    slopes = np.empty(counts[1] - counts[0])
    list_slopes(y, x, orders[0], orders[1], slopes)
    slopes = np.sort(slopes)
    return float(0.5 * (slopes[counts[2] - counts[0]] + slopes[counts[3] - counts[0]]))


@loop(LOOPS, "void(f8[:,::1], f8[:,::1], i8, f8[::1])")
def theil_sen_slopes(y: Floats, x: Floats, listed: int, slopes: Floats) -> None:
    """Fill ``slopes`` (m,) for rows of y and x (m, n); all slopes are listed up to ``listed`` rows, selected above."""
    m, n = y.shape
    for each in range(m):
        order = np.argsort(y[each], kind="mergesort")
        order = order[np.argsort(x[each][order], kind="mergesort")]
        v, u = y[each][order], x[each][order]
        pairs, run = n * (n - 1) // 2, 0
        for row in range(1, n):
            run = run + 1 if u[row] == u[row - 1] else 0
            pairs -= run
        if n > listed:
            slopes[each] = select_slope(v, u, pairs)
            continue
        found, every = 0, np.empty(pairs)
        for one in range(n):
            for other in range(one):
                if u[one] != u[other]:
                    every[found] = (v[one] - v[other]) / (u[one] - u[other])
                    found += 1
        slopes[each] = np.median(every)
