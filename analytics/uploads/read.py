"""Reads the rows of a file as its plan says, in small portions: columns of numbers, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.uploads.faults import Faults, quoted
from analytics.uploads.guess import unit_of
from analytics.uploads.moments import UNKNOWN, Moments, from_numbers, from_text
from analytics.uploads.plan import AMOUNTS, DECIMALS, DELIMITERS, ORDERS, PRICES, UNIT_WORDS, UNITS, Plan, Unreadable

MAX_ROWS: Final = 2_000_000
_BLOCK: Final = 2_097_152
_NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_MISSING: Final = ("", "NaN", "nan", "NAN", "null", "NULL", "None", "NA", "N/A", "n/a", "-", "–")
_FIELDS: Final = (*PRICES, *AMOUNTS)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Watch = Callable[[int], None]
"""Told from time to time how many rows have been read; it may raise to stop the reading."""


class Rows(NamedTuple):
    """Rows that could be read, in the order of the file; columns of shape (n,), ``values`` (n, 8): four prices, then
    volume, quote volume, buy volume and trades, NaN where unknown. ``line`` counts from 1 with the header."""

    line: Ints
    ms: Ints
    naive: NDArray[np.bool_]
    dated: NDArray[np.bool_]
    values: Floats


class Reading(NamedTuple):
    """What came out: the rows, how many there were in all, and how many empty lines."""

    rows: Rows
    seen: int
    empty: int


def read(file: BinaryIO, plan: Plan, faults: Faults, watch: Watch) -> Reading:
    """All rows of a file from its beginning. What is wrong with a row goes into ``faults``. Raises `Unreadable`."""
    import pyarrow as pa  # noqa: PLC0415  # half a second, so only when a file comes

    skipped: list[tuple[int, int, str]] = []
    parts: list[Rows] = []
    seen = empty = 0
    line = plan.first_line
    # Whatever stands before the rows was left out when the file was looked at.
    try:
        for batch in _open(file, plan, skipped):
            lines, line = _lines(batch.num_rows, line, skipped)
            part, blank = _part(batch, lines, plan, faults)
            parts.append(part)
            empty += blank
            seen += batch.num_rows - blank
            watch(seen)
            if seen > MAX_ROWS:
                raise Unreadable(f"The file has more than {MAX_ROWS:,} rows. Split it.")
    except pa.ArrowInvalid as error:
        raise Unreadable(f"The file cannot be read as CSV: {error}.") from None
    _tell_widths(skipped, plan, faults)
    if not parts:
        raise Unreadable("The file has no rows.")
    pa.default_memory_pool().release_unused()
    return Reading(_joined(parts), seen + len(skipped), empty)


def _joined(parts: list[Rows]) -> Rows:
    """All portions as one; each is let go as soon as its columns are there, since both together may be large."""
    columns = [list(column) for column in zip(*parts, strict=True)]
    parts.clear()
    joined = []
    while columns:
        joined.append(np.concatenate(columns.pop(0)))
    return Rows._make(joined)


def _open(file: BinaryIO, plan: Plan, skipped: list[tuple[int, int, str]]) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    def skip(row: Any) -> str:
        skipped.append((row.number, row.actual_columns, row.text))
        return "skip"

    names = [str(at) for at in range(plan.width)]
    wanted = [str(at) for at in sorted(set(plan.columns.values()))]
    # One thread: only then are rows numbered.
    return csv.open_csv(
        file,
        csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names, skip_rows=plan.first_line - 1),
        csv.ParseOptions(delimiter=DELIMITERS[plan.delimiter], ignore_empty_lines=False, invalid_row_handler=skip),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(wanted, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
        ),
    )


def _lines(count: int, first: int, skipped: list[tuple[int, int, str]]) -> tuple[Ints, int]:
    """Line numbers of the next ``count`` rows, of which the first possible one is ``first``; and the line after."""
    out = [number for number, _, _ in skipped if number >= first]
    last = first + count - 1
    for number in out:
        last += number <= last
    lines = np.setdiff1d(np.arange(first, last + 1), out, assume_unique=True)
    return lines, last + 1


def _part(batch: Any, lines: Ints, plan: Plan, faults: Faults) -> tuple[Rows, int]:
    """The rows of a portion that can be read; and how many empty lines there were."""
    cells = {role: _trimmed(batch.column(str(at))) for role, at in plan.columns.items()}
    good = np.logical_or.reduce([_lengths(column) > 0 for column in cells.values()])
    blank = int(good.size - np.count_nonzero(good))
    moments, written = _moments(cells, plan)
    tell = _Teller(lines, good, faults)
    tell.about(moments.ms == UNKNOWN, "the time cannot be read", lambda at: _time_words(_text(written, at), plan))
    values = np.full((lines.size, len(_FIELDS)), np.nan)
    for place, role in enumerate(_FIELDS):
        if role in cells:
            values[:, place], bad, missing = _numbers(cells[role], plan.decimal)
            if role in PRICES:
                tell.about(missing, "a price is missing", partial(_is_empty, role))
            tell.about(bad, "a number cannot be read", partial(_no_number, role, cells[role]))
    rows = Rows(lines, moments.ms, moments.naive, moments.dated, values)
    return Rows._make(column[good] for column in rows), blank


def _is_empty(role: str, _at: int) -> str:
    return f"{role} is empty"


def _no_number(role: str, column: Any, at: int) -> str:
    return f"{role} {quoted(_text(column, at))} is not a number"


class _Teller:
    """Takes bad rows out of ``good`` and says why; a row is told once."""

    def __init__(self, lines: Ints, good: NDArray[np.bool_], faults: Faults) -> None:
        self._lines, self._good, self._faults = lines, good, faults

    def about(self, bad: NDArray[np.bool_], kind: str, says: Callable[[int], str]) -> None:
        places = np.flatnonzero(bad & self._good)
        if places.size:
            self._good[places] = False
            self._faults.add(kind, self._lines[places], lambda at: says(int(places[at])))


def _moments(cells: dict[str, Any], plan: Plan) -> tuple[Moments, Any]:
    """The times, and the text that they were read from."""
    import pyarrow.compute as pc  # noqa: PLC0415

    if "time" not in cells:
        written = pc.binary_join_element_wise(cells["date"], cells["clock"], " ")
        return from_text(written, plan.times), written
    column = cells["time"]
    if plan.times in ORDERS:
        return from_text(column, plan.times), column
    numbers, _, _ = _numbers(column, "point")
    return from_numbers(numbers, _whole(column), plan.times), column


def _whole(column: Any) -> Ints | None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        return np.asarray(pc.cast(column, pa.int64()))
    except pa.ArrowInvalid:
        return None


def _numbers(column: Any, decimal: str) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """The numbers, NaN where there is none; which cells hold something else, and which hold nothing."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if decimal == "comma":
        column = pc.replace_substring(column, DECIMALS["comma"], ".")
    missing = pc.is_in(column, pa.array(_MISSING))
    if pc.any(missing).as_py():
        column = pc.if_else(missing, pa.scalar(None, pa.string()), column)
    try:
        numbers = pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        fits = pc.fill_null(pc.match_substring_regex(column, _NUMBER), False)
        numbers = pc.cast(pc.if_else(fits, column, pa.scalar(None, pa.string())), pa.float64())
    values = np.array(pc.fill_null(numbers, float("nan")))
    absent = np.asarray(missing)
    bad = ~np.isfinite(values) & ~absent
    values[bad] = np.nan
    return values, bad, absent


def _trimmed(column: Any) -> Any:
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.ascii_trim_whitespace(column)


def _lengths(column: Any) -> Ints:
    import pyarrow.compute as pc  # noqa: PLC0415

    return np.asarray(pc.binary_length(column))


def _text(column: Any, at: int) -> str:
    """A cell, whatever its bytes."""
    import pyarrow as pa  # noqa: PLC0415

    raw: bytes = column[at].cast(pa.binary()).as_py()
    return raw.decode("utf-8", "replace")


def _time_words(text: str, plan: Plan) -> str:
    if plan.times in ORDERS:
        return f"time {quoted(text)} is not a date as {ORDERS[plan.times]}"
    unit = UNIT_WORDS[plan.times]
    try:
        other = unit_of(float(text))
    except ValueError:
        return f"time {quoted(text)} is not a number of {unit}"
    hint = f"; it looks like {UNIT_WORDS[other]}" if other and other != plan.times else ""
    return f"time {quoted(text)} is not in {unit} from 1973 to 2099{hint}"


def _tell_widths(skipped: list[tuple[int, int, str]], plan: Plan, faults: Faults) -> None:
    lines = np.array([number for number, _, _ in skipped], np.int64)
    kind = "a row has another number of columns"
    faults.add(kind, lines, lambda at: f"has {skipped[at][1]} columns, not {plan.width}: {quoted(skipped[at][2])}")


assert set(UNITS) == set(UNIT_WORDS)
