"""The scanner's settings as they stand in the address bar: read with every mistake named, and written back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from analytics.parameters import Number, ParameterError
from layouts.scanner import LIMITS, SETTINGS

_DEFAULTS = {each.name: each.default for each in SETTINGS}


class ScanQuery(NamedTuple):
    """What is scanned: time frame, newest rows, and what a symbol must reach.

    >>> str(read({"tf": "5m", "min_trades": "30"})[0]), str(read({})[0])
    ('tf=5m&min_trades=30', '')
    """

    tf: str
    rows: int
    min_trades: float
    max_silence_s: float
    min_liquidity: float

    def __str__(self) -> str:
        return urlencode({name: _short(value) for name, value in self._asdict().items() if value != _DEFAULTS[name]})


def read(values: Mapping[str, object]) -> tuple[ScanQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each that could not be used.

    What is missing, empty or wrong is as declared: nobody is left out.
    """
    given: dict[str, Any] = dict(_DEFAULTS)
    problems = []
    for each in SETTINGS:
        value = values.get(each.name)
        if value is None or value == "":
            continue
        try:
            given[each.name] = each.read(value)
        except ParameterError as error:
            problems.append(_limit(each, value) if isinstance(each, Number) else str(error))
    return ScanQuery(**given), problems


def parse(text: str) -> ScanQuery:
    """Settings from a query string; mistakes fall back to the defaults in silence."""
    return read(dict(parse_qsl(text)))[0]


def fields(query: ScanQuery) -> list[str]:
    """What the controls show, in the order of `SETTINGS`; a limit that leaves nobody out is empty."""
    own = {each.name for each in LIMITS}
    return [
        "" if name in own and value == _DEFAULTS[name] else _short(value) for name, value in query._asdict().items()
    ]


def _limit(each: Number, value: object) -> str:
    allowed = f"a number from {each.low:,.0f} to {each.high:,.0f}, or empty, which leaves nobody out"
    return f"`{each.name}` must be {allowed}; got {str(value)[:40]!r}."


def _short(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
