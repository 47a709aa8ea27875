"""Flow: who trades the legs of a pair and how hard, what it costs to trade them, and whether they trade enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import dash
from dash import dcc, html

from analytics.market import BUILT
from analytics.parameters import MAX_WINDOW, MIN_WINDOW
from layouts.figures import figure_panel
from layouts.flow import BAR_TILES, CARDS, TRADE_TILES, TRADES, Tile, flow_card
from layouts.quiet import quiet_page
from layouts.widgets import button, segmented

dash.register_page(
    __name__, path="/microstructure", name="Flow", title="Flow · Spreadboard", icon="soundwave", key="m", order=3
)

LATE_MS: Final = 1_000
"""How often a leg is asked for whose bar closes after those of others."""


def layout(**address: str) -> html.Div:
    """The page for the settings in the address bar; they are checked where the market is known."""
    return quiet_page(
        [
            html.H1("Flow", className="visually-hidden"),
            _controls(),
            html.Div("", id="flow-problem", className="problem", role="alert"),
            html.Div([flow_card(name) for name in CARDS], id="flow-cards", className="flow-cards"),
            *_group("trades", TRADE_TILES),
            *_group("bars", BAR_TILES),
            dcc.Store("flow-address", data=address),
            dcc.Store("flow-spec", data=""),
            dcc.Store("flow-drawn", data=""),
            dcc.Interval("flow-late", interval=LATE_MS, disabled=True),
        ]
    )


def _controls() -> html.Div:
    return html.Div(
        [
            _pick("flow-y", "Leg y"),
            button("arrow-left-right", "Swap the legs (s)", "flow-swap"),
            _pick("flow-x", "Leg x"),
            segmented("flow-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}),
            _field("window", "Window", "bars", f"Bars in every value of bars, {MIN_WINDOW} to {MAX_WINDOW}"),
            _field("trades", TRADES.label, TRADES.unit, f"{TRADES.help}, {TRADES.low} to {TRADES.high}"),
        ],
        className="controls",
    )


def _pick(id: str, label: str) -> html.Div:
    return html.Div(dcc.Dropdown(id=id, clearable=False, searchable=True), className="pick", title=label)


def _field(name: str, label: str, unit: str, help: str) -> html.Label:
    return html.Label(
        [
            label,
            dcc.Input(id=f"flow-{name}", type="text", debounce=True, inputMode="numeric", size="6"),
            html.Span(unit, className="note"),
        ],
        id=f"flow-{name}-field",
        className="field",
        title=help,
    )


def _group(name: str, tiles: Mapping[str, Tile]) -> tuple[html.Div, html.Div]:
    """Figures with one clock and one x-range, and the line above them that says which."""
    figures = [figure_panel(id, tile.title, tile.help, unit=tile.unit) for id, tile in tiles.items()]
    return (
        html.Div("", id=f"flow-{name}-about", className="group-about", role="status"),
        html.Div(figures, id=f"flow-{name}-tiles", className="tiles flow-tiles"),
    )
