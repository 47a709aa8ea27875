"""The many ways in which files write the same bars: all give the same numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.market import CLOSE, OPEN_MS, VOLUME, BarArray
from analytics.uploads.guess import guess
from analytics.uploads.look import HEAD_BYTES, look
from analytics.uploads.parse import parse
from analytics.uploads.plan import Plan
from analytics.uploads.report import Parsed

START = datetime(2024, 1, 13, 9, 30, tzinfo=UTC)
COUNT = 300


def times(step: timedelta = timedelta(minutes=1), count: int = COUNT) -> list[datetime]:
    return [START + at * step for at in range(count)]


def prices(count: int = COUNT) -> list[list[float]]:
    closes = np.round(100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 1e-3, count))), 2)
    opens = np.concatenate([[100.0], closes[:-1]])
    return np.column_stack(
        [opens, np.maximum(opens, closes) + 0.01, np.minimum(opens, closes) - 0.01, closes, np.arange(count) + 1.0]
    ).tolist()


def table(stamps: list[str], header: str = "time,open,high,low,close,volume", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    if header:
        writer.writerow(header.split(","))
    for stamp, row in zip(stamps, prices(len(stamps)), strict=True):
        writer.writerow([*stamp.split(delimiter), *(repr(value) for value in row)])
    return out.getvalue().encode()


def plan_of(raw: bytes) -> Plan:
    return guess(look(raw[:HEAD_BYTES])).plan


def read(raw: bytes, **changes: object) -> Parsed:
    plan = plan_of(raw)
    given = {name: getattr(plan, name) for name in Plan.__dataclass_fields__} | changes
    return parse(io.BytesIO(raw), Plan(**given))


def same(bars: BarArray, stamps: list[datetime]) -> None:
    np.testing.assert_array_equal(bars[:, OPEN_MS], [round(each.timestamp() * 1000) for each in stamps])
    np.testing.assert_array_equal(bars[:, 1:6], prices(len(stamps)))


FORMS: dict[str, Callable[[datetime], str]] = {
    "s": lambda t: str(int(t.timestamp())),
    "ms": lambda t: str(int(t.timestamp() * 1000)),
    "us": lambda t: str(int(t.timestamp()) * 1_000_000),
    "ns": lambda t: str(int(t.timestamp()) * 1_000_000_000 + 123),
    "s with a fraction": lambda t: f"{t.timestamp():.3f}",
    "ISO": lambda t: t.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "ISO with an offset": lambda t: t.astimezone(ZoneInfo("Asia/Kolkata")).isoformat(),
    "ISO with milliseconds": lambda t: t.strftime("%Y-%m-%d %H:%M:%S.000+00:00"),
    "slashes": lambda t: t.strftime("%Y/%m/%d %H:%M"),
    "day first": lambda t: t.strftime("%d/%m/%Y %H:%M"),
    "day first, dots": lambda t: t.strftime("%d.%m.%Y %H:%M:%S"),
    "month first": lambda t: t.strftime("%m/%d/%Y %I:%M %p"),
    "month by name": lambda t: t.strftime("%d %b %Y %H:%M"),
    "compact": lambda t: t.strftime("%Y%m%d %H%M%S"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_time_is_understood(form: str) -> None:
    stamps = times()
    parsed = read(table([FORMS[form](each) for each in stamps]))
    assert parsed.report.bad == 0
    same(parsed.frames["1m"], stamps)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["date,time,open,high,low,close,volume", ""])
def test_date_and_time_in_two_columns(delimiter: str, header: str) -> None:
    stamps = times()
    parsed = read(table([each.strftime(f"%Y.%m.%d{delimiter}%H:%M") for each in stamps], header, delimiter))
    same(parsed.frames["1m"], stamps)


def test_decimal_commas() -> None:
    raw = table([FORMS["ms"](each) for each in times()], delimiter=";").replace(b".", b",")
    assert plan_of(raw).decimal == "comma"
    same(read(raw).frames["1m"], times())


@pytest.mark.parametrize("change", [
    lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: raw.rstrip(b"\n"),
    lambda raw: raw + b"\n\n\n",
    lambda raw: b"https://www.example.com\n" + raw,
    lambda raw: raw.replace(b"time,open", b"<Open_Time>,<OPEN>").replace(b"high", b"High Price"),
], ids=["BOM", "CRLF", "no last line end", "empty lines", "a line above", "other names"])  # fmt: skip
def test_what_stands_around_the_rows_does_not_matter(change: Callable[[bytes], bytes]) -> None:
    same(read(change(table([FORMS["ms"](each) for each in times()]))).frames["1m"], times())


def test_columns_may_come_in_any_order_and_others_are_passed_over() -> None:
    rows = ["symbol,close,volume,Date,low,open,high,note"]
    for stamp, (opened, high, low, close, volume) in zip(times(), prices(), strict=True):
        rows.append(f"X,{close},{volume},{stamp:%Y-%m-%d %H:%M},{low},{opened},{high},\xe9")
    same(read("\n".join(rows).encode("latin-1")).frames["1m"], times())


def test_a_missing_volume_is_unknown_not_zero() -> None:
    raw = table([FORMS["ms"](each) for each in times()]).replace(b",1.0\n", b",\n").replace(b",2.0\n", b",NaN\n")
    bars = read(raw).frames["1m"]
    assert np.isnan(bars[:2, VOLUME]).all()
    assert not np.isnan(bars[2:, VOLUME]).any()
    five = read(raw).frames["5m"]
    assert np.isnan(five[0, VOLUME])
    assert five[1, VOLUME] == 6 + 7 + 8 + 9 + 10


def test_stamped_at_the_close() -> None:
    minute = timedelta(minutes=1)
    raw = table([FORMS["ms"](each + minute) for each in times()])
    same(read(raw, stamp="close").frames["1m"], times())
    late = table(
        [str(int((each + minute).timestamp() * 1000) - 1) for each in times()], "close_time,open,high,low,close,volume"
    )
    assert plan_of(late).stamp == "close"
    same(read(late).frames["1m"], times())


def test_unsorted_and_repeated_rows() -> None:
    lines = table([FORMS["ms"](each) for each in times()]).decode().splitlines()
    mixed = [lines[0], *np.random.default_rng(2).permutation(lines[1:]), lines[7]]
    parsed = read("\n".join(mixed).encode())
    same(parsed.frames["1m"], times())
    assert (parsed.report.repeats, parsed.report.bad, parsed.report.rows) == (1, 0, COUNT + 1)
    assert any("sorted by time" in note for note in parsed.report.notes)


def test_gaps_are_told() -> None:
    lines = table([FORMS["ms"](each) for each in times()]).decode().splitlines()
    report = read("\n".join([*lines[:50], *lines[53:100], *lines[101:]]).encode()).report
    assert (report.gap_count, report.gap_bars, report.bars) == (2, 4, COUNT - 4)
    # Line 51 holds the bar of minute 49.
    first = round((START + timedelta(minutes=49)).timestamp() * 1000)
    assert report.gaps[0] == (first, first + 3 * 60_000, 3)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_hour_that_comes_twice(backwards: bool) -> None:
    zone = ZoneInfo("Europe/Paris")
    start = datetime(2024, 10, 26, 12, tzinfo=UTC)
    stamps = [start + timedelta(minutes=15 * at) for at in range(200)]
    raw = table([each.astimezone(zone).strftime("%Y-%m-%d %H:%M") for each in stamps])
    if backwards:
        head, *rows = raw.splitlines()
        raw = b"\n".join([head, *rows[::-1]])
    parsed = read(raw, zone="Europe/Paris")
    same(parsed.frames["15m"], stamps)
    assert any("has twice" in note for note in parsed.report.notes)


def test_days_are_days_in_any_zone() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    stamps = [start + timedelta(days=at) for at in range(120)]
    parsed = read(table([each.strftime("%Y-%m-%d") for each in stamps]), zone="America/New_York")
    same(parsed.frames["1d"], stamps)


def test_a_step_without_a_name_gives_the_longer_ones_alone() -> None:
    stamps = [START.replace(minute=0) + timedelta(minutes=10 * at) for at in range(300)]
    frames = read(table([FORMS["ms"](each) for each in stamps])).frames
    assert list(frames) == ["30m", "1h"]
    np.testing.assert_array_equal(frames["30m"][:, CLOSE], np.array(prices(300))[2::3, 3])
