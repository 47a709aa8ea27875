"""What the backtest page is asked to test, by controls, address, a cell of the heatmap or a button, and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from dash import no_update

from analytics.backtest.pair import RULES
from analytics.spec import METHOD
from callbacks.backtest_data import Span
from callbacks.backtest_query import BacktestQuery, parse, read
from callbacks.live import Live
from callbacks.uploads import frames, nearest, options, unheld
from layouts.backtest import JOB_SETTINGS, OPTIONS
from layouts.options import shown

PAIR: Final = ("y", "x", "tf", "window", "scale", "method")
DECLARED: Final = tuple(each.name for each in (*RULES, *JOB_SETTINGS))
VALUES: Final = (*(f"backtest-{name}" for name in (*PAIR, *DECLARED)), *OPTIONS)
"""The controls by id."""
FIELDS: Final = ("backtest-window", *(f"backtest-{name}" for name in DECLARED if name != "show"), *OPTIONS)
"""Those that are marked when they are wrong."""
_AT_FAULT: Final = re.compile(r"^`(\w+)`")


class Held(NamedTuple):
    """What the page holds: its address, its controls, the accepted settings, the span of bars, and a loaded cell."""

    by: str
    address: object
    controls: Sequence[Any]
    spec: str
    span: Mapping[str, Any] | None
    load: Mapping[str, object] | None
    newest: int | None = None


class Answer(NamedTuple):
    """What the controls show then; `no_update` where they stay as they are."""

    values: Sequence[Any] = (no_update,) * len(VALUES)
    hidden: Sequence[Any] = (no_update,) * len(METHOD.choices)
    looks: Sequence[Any] = (no_update,) * len(FIELDS)
    names: Any = no_update
    frames: Any = no_update
    pair: Any = no_update
    held: Any = no_update
    spec: Any = no_update
    fresh: Any = no_update
    problem: Any = no_update

    def outputs(self) -> list[Any]:
        """In the order of the callback's outputs."""
        return [*self.values, *self.hidden, *self.looks, self.names, *self[3:]]


def default(live: Live) -> BacktestQuery:
    """What is shown when nobody asks for anything."""
    return BacktestQuery(live.read({})[0])


def choose(held: Held, live: Live) -> Answer:
    """The answer to a click, a changed field or a new address."""
    names = live.names()
    query, problems = _wanted(held, live, names)
    if problems and held.spec and held.by not in ("", "backtest-address"):
        return Answer(looks=_looks(problems, str(held.controls[5])), problem=" ".join(problems))
    offered = frames(live.held(), (query.pair.y, query.pair.x))
    asked = query.pair.tf
    query = query._replace(pair=query.pair._replace(tf=nearest(asked, offered)))
    problems += unheld(asked, query.pair.tf, offered)
    own = dict(query.pair.options)
    values = [
        *(getattr(query.pair, name) for name in PAIR),
        *(shown(getattr(query.rules, each.name)) for each in RULES),
        *(shown(query.job[each.name]) for each in JOB_SETTINGS),
        *(shown(own[each.name]) if owner == query.pair.method else no_update for owner, each in OPTIONS.values()),
    ]
    spec = str(query)
    return Answer(
        values=values,
        hidden=[method != query.pair.method or not own for method in METHOD.choices],
        looks=["field"] * len(FIELDS),
        names=names,
        frames=options(offered),
        pair="/pair?" + str(query.pair),
        held="false" if query.end_ms is None else "true",
        spec=no_update if spec == held.spec else spec,
        fresh=held.newest if held.by == "backtest-newest" else no_update,
        problem=" ".join(problems),
    )


def span_key(query: BacktestQuery) -> str:
    """The legs and bars that a span is of."""
    return urlencode({"y": query.pair.y, "x": query.pair.x, "tf": query.pair.tf})


def span_of(data: Mapping[str, Any] | None, query: BacktestQuery) -> Span | None:
    """The span that the page holds, if it is one of these legs and the one that is asked for."""
    if not data or data.get("key") != span_key(query):
        return None
    span, wanted = Span(int(data["start"]), int(data["end"])), (query.start_ms, query.end_ms)
    return span if wanted in ((None, None), tuple(data["asked"]), span) else None


def _wanted(held: Held, live: Live, names: Sequence[str]) -> tuple[BacktestQuery, list[str]]:
    basis = default(live)
    if not held.spec or held.by in ("", "backtest-address"):
        return read(held.address if isinstance(held.address, dict) else {}, basis, names)
    before = parse(held.spec, basis, names)
    if held.by == "backtest-load":
        return read(_all(before) | dict(held.load or {}), before, names)
    if held.by == "backtest-hold":
        span = span_of(held.span, before)
        return before._replace(start_ms=None, end_ms=None) if before.end_ms or not span else _pinned(before, span), []
    if held.by == "backtest-newest":
        return before._replace(start_ms=None, end_ms=None), []
    if held.by == "backtest-swap":
        pair = before.pair
        return _free(before._replace(pair=pair._replace(y=pair.x, x=pair.y)), before), []
    given = _from_controls(held.controls)
    query, problems = read(given, before, names)
    # An emptied field is a mistake of the user's, not a wish for the default.
    problems += [f"`{name}` is empty; choose a value." for name, value in given.items() if value == ""]
    return _free(query._replace(start_ms=before.start_ms, end_ms=before.end_ms), before), problems


def _free(query: BacktestQuery, before: BacktestQuery) -> BacktestQuery:
    """A span belongs to its legs: others are tested on all that is kept of them."""
    return query if span_key(query) == span_key(before) else query._replace(start_ms=None, end_ms=None)


def _pinned(query: BacktestQuery, span: Span) -> BacktestQuery:
    return query._replace(start_ms=span.start_ms, end_ms=span.end_ms)


def _all(query: BacktestQuery) -> dict[str, object]:
    return dict(parse_qsl(str(query)))


def _from_controls(controls: Sequence[Any]) -> dict[str, object]:
    given = {id: "" if value is None else value for id, value in zip(VALUES, controls, strict=True)}
    method = given["backtest-method"]
    fixed = {name: given[f"backtest-{name}"] for name in (*PAIR, *DECLARED)}
    return fixed | {each.name: given[id] for id, (owner, each) in OPTIONS.items() if owner == method}


def _looks(problems: Sequence[str], method: str) -> list[str]:
    """Class of each field: marked where a problem names it."""
    at_fault = {found[1] for problem in problems if (found := _AT_FAULT.match(problem))}
    wrong = {f"backtest-{name}" for name in at_fault}
    wrong |= {id for id, (owner, each) in OPTIONS.items() if owner == method and each.name in at_fault}
    return ["field wrong" if id in wrong else "field" for id in FIELDS]
