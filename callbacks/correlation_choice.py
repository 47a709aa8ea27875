"""What the correlation page is asked to show, by controls, address or clock, and how its controls look then."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from dash import no_update

from analytics.market import is_uploaded, symbol_of
from callbacks.correlation_query import CorrelationQuery, parse, read
from callbacks.correlation_words import clock
from callbacks.correlations import Correlations, Span
from callbacks.live import Live
from callbacks.uploads import Held, frames, nearest, options, unheld
from callbacks.words import span as length
from layouts.correlation import CHECKED

CONTROLS: Final = ("y", "x", *(each.name for each in CHECKED))
FIELDS: Final = ("window", "lead")
AT: Final = "correlation-at"
_OWN: Final = [f"correlation-{name}" for name in CONTROLS]
_BY_ADDRESS: Final = ("", "correlation-address")
_AT_FAULT: Final = re.compile(r"^`(\w+)`")
_DAY_MS: Final = 86_400_000
_MARKS_MS: Final = (
    *(minutes * 60_000 for minutes in (5, 10, 15, 30, 60, 120, 180, 240, 360, 720)),
    *(days * _DAY_MS for days in (1, 2, 7, 14, 30, 60, 120)),
)
_MOST_MARKS: Final = 8


class Market(NamedTuple):
    """The symbols that can be looked at, and what is shown when nobody asks for anything."""

    symbols: list[str]
    names: list[str]
    default: CorrelationQuery
    held: Held

    @classmethod
    def of(cls, live: Live) -> Market:
        """As it is now."""
        venue, names = live.venue(), live.names()
        pair, _ = live.read({})
        default = CorrelationQuery(pair.y, pair.x, pair.tf, pair.window)
        return cls([symbol_of(venue, name) for name in names], names, default, live.held())

    def beside(self, query: CorrelationQuery) -> list[str]:
        """The symbols that are looked at together: those of the market, or, when either of the pair is uploaded, the
        uploaded ones and the pair."""
        pair = self._pair(query)
        uploads = any(map(is_uploaded, pair))
        return [symbol for symbol in self.symbols if is_uploaded(symbol) == uploads or symbol in pair]

    def timed(self, query: CorrelationQuery) -> list[str]:
        """The symbols whose bars say which moments there are: files of other times than the pair's say nothing."""
        pair = self._pair(query)
        return pair if any(map(is_uploaded, pair)) else self.beside(query)

    def _pair(self, query: CorrelationQuery) -> list[str]:
        return [self.symbols[self.names.index(name)] for name in (query.y, query.x)]

    def frames(self, query: CorrelationQuery) -> list[str]:
        """Time frames in which the pair has bars."""
        return frames(self.held, (query.y, query.x))

    def framed(self, query: CorrelationQuery) -> CorrelationQuery:
        """The settings with a time frame in which the pair has bars, where there is one."""
        return query._replace(tf=nearest(query.tf, self.frames(query)))


class Asked(NamedTuple):
    """What the page holds when its user did something to it. ``at`` and ``newest`` are the slider's value and end."""

    by: str
    address: object
    controls: Mapping[str, object]
    at: int | None
    newest: int | None
    spec: str


class Choice(NamedTuple):
    """What the controls show; `no_update` where they stay as they are."""

    values: Sequence[Any] = (no_update,) * len(CONTROLS)
    looks: Sequence[Any] = (no_update,) * len(FIELDS)
    names: Any = no_update
    frames: Any = no_update
    pair: Any = no_update
    spec: Any = no_update
    problem: Any = no_update

    def outputs(self) -> list[Any]:
        """In the order of the callback's outputs."""
        return [*self.values, *self.looks, self.names, self.names, self.frames, self.pair, self.spec, self.problem]


class Slider(NamedTuple):
    """The slider over the day, in UTC epoch milliseconds."""

    min: int
    max: int
    step: int
    marks: dict[int, str]
    value: int
    disabled: bool


class Look(NamedTuple):
    """The moment that is looked at. ``until`` is what the figures are made for; `no_update` where they are made."""

    slider: Slider
    following: str
    words: str
    until: Any

    def outputs(self) -> list[Any]:
        """In the order of the callback's outputs."""
        return [*self.slider, self.following, self.words, self.until]


def choose(asked: Asked, market: Market, data: Correlations) -> Choice:
    """The answer to a click, a changed field or a new address."""
    query, problems = _wanted(asked, market)
    if problems and asked.by in _OWN:
        return Choice(looks=_looks(problems), problem=" ".join(problems))
    framed = market.framed(query)
    if not asked.spec or asked.by in _BY_ADDRESS:
        problems = [*problems, *unheld(_address(asked).get("tf"), framed.tf, market.frames(query))]
    query = framed
    if query.at_ms is not None:
        span = data.span(market.timed(query), query.tf, query.window)
        query = query._replace(at_ms=query.at_ms // span.step_ms * span.step_ms)
        late = span.problem(query.at_ms or 0)
        if late:
            query, problems = query._replace(at_ms=None), [*problems, late]
    if asked.by == AT and str(query) == asked.spec:
        return Choice()
    return Choice(
        values=[getattr(query, name) for name in CONTROLS],
        looks=["field"] * len(FIELDS),
        names=market.names,
        frames=options(market.frames(query)),
        pair="/pair?" + urlencode({"y": query.y, "x": query.x, "tf": query.tf, "window": query.window}),
        spec=no_update if str(query) == asked.spec else str(query),
        problem=" ".join(problems),
    )


def look(spec: str, made: Mapping[str, Any] | None, market: Market, data: Correlations) -> Look:
    """Where the settings look at now; ``made`` is what the figures were made for last."""
    query = market.framed(parse(spec, market.default, market.names))
    symbols = market.beside(query)
    span = data.span(market.timed(query), query.tf, query.window)
    if query.at_ms is not None:
        # Who stays at a bar for a day keeps it.
        span = span._replace(first_ms=min(span.first_ms, query.at_ms))
    until_ms = span.last_ms if query.at_ms is None else query.at_ms
    until = {"ms": until_ms, "n": data.present(symbols, query.tf, until_ms), "spec": spec}
    following = "true" if query.at_ms is None else "false"
    return Look(_slider(span, until_ms), following, _words(query, span), no_update if until == made else until)


def _wanted(asked: Asked, market: Market) -> tuple[CorrelationQuery, list[str]]:
    if not asked.spec or asked.by in _BY_ADDRESS:
        return read(_address(asked), market.default, market.names)
    held = parse(asked.spec, market.default, market.names)
    if asked.by == "correlation-now":
        return held._replace(at_ms=None), []
    if asked.by == "correlation-swap":
        return held._replace(y=held.x, x=held.y), []
    if asked.by == AT:
        newest = asked.at is None or (asked.newest is not None and asked.at >= asked.newest)
        return held._replace(at_ms=None if newest else asked.at), []
    query, problems = read(asked.controls, held, market.names)
    # An emptied field is a mistake of the user's, not a wish for the default.
    problems += [f"`{name}` is empty; choose a value." for name, value in asked.controls.items() if value in ("", None)]
    return query, problems


def _address(asked: Asked) -> Mapping[str, object]:
    return asked.address if isinstance(asked.address, dict) else {}


def _words(query: CorrelationQuery, span: Span) -> str:
    if not span.last_ms:
        return "no bars yet"
    if query.at_ms is None:
        return f"{clock(span.last_ms)}, the newest bar"
    return f"{clock(query.at_ms)}, {length(span.last_ms - query.at_ms)} before the newest bar"


def _slider(span: Span, until_ms: int) -> Slider:
    still = span.first_ms >= span.last_ms
    first = span.last_ms - span.step_ms if still else span.first_ms
    width = span.last_ms - first
    every = next((each for each in _MARKS_MS if width / each <= _MOST_MARKS), _MARKS_MS[-1])
    hours = range(-(-first // every) * every, span.last_ms + 1, every)
    form = "%H:%M" if every < _DAY_MS else "%Y-%m-%d"
    marks = {each: datetime.fromtimestamp(each / 1000, UTC).strftime(form) for each in hours}
    return Slider(first, span.last_ms, span.step_ms, {} if still else marks, until_ms, still)


def _looks(problems: Sequence[str]) -> list[str]:
    at_fault = {found[1] for problem in problems if (found := _AT_FAULT.match(problem))}
    return ["field wrong" if name in at_fault else "field" for name in FIELDS]
