"""Parts of the workspace page: cards beside the figures, layouts to start from, and the blank frames of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dash import html

from layouts.figures import figure_panel
from layouts.flow import Tile
from layouts.widgets import button, icon, panel

CARDS: Final[Mapping[str, Tile]] = {
    "card-pair": Tile(
        "Pair",
        "Last trades of both legs against the fit of the newest closed bars, every second: z, spread, hedge ratio, "
        "correlation and half-life, with the state of the pair and its signal at the entry lines",
    ),
    "card-symbol": Tile(
        "Symbol",
        "Last trade of leg y, every second: price, change over 24 h or since the oldest bar held, how long ago it came "
        "in and the state of the feed",
    ),
    "card-watch": Tile(
        "Watch list",
        "z, signal, half-life and state of several pairs, every second, with the time frame, window and method of the "
        "widget. Its text names the pairs, as ETHUSDT/BTCUSDT, one a line; without any it is those of the board",
    ),
    "card-notes": Tile("Notes", "Plain text, kept with the workspace"),
}
"""What is no figure: cards, a table and notes, by kind."""

Place = tuple[str, int, int, int, int]
"""Kind, column, row, columns and rows."""


class Starter(NamedTuple):
    """A layout to start from: for whom, what it holds, and how the workspace's pair is looked at."""

    name: str
    help: str
    widgets: tuple[Place, ...]
    settings: Mapping[str, Any]


STARTERS: Final[Mapping[str, Starter]] = {
    "stat-arb": Starter(
        "Stat-arb",
        "z and spread of a pair, whether it is tied together, how fast it comes back and what a trade in it costs",
        (
            ("card-pair", 0, 0, 3, 8),
            ("pair-z", 3, 0, 9, 8),
            ("pair-spread", 0, 8, 6, 8),
            ("pair-ratios", 6, 8, 6, 8),
            ("pair-p", 0, 16, 4, 8),
            ("pair-break-even", 4, 16, 4, 8),
            ("pair-z-distribution", 8, 16, 4, 8),
        ),
        {"tf": "1m", "window": 120},
    ),
    "market-making": Starter(
        "Market-making",
        "Who trades both legs and how hard: signed flow, VPIN, spreads from the trades, sizes and hours",
        (
            ("card-symbol", 0, 0, 3, 7),
            ("flow-cumulative", 3, 0, 9, 7),
            ("flow-vpin", 0, 7, 6, 8),
            ("flow-roll", 6, 7, 6, 8),
            ("flow-sizes", 0, 15, 6, 8),
            ("pair-day-liquidity", 6, 15, 6, 8),
        ),
        {"tf": "1m", "window": 60},
    ),
    "risk-premia": Starter(
        "Risk premia",
        "How all symbols move together, regimes, and how correlation and beta of two of them change",
        (
            ("correlation-matrix", 0, 0, 6, 9),
            ("correlation-leads", 6, 0, 6, 9),
            ("pair-regime", 0, 9, 4, 8),
            ("pair-correlation", 4, 9, 4, 8),
            ("pair-beta", 8, 9, 4, 8),
        ),
        {"tf": "1m", "window": 120},
    ),
    "term-structure": Starter(
        "Term structure",
        "Two contracts of one asset: prices from one start, their spread, its z, and which of them moves first",
        (
            ("pair-prices", 0, 0, 8, 8),
            ("card-pair", 8, 0, 4, 8),
            ("pair-spread", 0, 8, 6, 8),
            ("pair-z", 6, 8, 6, 8),
            ("correlation-cross", 0, 16, 6, 8),
            ("pair-volume", 6, 16, 6, 8),
        ),
        {"tf": "1m", "window": 200, "scale": "log"},
    ),
}


def starter_cards() -> list[html.Button]:
    """One button for each layout to start from."""
    return [
        html.Button(
            [html.Strong(each.name), html.Span(each.help), html.Span(f"{len(each.widgets)} widgets", className="note")],
            className="starter",
            type="button",
            **{"data-starter": key},
        )
        for key, each in STARTERS.items()
    ]


def blanks() -> html.Div:
    """The frames that workspace-view.js copies: one with a figure, one with a card."""
    card = html.Div(className="workspace-card", id="workspace-blank-card")
    head: list[Any] = [html.Span("", className="workspace-of"), html.Span("", className="note"), *_own()]
    return html.Div(
        [
            figure_panel("workspace-blank", "–", "–", [html.Span("", className="workspace-of"), *_own()]),
            panel("–", head, card, "workspace-blank-card-panel", "–"),
        ],
        id="workspace-blanks",
        hidden=True,
    )


def _own() -> Sequence[Any]:
    """What a widget's user can do with it, beside the tools of every panel."""
    tools = {
        "settings": ("sliders", "Settings of this widget"),
        "double": ("copy", "Duplicate"),
        "remove": ("x-lg", "Remove (Delete)"),
    }
    return [
        html.Span(
            [
                button(picture, label, f"workspace-blank-{name}", **{"data-own": name})
                for name, (picture, label) in tools.items()
            ],
            className="workspace-own",
        )
    ]


def bar() -> html.Div:
    """The layouts as tabs, and what can be done with the one that is shown."""
    actions = {
        "add": ("plus-lg", "Add widget", "Choose from all widgets (a)"),
        "save": ("cloud-upload", "Save", "Keep this workspace on the server under its name"),
        "open": ("folder2-open", "Open", "Workspaces that are kept on the server"),
        "link": ("link-45deg", "Copy link", "A link that holds this workspace"),
        "more": ("three-dots", "More", "Rename, duplicate, export, import, delete"),
    }
    buttons = [
        html.Button(
            [icon(picture), html.Span(label)],
            id=f"workspace-{name}",
            className="small-button",
            type="button",
            title=help,
        )
        for name, (picture, label, help) in actions.items()
    ]
    return html.Div(
        [
            html.Nav(id="workspace-tabs", **{"aria-label": "Workspaces"}),
            html.Span("", id="workspace-said", className="note", role="status"),
            html.Div(buttons, className="workspace-actions"),
        ],
        className="workspace-bar",
    )


def picker() -> html.Dialog:
    """The dialog that lists every widget by its page."""
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2("Add a widget", id="workspace-picker-title"),
                    button("x-lg", "Close (Esc)", "workspace-picker-close"),
                ],
                className="panel-head",
            ),
            html.Div(
                [
                    html.Div(id="workspace-search"),
                    html.Span("", id="workspace-picked", className="note", role="status"),
                ],
                className="workspace-find",
            ),
            html.Div(id="workspace-kinds"),
        ],
        id="workspace-picker",
        **{"aria-labelledby": "workspace-picker-title"},
    )


def empty() -> html.Section:
    """What stands where there is no widget yet."""
    return html.Section(
        [
            html.H2("This workspace is empty"),
            html.P(
                "Put together your own view: any figure of any page, for any pair. Start from a set, or add them one "
                "by one. Widgets follow the workspace's pair unless they are given one of their own."
            ),
            html.Div(starter_cards(), className="starters"),
        ],
        id="workspace-empty",
        hidden=True,
    )
