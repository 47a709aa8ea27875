"""The dialog that takes a file of bars: choose, see how it is read, send; upload.js fills it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dash import html

from analytics.uploads.plan import DECIMALS, DELIMITERS, ORDERS, ROLES, UNIT_WORDS
from layouts.widgets import button, icon

STEPS: Final = ("choose", "check", "send", "done")
_ROW: Final = "upload-actions"
ROLE_WORDS: Final = "|".join(f"{role}={words.partition(',')[0]}" for role, words in ROLES.items())
"""The roles of columns for upload.js."""
_SETTINGS: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "delimiter": ("Delimiter", "What stands between two columns", {name: name for name in DELIMITERS}),
    "header": ("First row", "Whether the first row holds the columns' names", {"yes": "names", "no": "data"}),
    "decimal": ("Decimals", "What stands before the decimals", {name: name for name in DECIMALS}),
    "times": ("Times are", "Unit of numeric times, or order of a written date's parts", {**UNIT_WORDS, **ORDERS}),
    "stamp": ("Stamped at", "Which end of a bar its time is", {"open": "the bar's open", "close": "the bar's close"}),
}


def upload_button() -> html.Button:
    """Opens the dialog."""
    return html.Button(
        [icon("upload"), "Upload bars"],
        id="upload-open",
        className="small-button",
        type="button",
        title="Bring a file of bars (CSV): it becomes a symbol like any other, marked as uploaded",
    )


def upload_dialog() -> html.Dialog:
    """Four steps, of which one is shown: choose a file, check how it is read, send it, and what came of it."""
    return html.Dialog(
        [
            html.Div(
                [html.H2("Upload bars", id="upload-title"), button("x-lg", "Close (Esc)", "upload-close")],
                className="panel-head",
            ),
            html.Div([_choose(), _check(), _send(), _done()], className="upload-body"),
            html.Div("", id="upload-problem", className="problem", role="alert"),
        ],
        id="upload",
        **{"aria-labelledby": "upload-title", "data-step": STEPS[0]},
    )


def _choose() -> html.Section:
    # The browser's own field, made by upload.js: a component would carry the file through a callback.
    area = html.Label(
        [
            icon("file-earmark-arrow-up"),
            html.Strong("Drop a file here, or choose one"),
            html.Span(
                "CSV and its like with time, open, high, low, close; up to 2,000,000 rows and 256 MB", className="note"
            ),
            html.Span(id="upload-file"),
        ],
        id="upload-drop",
    )
    held = [html.H3("Uploaded so far"), html.Ul(id="upload-held"), html.P("Nothing.", id="upload-none")]
    return _step("choose", [area, *held])


def _check() -> html.Section:
    zone = "Time zone by its IANA name, such as UTC, Europe/Paris or America/New_York"
    fields = [
        _labelled("Symbol upload:", html.Span(id="upload-name"), "2 to 32 capital letters, digits, _ or -"),
        *(_select(name, *about) for name, about in _SETTINGS.items()),
        _labelled("Times without a zone are of", html.Span(id="upload-zone"), zone),
    ]
    table = html.Table(id="upload-table", **{"data-roles": ROLE_WORDS})
    return _step(
        "check",
        [
            html.P("", id="upload-about", className="note"),
            html.Div(fields, className="upload-fields"),
            html.Div(table, className="upload-scroll", tabIndex="0", role="region", **{"aria-label": "First rows"}),
            html.Div(id="upload-found", role="status"),
            html.Div([_action("upload-back", "Another file"), _spacer(), _main("upload-go", "Upload")], className=_ROW),
        ],
    )


def _send() -> html.Section:
    bar = html.Div(html.Div(id="upload-bar"), id="upload-progress", role="progressbar", **{"aria-label": "Progress"})
    actions = html.Div([_spacer(), _action("upload-cancel", "Cancel")], className=_ROW)
    return _step("send", [html.P("", id="upload-doing", role="status"), bar, actions])


def _done() -> html.Section:
    actions = [_action("upload-again", "Another file"), _spacer(), html.Span(id="upload-links")]
    return _step("done", [html.Div(id="upload-result", role="status"), html.Div(actions, className=_ROW)])


def _step(name: str, children: Sequence[Any]) -> html.Section:
    return html.Section(list(children), className="upload-step", **{"data-of": name})


def _select(name: str, label: str, help: str, choices: Mapping[str, str]) -> html.Label:
    options = [html.Option(text, value=value) for value, text in {"auto": "as guessed", **choices}.items()]
    return _labelled(label, html.Select(options, id=f"upload-{name}"), help)


def _labelled(label: str, control: Any, help: str) -> html.Label:
    return html.Label([label, control], className="field", title=help)


def _spacer() -> html.Span:
    return html.Span(className="spacer")


def _action(id: str, text: str) -> html.Button:
    return html.Button(text, id=id, className="small-button", type="button")


def _main(id: str, text: str) -> html.Button:
    return html.Button(text, id=id, className="offer", type="button")
