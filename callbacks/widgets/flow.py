"""The flow page's figures as widgets: the same studies, drawn by the same hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analytics.live import PairSpec
from callbacks.flow_figures import draw
from callbacks.flow_study import studies_of
from callbacks.widgets import Desk, Drawn, Widget
from layouts.flow import BAR_TILES, TRADE_TILES, TRADES


def _one(name: str) -> Callable[[Desk, PairSpec], Drawn]:
    def drawn(desk: Desk, spec: PairSpec) -> Drawn:
        of_log = PairSpec(spec.y, spec.x, spec.timeframe, spec.window, scale="log")
        record, note = draw(studies_of(desk.cache, desk.book).of(of_log, TRADES.default))[name]
        return Drawn(tuple(record["traces"]), record["layout"], note, record["reason"])

    return drawn


WIDGETS: Final = tuple(
    Widget(name, tile.title, tile.help, "/microstructure", _one(name))
    for name, tile in {**TRADE_TILES, **BAR_TILES}.items()
)
