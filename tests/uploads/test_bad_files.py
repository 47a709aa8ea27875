"""Files that are not what they should be: each is explained with its rows, and nothing is dropped in silence."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable

import pytest

from analytics.uploads.faults import EACH
from analytics.uploads.guess import guess
from analytics.uploads.look import HEAD_BYTES, look
from analytics.uploads.parse import parse
from analytics.uploads.plan import Plan, Unreadable
from analytics.uploads.report import Report

START_MS = 1_704_067_200_000
COUNT = 400


def lines(count: int = COUNT, step_ms: int = 60_000) -> list[str]:
    rng = random.Random(3)
    rows = ["time,open,high,low,close,volume"]
    for at in range(count):
        level = round(100 + rng.random(), 2)
        rows.append(f"{START_MS + at * step_ms},{level},{level + 1:.2f},{level - 1:.2f},{level},{rng.randint(1, 9)}")
    return rows


def changed(row: int, change: Callable[[list[str]], list[str]], rows: list[str] | None = None) -> list[str]:
    """The file with one row changed, which is counted from 1 with the header."""
    rows = rows or lines()
    rows[row - 1] = ",".join(change(rows[row - 1].split(",")))
    return rows


def cell(at: int, text: str) -> Callable[[list[str]], list[str]]:
    return lambda cells: [*cells[:at], text, *cells[at + 1 :]]


def report(rows: list[str], **changes: object) -> Report:
    raw = "\n".join(rows).encode()
    plan = guess(look(raw[:HEAD_BYTES])).plan
    given = {name: getattr(plan, name) for name in Plan.__dataclass_fields__} | changes
    return parse(io.BytesIO(raw), Plan(**given)).report


BAD_ROWS: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "text in a price": (cell(4, "abc"), "close 'abc' is not a number"),
    "an empty price": (cell(1, ""), "open is empty"),
    "NaN as a price": (cell(2, "NaN"), "high is empty"),
    "infinity": (cell(2, "inf"), "high 'inf' is not a number"),
    "text in the volume": (cell(5, "1.2K"), "volume '1.2K' is not a number"),
    "a negative volume": (cell(5, "-3"), "volume -3"),
    "a price of 0": (lambda cells: [cells[0], "0", cells[2], "0", cells[4], cells[5]], "open 0"),
    "high below low": (lambda cells: [*cells[:2], cells[3], cells[2], *cells[4:]], "is below low"),
    "close above high": (cell(4, "999"), "close 999"),
    "text as a time": (cell(0, "yesterday"), "time 'yesterday' is not a number of milliseconds"),
    "microseconds": (lambda cells: [cells[0] + "000", *cells[1:]], "it looks like microseconds"),
    "a column too many": (lambda cells: [*cells, "7"], "has 7 columns, not 6"),
    "a column too few": (lambda cells: cells[:4], "has 4 columns, not 6"),
    "another delimiter": (lambda cells: [";".join(cells)], "has 1 columns, not 6"),
    "the header again": (lambda _: lines()[0].split(","), "time 'time' is not a number"),
    "bytes": (cell(4, "\x00\x01"), "is not a number"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
@pytest.mark.parametrize("row", [2, 177, COUNT + 1])
def test_a_bad_row_is_told_with_its_number(name: str, row: int) -> None:
    change, words = BAD_ROWS[name]
    if name == "the header again" and row == 2:
        row = 3
    raw = "\n".join(changed(row, change)).encode()
    # A NUL in the first rows makes the whole file binary; that is another test's.
    plan = guess(look("\n".join(lines()).encode())).plan
    found = parse(io.BytesIO(raw), plan).report
    assert (found.bad, found.rows, found.bars) == (1, COUNT, COUNT - 1)
    assert [fault.row for fault in found.faults] == [row]
    assert words in found.faults[0].says


def test_line_numbers_hold_across_portions_of_a_large_file() -> None:
    rows = lines(120_000)
    for row in (50, 60_001, 60_002, 119_999):
        rows[row - 1] += ",too,many"
    for row in (51, 60_003, 120_001):
        rows = changed(row, cell(4, "abc"), rows)
    found = report(rows)
    assert [fault.row for fault in found.faults] == [50, 51, 60_001, 60_002, 60_003, 119_999, 120_001]
    assert found.bars == 120_000 - 7


def test_empty_lines_count_as_lines() -> None:
    rows = changed(10, cell(4, "abc"))
    rows.insert(5, "")
    assert report(rows).faults[0].row == 11


def test_two_rows_of_one_time_that_differ() -> None:
    rows = lines()
    rows.append(",".join(cell(4, "100.5")(rows[9].split(","))))
    found = report(rows)
    assert found.faults[0].row == COUNT + 2
    assert "has the time of row 10, with other values; that row is kept" in found.faults[0].says
    assert found.bars == COUNT


def test_many_bad_rows_are_all_counted_and_the_first_told() -> None:
    rows = [lines()[0], *(",".join(cell(4, "x")(row.split(","))) for row in lines(300)[1:]), *lines(900)[301:]]
    found = report(rows)
    assert found.bad == 300
    assert found.kinds == {"a number cannot be read": 300}
    assert [fault.row for fault in found.faults] == list(range(2, 2 + EACH))


def test_a_time_that_was_skipped() -> None:
    rows = ["date,open,high,low,close"]
    rows += [f"2024-03-31 {at // 60:02d}:{at % 60:02d},10,11,9,10" for at in range(300)]
    found = report(rows, zone="Europe/Paris")
    assert found.bad == 60
    assert found.faults[0].row == 122
    assert "Europe/Paris went forward" in found.faults[0].says


def test_a_file_in_the_wrong_unit_is_explained() -> None:
    with pytest.raises(Unreadable, match=r"None of the 400 rows can be used .*it looks like milliseconds"):
        report(lines(), times="s")


@pytest.mark.parametrize(("raw", "words"), [
    (b"", "is empty"),
    (b"\n\n  \n", "is empty"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
    (gzip.compress(b"time,open,high,low,close\n", mtime=0), "compressed with gzip"),
    (b"PK\x03\x04rest", "Excel"),
    ("time,open\n".encode("utf-16"), "UTF-16"),
    (b"time,price\n1,2\n3,4\n", "No column separator"),
    (b"just one line of words", "No column separator"),
    (b"time,open,high,low,close\n", "no rows"),
    (b"<html><body>not found</body></html>\n" * 3, "No column separator"),
])  # fmt: skip
def test_what_is_no_table_of_bars(raw: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        look(raw)


def test_a_table_without_times() -> None:
    rows = ["a,b,c,d,e", *(f"{at},{at + 1},{at - 1},{at},5" for at in range(10, 40))]
    with pytest.raises(Unreadable, match="No column is chosen for: time"):
        report(rows)


def test_bars_of_no_common_length() -> None:
    stamps, now = [], START_MS
    rng = random.Random(1)
    for _ in range(200):
        now += rng.randint(1, 900_000)
        stamps.append(f"{now},10,11,9,10,1")
    with pytest.raises(Unreadable, match="no common length"):
        report([lines()[0], *stamps])


def test_bars_that_are_too_long() -> None:
    with pytest.raises(Unreadable, match="The bars are 7d long"):
        report(lines(60, 7 * 86_400_000))


def test_bars_from_the_future_are_told() -> None:
    raw = "\n".join(lines()).encode()
    parsed = parse(io.BytesIO(raw), guess(look(raw)).plan, now_ms=START_MS - 10 * 86_400_000)
    assert any("future" in note for note in parsed.report.notes)


def test_day_and_month_that_cannot_be_told_apart() -> None:
    rows = ["date,open,high,low,close", *(f"0{1 + at // 12}/{1 + at % 12:02d}/2024,10,11,9,10" for at in range(36))]
    guessed = guess(look("\n".join(rows).encode()))
    assert guessed.plan.times == "dmy"
    assert "Day and month" in guessed.doubts[0]
