"""A figure in a panel: figure.js draws into it what its store holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from layouts.widgets import panel


def figure_panel(
    id: str,
    title: str,
    help: str,
    head: Sequence[Any] = (),
    below: Sequence[Any] = (),
    *,
    unit: str = "",
    of: str = "",
) -> html.Section:
    """A panel with one figure. ``{id}-data`` takes `figure`'s record, ``{id}-note`` what it shows and as of when.

    ``head`` stands in the panel's first line, ``below`` under the figure. ``unit`` is that of its values, where no axis
    says it, and ``of`` what they are of, where it is not the page's pair or symbol: both go into what is saved.
    """
    about = {"data-state": "loading", "data-unit": unit, "aria-labelledby": f"{id}-panel-title"}
    drawing = html.Div(id=id, className="figure", role="img", **about)
    note = html.Span("", id=f"{id}-note", className="note")
    body = [drawing, *below, dcc.Store(f"{id}-data")]
    more = {"data-of": of} if of else {}
    return panel(title, [note, *head], body, f"{id}-panel", help, **more)


def figure(
    id: str, traces: Sequence[dict[str, Any]], layout: dict[str, Any] | None = None, reason: str = ""
) -> dict[str, Any]:
    """What the figure ``id`` is to show: Plotly traces and layout as plain data, colours by their names in tokens.css.

    ``reason`` stands in its place when there is nothing to draw, and says what is missing.
    """
    return {"id": id, "traces": list(traces), "layout": layout or {}, "reason": reason}
