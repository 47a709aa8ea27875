"""The frame of a page whose numbers move when a bar closes, not with every trade."""

from __future__ import annotations

from typing import Any

from dash import dcc, html


def quiet_page(children: list[Any], timeframe: str = "1m") -> html.Div:
    """A page whose callbacks take ``quiet-closed``: the end of the newest closed bar, of the time frame in
    ``quiet-spec``, as UTC epoch milliseconds."""
    return html.Div(
        [
            *children,
            dcc.Store("quiet-message"),
            dcc.Store("quiet-cursor", data=""),
            dcc.Store("quiet-spec", data=timeframe),
            dcc.Store("quiet-closed"),
        ],
        id="quiet-page",
        className="page quiet",
        **{"data-timeframe": timeframe},
    )
