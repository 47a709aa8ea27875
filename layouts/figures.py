"""A figure in a panel: figure.js draws into it what its store holds; it can be saved as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from layouts.widgets import button, icon, panel


def figure_panel(id: str, title: str, help: str, head: Sequence[Any] = (), below: Sequence[Any] = ()) -> html.Section:
    """A panel with one figure. ``{id}-data`` takes `figure`'s record, ``{id}-note`` what it shows and as of when.

    ``head`` stands in the panel's first line, ``below`` under the figure.
    """
    drawing = html.Div(
        id=id, className="figure", role="img", **{"data-state": "loading", "aria-labelledby": f"{id}-panel-title"}
    )
    return panel(
        title,
        [
            html.Span("", id=f"{id}-note", className="note figure-note"),
            html.Span(className="spacer"),
            *head,
            html.Span(
                icon("info-circle"), className="help-mark", title=help, tabIndex=0, role="note", **{"aria-label": help}
            ),
            button("download", f"Save {title} as PNG", f"{id}-save", **{"data-save-figure": id}),
        ],
        [drawing, *below, dcc.Store(f"{id}-data")],
        f"{id}-panel",
    )


def figure(
    id: str, traces: Sequence[dict[str, Any]], layout: dict[str, Any] | None = None, reason: str = ""
) -> dict[str, Any]:
    """What the figure ``id`` is to show: Plotly traces and layout as plain data, colours by their names in tokens.css.

    ``reason`` stands in its place when there is nothing to draw, and says what is missing.
    """
    return {"id": id, "traces": list(traces), "layout": layout or {}, "reason": reason}
