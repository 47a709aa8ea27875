"""The correlation page's figures as widgets: the same answers, drawn by the same hand, as of the newest bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from analytics.live import PairSpec
from analytics.market import name_of, venue_of
from callbacks import correlation_cells as cells
from callbacks import correlation_curves as curves
from callbacks.correlation_query import CorrelationQuery
from callbacks.correlation_words import Shown, clock
from callbacks.correlations import Correlations, correlations_of
from callbacks.widgets import Desk, Drawn, Widget
from layouts.correlation import TILES


class _Asked(NamedTuple):
    """What a figure is made from: the answers, the symbols of the pair's venue, the settings and the moment."""

    data: Correlations
    symbols: list[str]
    legs: tuple[str, str]
    query: CorrelationQuery
    until_ms: int


def _matrix(asked: _Asked) -> Shown:
    data, symbols, _, query, until_ms = asked
    return cells.matrix(data.matrix(symbols, query, until_ms), query, clock(until_ms))


def _leads(asked: _Asked) -> Shown:
    data, symbols, _, query, until_ms = asked
    return cells.leads(data.leads(symbols, query, until_ms), query, clock(until_ms))


def _cross(asked: _Asked) -> Shown:
    data, symbols, legs, query, until_ms = asked
    return curves.cross(data.leads(symbols, query, until_ms), legs, query, clock(until_ms))


def _ticks(asked: _Asked) -> Shown:
    data, _, legs, query, until_ms = asked
    return curves.shifted(data.ticks(*legs, until_ms), data.on_bars(*legs, query, until_ms), query)


def _epps(asked: _Asked) -> Shown:
    data, _, legs, query, until_ms = asked
    return curves.curve(data.ticks(*legs, until_ms), data.on_bars(*legs, query, until_ms), query)


def _one(make: Callable[[_Asked], Shown]) -> Callable[[Desk, PairSpec], Drawn]:
    def drawn(desk: Desk, spec: PairSpec) -> Drawn:
        shown = make(_asked(desk, spec))
        record = shown.figure
        return Drawn(tuple(record["traces"]), record["layout"], shown.note, record["reason"])

    return drawn


def _asked(desk: Desk, spec: PairSpec) -> _Asked:
    data, venue = correlations_of(desk.cache), venue_of(spec.y)
    watched = {symbol for symbol in desk.cache.symbols() if venue_of(symbol) == venue}
    symbols = sorted(watched | {spec.y, spec.x})
    query = CorrelationQuery(name_of(spec.y), name_of(spec.x), spec.timeframe, spec.window)
    until_ms = data.span(symbols, spec.timeframe, spec.window).last_ms
    return _Asked(data, symbols, (spec.y, spec.x), query, until_ms)


_MAKE: Final = {
    "correlation-matrix": _matrix,
    "correlation-leads": _leads,
    "correlation-cross": _cross,
    "correlation-ticks": _ticks,
    "correlation-epps": _epps,
}
WIDGETS: Final = tuple(
    Widget(name, tile.title, tile.help, "/correlation", _one(_MAKE[name])) for name, tile in TILES.items()
)
