"""How a file is to be read: its delimiter, what each column is, what its times mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ROLES: Final[Mapping[str, str]] = {
    "time": "time, or date and time in one column",
    "date": "date, beside a column with the time of day",
    "clock": "time of day, beside a column with the date",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "volume": "volume in the base asset",
    "quote_volume": "volume in the quote asset",
    "buy_volume": "volume bought by takers, in the base asset",
    "trades": "number of trades",
}
"""What a column can be; whatever is none of these is not read."""
PRICES: Final = ("open", "high", "low", "close")
AMOUNTS: Final = ("volume", "quote_volume", "buy_volume", "trades")

DELIMITERS: Final[Mapping[str, str]] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
UNITS: Final[Mapping[str, int]] = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Units of numeric times: how many of them a second has."""
ORDERS: Final[Mapping[str, str]] = {
    "ymd": "year, month, day",
    "dmy": "day, month, year",
    "mdy": "month, day, year",
}
"""Order of the parts of a written date."""
TIMES: Final = (*UNITS, *ORDERS)
STAMPS: Final = ("open", "close")
DECIMALS: Final[Mapping[str, str]] = {"point": ".", "comma": ","}
UNIT_WORDS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has to be known to read a file; guessed, and each guess can be replaced.

    ``first_line`` is the line of the first row of data, counted from 1. ``columns`` maps roles to columns counted from
    0, ``width`` is how many columns there are. ``times`` is a unit or an order of date parts, ``zone`` holds where a
    written time names none, ``stamp`` says which end of the bar the time is.
    """

    delimiter: str
    decimal: str
    header: bool
    first_line: int
    width: int
    columns: Mapping[str, int]
    times: str
    zone: str = "UTC"
    stamp: str = "open"

    def missing(self) -> list[str]:
        """Roles that a file cannot do without and that no column has."""
        stamped = "time" in self.columns or {"date", "clock"} <= self.columns.keys()
        return [*([] if stamped else ["time"]), *(role for role in PRICES if role not in self.columns)]
