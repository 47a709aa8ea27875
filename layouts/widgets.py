"""Small parts that pages are made of: icons, panels, cards and segmented switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import dcc, html

TOOLS: Final = {
    "maximise": ("arrows-fullscreen", "Maximise (Esc restores)"),
    "link": ("link-45deg", "Copy a link to this panel"),
    "csv": ("download", "Save what is shown as CSV"),
    "png": ("camera", "Save as picture"),
}
"""What every panel offers, in order; frame.css leaves out CSV and picture where a panel holds neither."""


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

    ``help`` gives the formula and the parameters.
    """
    return html.Section(
        [
            html.Div([html.H2(title, id=f"{id}-title"), *head, _frame(help)], className="panel-head"),
            html.Div(body, className="panel-body"),
        ],
        id=id,
        className="panel",
        **{"aria-labelledby": f"{id}-title"},
        **more,
    )


def _frame(help: str) -> html.Div:
    """Help and tools of a panel; frame.js does what they say. Where there is little room, a menu holds them."""
    mark = _tool("help", "info-circle", help, "What this shows") if help else None
    tools = [_tool(name, *about) for name, about in TOOLS.items()]
    menu = _tool("more", "three-dots", "More")
    return html.Div([html.Span("", className="frame-said", role="status"), mark, *tools, menu], className="frame")


def _tool(name: str, picture: str, title: str, label: str = "") -> html.Button:
    more = {"data-tool": name, "aria-label": label or title}
    if name == "maximise":
        more["aria-pressed"] = "false"
    return html.Button(icon(picture), className="icon-button", type="button", title=title, **more)


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
