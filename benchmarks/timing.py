"""Times of works held against one another: CPU seconds, in turns, medians, so that a busy machine does not decide."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Work = Callable[[], object]


class Versus(NamedTuple):
    """Seconds of a call of ours and of the peer's, and how many of ours the peer takes: medians over the rounds."""

    ours_s: float
    peer_s: float
    ratio: float


def rounds_of(works: tuple[Work, ...], rounds: int, least_s: float) -> list[list[float]]:
    """Seconds a call, for each work a list over the rounds; a round before them is thrown away.

    In a round every work has its turn, called until ``least_s`` are over. CPU seconds of this process: what others do
    on the machine does not count. The peers run on one thread, as ours does.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 1):
        for times, work in zip(taken, works, strict=True):
            calls, start, spent = 0, time.process_time(), 0.0
            while spent < least_s or not calls:
                work()
                calls += 1
                spent = time.process_time() - start
            times.append(spent / calls)
    return [times[1:] for times in taken]


def seconds(*works: Work, rounds: int = 7, least_s: float = 0.02) -> list[float]:
    """Median seconds a call of each work."""
    return [statistics.median(times) for times in rounds_of(works, rounds, least_s)]


def versus(ours: Work, peer: Work, rounds: int = 7, least_s: float = 0.02) -> Versus:
    """Ours and a peer's, with the median of the rounds' ratios."""
    mine, theirs = rounds_of((ours, peer), rounds, least_s)
    ratio = statistics.median(other / own for own, other in zip(mine, theirs, strict=True))
    return Versus(statistics.median(mine), statistics.median(theirs), ratio)
