"""The scanner's settings, as the scan declares them, and their controls above its grid."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from dash import dcc, html

from analytics.market import BUILT
from analytics.measures.scan import MEASURE
from analytics.parameters import MAX_WINDOW, TIMEFRAME, Choice, Integer, Parameter
from layouts.widgets import icon, segmented

SHOW: Final = Choice(
    name="show",
    label="Shown",
    help="Which pairs the scanner lists",
    default="all",
    choices={"all": "All", "passed": "q < 5 %", "beyond": "z beyond entry"},
)
_DECLARED: Final = {each.name: each for each in MEASURE.parameters}
ROWS: Final = Integer(
    name="rows",
    label="Rows",
    help="The newest so many bars go in: at most as many as the pair page can show",
    unit="bars",
    default=MAX_WINDOW,
    low=int(_DECLARED["min_rows"].default),
    high=MAX_WINDOW,
)
LIMITS: Final = tuple(_DECLARED[name] for name in ("min_trades", "max_silence_s", "min_liquidity"))
"""By their defaults they leave nobody out: then their fields are empty."""
FRAMES: Final = {name: name for name in BUILT}
SETTINGS: Final[tuple[Parameter, ...]] = (
    dataclasses.replace(TIMEFRAME, name="tf", help="Bars that are scanned", choices=FRAMES),
    ROWS,
    *LIMITS,
)
"""What the scan itself depends on."""


def head() -> list[Any]:
    """Who was left out and why; cancel, time frame, which pairs are listed, the switch of the limits, and reset."""
    return [
        html.Span("", id="board-scanner-reasons", className="note visually-hidden"),
        _button("x-lg", "Cancel", "board-cancel", "Stop waiting: back to the settings before", hidden=True),
        html.Span(className="spacer"),
        segmented("board-tf", "Time frame of the scan (1, 2, 3)", FRAMES, TIMEFRAME.default),
        segmented("board-show", SHOW.help, SHOW.choices, SHOW.default),
        _button(
            "sliders",
            "Limits",
            "board-limits-open",
            "Rows, and what a symbol must reach to be scanned",
            **{"aria-expanded": "false", "aria-controls": "board-limits"},
        ),
        _button("arrow-counterclockwise", "Reset", "board-reset", "The whole board as it was first", hidden=True),
    ]


def limits() -> html.Div:
    """The line of fields, out of sight until it is asked for."""
    return html.Div([_field(each) for each in SETTINGS[1:]], id="board-limits", className="controls", hidden=True)


def _field(each: Parameter) -> html.Label:
    # A field of its own kind: an emptied limit is none.
    shown = "" if each in LIMITS else str(each.default)
    entry = dcc.Input(
        shown, id=f"board-{each.name}", type="text", debounce=True, inputMode="decimal", size="8", placeholder="none"
    )
    title = f"{each.help}; {each.allowed}"
    return html.Label(
        [each.label, entry, html.Span(each.unit, className="note")],
        f"board-{each.name}-field",
        className="field",
        title=title,
    )


def _button(picture: str, text: str, id: str, title: str, **more: Any) -> html.Button:
    return html.Button([icon(picture), text], id=id, className="small-button", type="button", title=title, **more)
