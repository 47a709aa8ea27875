"""What the columns of a file are, guessed from their names or, without names, from what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from analytics.uploads.look import Look, is_number
from analytics.uploads.plan import AMOUNTS, PRICES, UNIT_WORDS, UNITS, Plan

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "time": ("unix", "unixtimestamp", "timestamp", "datetime", "opentime", "time", "ts", "date", "gmttime", "utctime",
             "timeutc", "dateutc", "localtime", "starttime", "klineopentime", "closetime", "t"),
    "open": ("open", "openprice", "o", "bidopen", "first"),
    "high": ("high", "highprice", "h", "bidhigh", "max"),
    "low": ("low", "lowprice", "l", "bidlow", "min"),
    "close": ("close", "closeprice", "c", "bidclose", "last", "closelast", "price", "adjclose"),
    "volume": ("volume", "vol", "v", "basevolume", "volumebase", "tickvolume", "tickvol", "size"),
    "quote_volume": ("quotevolume", "quoteassetvolume", "volumequote", "turnover", "quotevol"),
    "buy_volume": ("buyvolume", "takerbuybaseassetvolume", "takerbuybasevolume", "takerbuyvolume", "takerbuybase"),
    "trades": ("trades", "numberoftrades", "tradecount", "numtrades", "tradesnumber", "count"),
}  # fmt: skip
_DATE: Final = re.compile(r"\s*(\d{1,4}|[A-Za-z]{3,9})[-./ ]+(\d{1,2}|[A-Za-z]{3,9})[-./, ]+(\d{2,4})(?!\d).*")
_COMPACT: Final = re.compile(r"\s*(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])([T ;_]?\d{2}:?\d{2}(:?\d{2})?)?\s*")
_CLOCK: Final = re.compile(r"\s*\d{1,2}(:\d{2}){1,2}(\.\d+)?\s*|\s*\d{4,6}\s*")
_FIRST_S, _LAST_S = 100_000_000, 4_102_444_800
_KLINE_WIDTH: Final = 12


class Guess(NamedTuple):
    """A plan, and in words what could not be told for sure."""

    plan: Plan
    doubts: list[str]


def guess(seen: Look, columns: Mapping[str, int] | None = None, times: str | None = None) -> Guess:
    """How to read the file that looks like this; ``columns`` and ``times`` are taken as they are given."""
    found = dict(columns) if columns is not None else _columns(seen)
    doubts: list[str] = []
    order = times or _times(_stamps(seen, found), doubts)
    name = seen.names[found["time"]] if seen.names and "time" in found else ""
    return Guess(
        Plan(
            delimiter=seen.delimiter,
            decimal=seen.decimal,
            header=seen.header,
            first_line=seen.first_line,
            width=seen.width,
            columns=found,
            times=order,
            stamp="close" if plain(name) == "closetime" else "open",
        ),
        doubts,
    )


def plain(name: str) -> str:
    """A column's name without what differs from source to source.

    >>> plain("<Open_Time>"), plain("Adj Close")
    ('opentime', 'adjclose')
    """
    return re.sub(r"[^a-z]", "", name.lower())


def unit_of(number: float) -> str:
    """The unit in which a number is a time from 1973 to 2099; empty when there is none.

    >>> unit_of(1_700_000_000), unit_of(1_700_000_000_000), unit_of(20)
    ('s', 'ms', '')
    """
    return next((unit for unit, per_s in UNITS.items() if _FIRST_S <= number / per_s < _LAST_S), "")


def _columns(seen: Look) -> dict[str, int]:
    named = _by_name(seen)
    if all(role in named for role in PRICES):
        return named | _stamp_columns(seen, named)
    return _by_value(seen)


def _by_name(seen: Look) -> dict[str, int]:
    names = [plain(name) for name in seen.names]
    found = {
        role: min((names.index(word) for word in words if word in names), key=lambda at: words.index(names[at]))
        for role, words in _NAMES.items()
        if role != "time" and any(word in names for word in words)
    }
    if "volume" not in found:
        # "Volume BTC" and its like.
        longer = [at for at, name in enumerate(names) if name.startswith("volume") and at not in found.values()]
        found |= {"volume": longer[0]} if longer else {}
    return found


def _stamp_columns(seen: Look, taken: Mapping[str, int]) -> dict[str, int]:
    """The column of times, or those of date and time of day."""
    names = [plain(name) for name in seen.names]
    words = _NAMES["time"]
    likely = sorted((at for at in range(seen.width) if names[at] in words), key=lambda at: words.index(names[at]))
    free = [at for at in range(seen.width) if at not in taken.values() and at not in likely]
    return _stamps_among(seen, [*likely, *free])


def _stamps_among(seen: Look, columns: Sequence[int]) -> dict[str, int]:
    dates = [at for at in columns if _all(seen, at, _is_day)]
    clocks = [at for at in columns if at not in dates and _all(seen, at, _CLOCK.fullmatch)]
    moments = [at for at in columns if at not in clocks and _all(seen, at, _is_moment)]
    if dates and clocks and (not moments or set(moments) <= set(dates)):
        return {"date": dates[0], "clock": clocks[0]}
    return {"time": moments[0]} if moments else {}


def _by_value(seen: Look) -> dict[str, int]:
    """Time first, then four prices of which the second is never the lowest nor the third the highest, then volume."""
    found = _stamps_among(seen, range(seen.width))
    free = [at for at in range(seen.width) if at > max(found.values(), default=-1) and _all(seen, at, is_number)]
    if len(free) < len(PRICES):
        return found
    found |= dict(zip(PRICES, free, strict=False))
    if seen.width == _KLINE_WIDTH and found.get("time") == 0:
        # The exchange's own dump: open and close time, and amounts in a known order.
        return found | {"volume": 5, "quote_volume": 7, "trades": 8, "buy_volume": 9}
    return found | ({"volume": free[4]} if len(free) > len(PRICES) else {})


def _times(stamps: Sequence[str], doubts: list[str]) -> str:
    numeric = [float(text) for text in stamps if is_number(text.replace(",", "x"))]
    if len(numeric) * 2 > len(stamps) and not _COMPACT.fullmatch(stamps[0]):
        units = [unit_of(value) for value in numeric]
        return max(UNIT_WORDS, key=units.count)
    parts = [match.groups() for text in stamps if (match := _DATE.fullmatch(text))]
    if not parts or any(len(first) == 4 and first.isdigit() for first, _, _ in parts):
        return "ymd"
    if any(second.isdigit() and int(second) > 12 for _, second, _ in parts) or parts[0][0].isalpha():
        return "mdy"
    if not any(first.isdigit() and int(first) > 12 for first, _, _ in parts) and not parts[0][1].isalpha():
        doubts.append("Day and month cannot be told apart in the first rows; day, month, year is taken.")
    return "dmy"


def _stamps(seen: Look, columns: Mapping[str, int]) -> list[str]:
    at = columns.get("time", columns.get("date"))
    return [row[at] for row in seen.rows] if at is not None else [""]


def _all(seen: Look, column: int, test: object) -> bool:
    """Whether nine in ten cells of a column pass: a few bad ones are to be told as such, not to hide what it is."""
    assert callable(test)
    return sum(1 for row in seen.rows if test(row[column])) >= 0.9 * len(seen.rows)


def _is_day(text: str) -> bool:
    return _is_date(text) and ":" not in text and len(text.strip()) <= len("September 30, 2024")


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text) or _COMPACT.fullmatch(text))


def _is_moment(text: str) -> bool:
    return _is_date(text) or (is_number(text.replace(",", "x")) and unit_of(float(text)) != "")


assert set(_NAMES) == {"time", *PRICES, *AMOUNTS}
