"""The correlation page's settings as they stand in the address bar: read with every mistake named, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from analytics.market import TIMEFRAME_MS
from analytics.parameters import ParameterError
from callbacks.mistakes import unknown, unwatched
from layouts.correlation import CHECKED


class CorrelationQuery(NamedTuple):
    """Settings of the correlation page; symbols are names without their venue.

    ``lead`` is the window of leads and lags, ``at_ms`` the end of the newest bar that counts; None follows the market.
    """

    y: str
    x: str
    tf: str = "1m"
    window: int = 120
    lead: int = 1000
    method: str = "pearson"
    at_ms: int | None = None

    @property
    def step_ms(self) -> int:
        """Length of a bar."""
        return TIMEFRAME_MS[self.tf]

    def __str__(self) -> str:
        fixed = self._asdict()
        at_ms = fixed.pop("at_ms")
        return urlencode(fixed | ({} if at_ms is None else {"at": iso(at_ms)}))


FIELDS: Final = ("y", "x", *(each.name for each in CHECKED), "at")
_MAX_UNKNOWN: Final = 10


def read(
    values: Mapping[str, object], default: CorrelationQuery, names: Sequence[str]
) -> tuple[CorrelationQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used.

    What is missing or wrong is taken from ``default``. ``names`` are the symbols that are watched. Whether the moment
    is one that is held is left to who knows the market.
    """
    query, problems = default, [unknown(name, FIELDS) for name in list(values)[:_MAX_UNKNOWN] if name not in FIELDS]
    given = {name: value for name, value in values.items() if name in FIELDS and value is not None and value != ""}
    for name in {"y", "x"} & given.keys():
        if given[name] in names:
            query = query._replace(**{name: given[name]})  # type: ignore[arg-type]
        else:
            problems.append(unwatched(name, given[name], names))
    if query.y == query.x:
        query, wrong = _two(query, default, names, given)
        problems += wrong
    for each in CHECKED:
        if each.name in given:
            try:
                query = query._replace(**{each.name: each.read(given[each.name])})  # type: ignore[arg-type]
            except ParameterError as error:
                problems.append(str(error))
    if "at" in given:
        query = query._replace(at_ms=moment(given["at"]))
        if query.at_ms is None:
            problems.append(f"`at` must be a time such as 2026-01-31T14:05:00Z, got {str(given['at'])[:40]!r}.")
    return query, problems


def parse(text: str, default: CorrelationQuery, names: Sequence[str]) -> CorrelationQuery:
    """Settings from a query string; mistakes fall back to ``default`` in silence."""
    return read(dict(parse_qsl(text)), default, names)[0]


def iso(time_ms: int) -> str:
    """A moment as an address carries it.

    >>> iso(1767225600000), moment("2026-01-01T00:00:00Z"), moment("2026-01-01 01:00+01:00"), moment("noon")
    ('2026-01-01T00:00:00Z', 1767225600000, 1767225600000, None)
    """
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: object) -> int | None:
    """UTC epoch milliseconds of a time in ISO 8601, UTC where no zone is given; None for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None


def _two(
    query: CorrelationQuery, default: CorrelationQuery, names: Sequence[str], given: Mapping[str, object]
) -> tuple[CorrelationQuery, list[str]]:
    """Two different symbols; the one that nobody asked for gives way."""
    if "y" in given and "x" in given:
        problem = f"`x` must be another symbol than `y`, got {query.x!r} twice. Choose two different symbols."
        return query._replace(y=default.y, x=default.x), [problem]
    free = "x" if "y" in given else "y"
    other = next((name for name in (default.x, default.y, *names) if name != query.y), query.x)
    return query._replace(**{free: other}), []  # type: ignore[arg-type]
