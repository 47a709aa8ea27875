"""What is said of an upload: what was read, what was wrong with it, and what the board makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from analytics.market import BarArray
from analytics.uploads.faults import Fault


class Gap(NamedTuple):
    """Bars that are missing: the first of them would open at ``from_ms``, the next that is there opens at ``to_ms``."""

    from_ms: int
    to_ms: int
    bars: int


@dataclass(frozen=True, slots=True)
class Report:
    """``rows`` of the file, of which ``bad`` cannot be used; ``bars`` are left of them.

    ``kinds`` counts the bad rows by what is wrong, ``faults`` tells the first of each kind. ``repeats`` are rows that
    say the same as one before and count once. ``gaps`` tells the longest, ``gap_count`` and ``gap_bars`` count all.
    ``first_ms`` is the open of the first bar, ``end_ms`` the end of the last. ``notes`` are sentences for people.
    """

    rows: int
    bars: int
    bad: int
    kinds: dict[str, int]
    faults: list[Fault]
    repeats: int
    step_ms: int
    first_ms: int
    end_ms: int
    gap_count: int
    gap_bars: int
    gaps: list[Gap]
    notes: list[str]


class Parsed(NamedTuple):
    """The report, and the bars of each time frame; none when the file's rows give no bars that can be used."""

    report: Report
    frames: dict[str, BarArray]
