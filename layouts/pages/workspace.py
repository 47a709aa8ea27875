"""Workspace: the user's own grid of any widgets for any pair, kept in the browser and on the server by name."""

from __future__ import annotations

import dash
from dash import dcc, html

from analytics.market import BUILT
from analytics.parameters import MAX_WINDOW, MIN_WINDOW, SCALE
from analytics.spec import METHOD
from layouts.quiet import quiet_page
from layouts.widgets import button, segmented
from layouts.workspace import bar, blanks, empty, picker

dash.register_page(
    __name__, path="/workspace", name="Desk", title="Workspace · Spreadboard", icon="columns-gap", key="w", order=7
)


def layout(**address: str) -> html.Div:
    """The page; workspace.js fills it with the layout that the address names, or the one that was open last."""
    return quiet_page(
        [
            html.H1("Workspace", className="visually-hidden"),
            bar(),
            _controls(),
            html.Div("", id="workspace-problem", className="problem", role="alert"),
            empty(),
            html.Div(id="workspace-grid"),
            html.Div(id="workspace-undo", role="status", hidden=True),
            picker(),
            blanks(),
            dcc.Store("workspace-address", data=address),
            dcc.Store("workspace-asked"),
            dcc.Store("workspace-answer"),
        ]
    )


def _controls() -> html.Div:
    return html.Div(
        [
            html.Span("All linked widgets", className="note"),
            _pick("workspace-y", "Leg y of linked widgets"),
            button("arrow-left-right", "Swap the legs (s)", "workspace-swap"),
            _pick("workspace-x", "Leg x of linked widgets"),
            segmented("workspace-tf", "Time frame (1, 2, 3)", {name: name for name in BUILT}),
            html.Label(
                [
                    "Window",
                    dcc.Input(id="workspace-window", type="text", debounce=True, inputMode="numeric", size="5"),
                    html.Span("bars", className="note"),
                ],
                id="workspace-window-field",
                className="field",
                title=f"Bars in every statistic, {MIN_WINDOW} to {MAX_WINDOW}",
            ),
            segmented("workspace-scale", "Scale of the regression", SCALE.choices),
            html.Label([METHOD.label, _methods()], className="field", title=METHOD.help),
        ],
        id="workspace-controls",
        className="controls",
    )


def _methods() -> dcc.Dropdown:
    choices = [{"value": value, "label": text} for value, text in METHOD.choices.items()]
    return dcc.Dropdown(choices, id="workspace-method", clearable=False, searchable=False, className="narrow")


def _pick(id: str, label: str) -> html.Div:
    return html.Div(dcc.Dropdown(id=id, clearable=False, searchable=True), className="pick", title=label)
