"""A file to bars: read, put in order, checked against what bars must be, and told in a report."""

from __future__ import annotations

from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from analytics.market import CLOSE, FLAGS, HIGH, LOW, NO_BARS, OPEN, OPEN_MS, TIMEFRAME_MS, UPLOADED, VOLUME, BarArray
from analytics.uploads.faults import Faults
from analytics.uploads.frames import frames, on_grid
from analytics.uploads.plan import Plan, Unreadable
from analytics.uploads.read import Rows, Watch, read
from analytics.uploads.report import Gap, Parsed, Report
from analytics.uploads.zones import to_utc

MOST_GAPS: Final = 20
DAY_MS: Final = 86_400_000
_REGULAR: Final = 0.5

Ints = NDArray[np.int64]


def parse(file: BinaryIO, plan: Plan, watch: Watch = lambda _rows: None, now_ms: int | None = None) -> Parsed:
    """Every row of the file as the plan says. ``now_ms`` is the time of the upload: bars after it are told of.

    Bad rows are left out and told. Raises `Unreadable` when the file as a whole is no table of bars.
    """
    missing = plan.missing()
    if missing:
        words = ", ".join(missing)
        raise Unreadable(f"No column is chosen for: {words}. Choose them, or see whether the delimiter is right.")
    faults = Faults()
    rows, seen, empty = read(file, plan, faults, watch)
    notes: list[str] = []
    rows = _sane(_placed(rows, plan, faults, notes), faults)
    bars, repeats = _ordered(rows, faults, notes)
    # As large as the bars; nothing below needs them.
    del rows
    step_ms = _step(bars[:, OPEN_MS].astype(np.int64))
    if plan.stamp == "close":
        bars[:, OPEN_MS] = np.where(bars[:, OPEN_MS] % 1000 == 999, bars[:, OPEN_MS] + 1, bars[:, OPEN_MS]) - step_ms
    made = dict(frames(bars, step_ms)) if step_ms else {}
    notes += _amounts(bars) + _grid(bars, step_ms) + _empty(empty)
    report = _report(seen, bars, step_ms, repeats=repeats, faults=faults, notes=notes)
    _judge(report, made, now_ms)
    return Parsed(report, made)


def _placed(rows: Rows, plan: Plan, faults: Faults, notes: list[str]) -> Rows:
    """Times in UTC. A date without a time of day is a UTC day in any zone."""
    local = rows.naive & ~rows.dated
    if local.any():
        placed = to_utc(rows.ms[local], plan.zone)
        rows.ms[local] = placed.ms
        lost = np.flatnonzero(local)[placed.skipped]
        faults.add(
            "the time does not exist",
            rows.line[lost],
            lambda _: f"this time was skipped when the clocks of {plan.zone} went forward. Choose the right time zone",
        )
        if placed.twice.any():
            count = int(np.count_nonzero(placed.twice))
            notes.append(
                f"{_rows(count)} in an hour that {plan.zone} has twice when its clocks go back: the first mention of a "
                "time is taken as the earlier one."
            )
        if lost.size:
            keep = np.ones(rows.ms.size, np.bool_)
            keep[lost] = False
            rows = Rows._make(column[keep] for column in rows)
    if rows.dated.any():
        notes.append("Dates without a time of day are days in UTC.")
    elif local.any() and plan.zone == "UTC":
        notes.append("The times name no zone and are taken as UTC.")
    return rows


def _sane(rows: Rows, faults: Faults) -> Rows:
    """Rows that say something possible."""
    opened, high, low, close = rows.values[:, :4].T
    good = np.ones(rows.ms.size, np.bool_)

    def tell(bad: NDArray[np.bool_], kind: str, words: str) -> None:
        places = np.flatnonzero(bad & good)
        good[places] = False
        faults.add(kind, rows.line[places], lambda at: words.format(*rows.values[places[at]].tolist()))

    lowest = rows.values[:, :4].min(axis=1, initial=np.inf)
    tell(lowest <= 0, "a price is not above 0", "open {0:g}, high {1:g}, low {2:g}, close {3:g}")
    tell(high < low, "high is below low", "high {1:g} is below low {2:g}")
    tell((high < opened) | (high < close), "high is below open or close", "high {1:g}, open {0:g}, close {3:g}")
    tell((low > opened) | (low > close), "low is above open or close", "low {2:g}, open {0:g}, close {3:g}")
    with np.errstate(invalid="ignore"):
        tell(
            np.asarray((rows.values[:, 4:] < 0).any(axis=1)),
            "an amount is below 0",
            "volume {4:g}, quote volume {5:g}, bought {6:g}, trades {7:g}",
        )
        tell(rows.values[:, 6] > rows.values[:, 4], "more bought than traded", "bought {6:g} of a volume of {4:g}")
    return rows if good.all() else Rows._make(column[good] for column in rows)


def _ordered(rows: Rows, faults: Faults, notes: list[str]) -> tuple[BarArray, int]:
    """Bars oldest first, one for each time; and how many rows said what another had said."""
    count = rows.ms.size
    back = int(np.count_nonzero(np.diff(rows.ms) < 0))
    if back and back >= count - 1 - np.count_nonzero(np.diff(rows.ms) == 0):
        notes.append("The rows are newest first and were turned round.")
    elif back:
        notes.append(f"{_rows(back)} older than the one before: all were sorted by time.")
    if back:
        order = np.argsort(rows.ms, kind="stable")
        rows = Rows._make(column[order] for column in rows)
    ms, line, values = rows.ms, rows.line, rows.values
    again = np.concatenate([[False], np.diff(ms) == 0])[:count]
    # The row that a time was first seen in.
    first = np.maximum.accumulate(np.where(again, 0, np.arange(count))) if count else np.arange(0)
    repeated = np.flatnonzero(again)
    same = np.isclose(values[repeated], values[first[repeated]], rtol=0, atol=0, equal_nan=True).all(axis=1)
    other = repeated[~same]
    faults.add(
        "a time comes again with other values",
        line[other],
        lambda at: f"has the time of row {line[first[other[at]]]}, with other values; that row is kept",
    )
    if same.any():
        notes.append(f"{_rows(int(same.sum()))} an exact copy of another: each counts once.")
    kept = np.flatnonzero(~again)
    bars = np.empty((kept.size, NO_BARS.shape[1]))
    bars[:, OPEN_MS] = ms[kept]
    for at in range(values.shape[1]):
        bars[:, OPEN + at] = values[kept, at]
    bars[:, FLAGS] = UPLOADED
    return bars, int(same.sum())


def _step(opens: Ints) -> int:
    """The distance that most neighbours have; 0 when there is no such."""
    if opens.size < 2:
        return 0
    steps, counts = np.unique(np.diff(opens), return_counts=True)
    most = int(np.argmax(counts))
    return int(steps[most]) if counts[most] >= _REGULAR * (opens.size - 1) else 0


def _report(seen: int, bars: BarArray, step_ms: int, *, repeats: int, faults: Faults, notes: list[str]) -> Report:
    opens = bars[:, OPEN_MS].astype(np.int64)
    holes = np.flatnonzero(np.diff(opens) > step_ms) if step_ms else np.empty(0, np.int64)
    missing = np.maximum(np.diff(opens)[holes] // max(step_ms, 1) - 1, 1)
    longest = np.sort(holes[np.argsort(-missing, kind="stable")[:MOST_GAPS]])
    return Report(
        rows=seen,
        bars=len(bars),
        bad=faults.count,
        kinds=dict(faults.kinds),
        faults=faults.listed(),
        repeats=repeats,
        step_ms=step_ms,
        first_ms=int(opens[0]) if opens.size else 0,
        end_ms=int(opens[-1]) + step_ms if opens.size else 0,
        gap_count=int(holes.size),
        gap_bars=int(missing.sum()),
        gaps=[
            Gap(int(opens[at]) + step_ms, int(opens[at + 1]), max(int(opens[at + 1] - opens[at]) // step_ms - 1, 1))
            for at in longest.tolist()
        ],
        notes=notes,
    )


def _judge(report: Report, made: dict[str, BarArray], now_ms: int | None) -> None:
    """Add what speaks against the bars as a whole; raises `Unreadable` where nothing can be made of them."""
    if not report.bars:
        kind = max(report.kinds, key=lambda name: report.kinds[name], default="")
        first = next(iter(report.faults), None)
        told = f" First: row {first.row}, {first.says}." if first else ""
        raise Unreadable(f"None of the {report.rows:,} rows can be used{f' ({kind})' if kind else ''}.{told}")
    if not report.step_ms:
        raise Unreadable(
            "The bars have no common length: fewer than half of the neighbours are equally far apart. "
            "Are these ticks, or is the wrong column chosen as time?"
        )
    if not made:
        known = ", ".join(TIMEFRAME_MS)
        raise Unreadable(
            f"The bars are {length(report.step_ms)} long. The board takes bars of {known}, or shorter ones that "
            "join to at least 20 of these."
        )
    if now_ms is not None and report.end_ms > now_ms + DAY_MS:
        report.notes.append("The last bars lie in the future: is the order of day and month right?")


def _amounts(bars: BarArray) -> list[str]:
    unknown = np.isnan(bars[:, VOLUME])
    if not unknown.any():
        return []
    if unknown.all():
        return ["There is no volume: measures that need it say so."]
    return [f"{_rows(int(unknown.sum()))} without a volume: it is unknown there, not 0."]


def _grid(bars: BarArray, step_ms: int) -> list[str]:
    if not step_ms or step_ms > DAY_MS or on_grid(bars, step_ms):
        return []
    return [
        f"Not all bars open at whole multiples of {length(step_ms)} in UTC, so no longer ones are made of them. "
        "Is the time zone right?"
    ]


def _empty(lines: int) -> list[str]:
    return [f"{lines} empty lines were passed over."] if lines > 1 else []


def _rows(count: int) -> str:
    return f"{count:,} rows are" if count != 1 else "1 row is"


def length(step_ms: int) -> str:
    """A length of time as the name of a time frame, or as near to one as it comes.

    >>> length(60_000), length(600_000), length(7 * 86_400_000), length(250)
    ('1m', '10m', '7d', '250ms')
    """
    units = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
    name, size = next(unit for unit in units if step_ms % unit[1] == 0)
    return f"{step_ms // size}{name}"


assert (OPEN, HIGH, LOW, CLOSE) == (1, 2, 3, 4)
