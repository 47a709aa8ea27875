"""The settings that an estimator of the hedge ratio has of its own, as small fields made from its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import dcc, html

from analytics.estimators import ESTIMATORS
from analytics.parameters import Choice, Parameter, Value

OPTIONS: Final[Mapping[str, tuple[str, Parameter]]] = {
    f"pair-option-{method}-{each.name}": (method, each)
    for method, estimator in ESTIMATORS.items()
    for each in estimator.parameters
}
"""The fields by their ids: whose setting each is, and what it declares."""


def groups() -> list[html.Span]:
    """One group of fields for each estimator; only the chosen one's is shown."""
    return [
        html.Span(
            [_field(id, each) for id, (owner, each) in OPTIONS.items() if owner == method],
            id=f"pair-options-{method}",
            className="options",
            hidden=True,
        )
        for method in ESTIMATORS
    ]


def shown(value: Value) -> str:
    """A value as a field shows it and an address carries it.

    >>> shown(1e-05), shown(0.5), shown(30), shown("log")
    ('1e-05', '0.5', '30', 'log')
    """
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _field(id: str, each: Parameter) -> html.Label:
    label: list[Any] = [each.label, _control(id, each)]
    if each.unit:
        label.append(html.Span(each.unit, className="note"))
    title = f"{each.help}. Must be {each.allowed}; the default is {shown(each.default)}."
    return html.Label(label, id=f"{id}-field", className="field", title=title)


def _control(id: str, each: Parameter) -> Any:
    if isinstance(each, Choice):
        choices = [{"value": value, "label": text} for value, text in each.choices.items()]
        return dcc.Dropdown(choices, each.default, id=id, clearable=False, searchable=False, className="narrow")
    return dcc.Input(shown(each.default), id=id, type="text", debounce=True, inputMode="decimal", size="7")
