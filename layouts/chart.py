"""The live chart of a pair: one time axis, four panes; chart.js draws into it."""

from __future__ import annotations

from typing import Any, Final

import dash_tvlwc
from dash import html

PANES: Final = {"prices": 44, "spread": 22, "z": 22, "volume": 12}
"""Panes from top to bottom with their share of the height; chart.js sizes them alike."""
TIME_AXIS_PX: Final = 26


def chart() -> list[Any]:
    """Chart and pane labels. The range is reported so that the page knows whether its user looks at the newest bar."""
    return [
        dash_tvlwc.Tvlwc(
            id="pair-chart",
            series=[],
            chartOptions={
                "layout": {
                    "attributionLogo": False,
                    "background": {"color": "transparent"},
                    "fontFamily": '"JetBrains Mono", monospace',
                    "fontSize": 11,
                    "panes": {"enableResize": False},
                },
                "leftPriceScale": {"visible": True, "minimumWidth": 76},
                "rightPriceScale": {"minimumWidth": 76},
                "timeScale": {
                    "timeVisible": True,
                    "secondsVisible": True,
                    "rightOffset": 6,
                    "minimumHeight": TIME_AXIS_PX,
                    "minBarSpacing": 0.3,
                },
                "crosshair": {"mode": 0},
                "localization": {"timeFormatter": "sbTime"},
            },
            subscribeVisibleRange=True,
            subscribeCrosshair=True,
            reportThrottle=50,
            width="100%",
            height="100%",
        ),
        *[_label(name, place) for place, name in enumerate(PANES)],
    ]


def _label(name: str, place: int) -> html.Div:
    above = sum(list(PANES.values())[:place])
    top = f"calc((100% - {TIME_AXIS_PX}px) * {above / 100} + 4px)"
    return html.Div(id=f"pane-{name}", className="pane-label", style={"top": top})
