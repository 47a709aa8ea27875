"""Small parts that pages are made of: icons, panels, cards and segmented switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html


def icon(name: str) -> html.I:
    """An icon by its name among the Bootstrap icons, in the colour of the text around it."""
    return html.I(className="icon", style={"--icon": f"url(/vendor/icons/{name}.svg)"}, **{"aria-hidden": "true"})


def button(name: str, label: str, id: str, **more: Any) -> html.Button:
    """A button that is only an icon; ``label`` is for screen readers and the tooltip."""
    return html.Button(
        icon(name), id=id, className="icon-button", type="button", title=label, **{"aria-label": label}, **more
    )


def panel(title: str, head: Sequence[Any], body: Any, id: str, help: str = "", **more: Any) -> html.Section:
    """A framed part of a page: title, whatever stands in its head line, help and tools, and the body.

    ``help`` gives the formula and the parameters. Help and tools are made by frame.js: every component of Dash's own
    costs the browser time at each tick of the clock.
    """
    frame = html.Div(className="frame", **{"data-help": help})
    return html.Section(
        [
            html.Div([html.H2(title, id=f"{id}-title"), *head, frame], className="panel-head"),
            html.Div(body, className="panel-body"),
        ],
        id=id,
        className="panel",
        **{"aria-labelledby": f"{id}-title"},
        **more,
    )


def card(name: str, title: str, help: str, extra: Any = None) -> html.Div:
    """A key figure: title with a small note, value, one line below. All of fixed size, so that nothing jumps."""
    return html.Div(
        [
            html.Div(
                [html.Span(title, id=f"card-{name}-title"), html.Span("", id=f"card-{name}-note", className="num")],
                className="card-head",
            ),
            html.Div("–", id=f"card-{name}", className="card-value num"),
            html.Div("", id=f"card-{name}-below", className="card-below num") if extra is None else extra,
        ],
        className="kpi loading",
        title=help,
    )


def segmented(id: str, label: str, options: Mapping[str, str], chosen: str | None = None) -> html.Div:
    """One choice out of a few, always all in sight."""
    choices = [{"value": value, "label": text} for value, text in options.items()]
    return html.Div(
        dcc.RadioItems(choices, chosen, id=id, inline=True, className="segmented-items"),
        className="segmented",
        role="group",
        **{"aria-label": label},
    )
