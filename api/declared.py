"""A measure's declarations and results as the API says them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final, cast

import numpy as np

from analytics import gather, parameters
from analytics.measure import Measure
from api.parameters import Parameter
from api.problems import bad_parameter
from api.symbols import MAX_SYMBOLS

PATH: Final = "/api/v1/measures"


@dataclass(frozen=True, slots=True)
class Declared(Parameter):
    """A measure's own parameter, as its declaration says."""

    declaration: parameters.Parameter = field(kw_only=True)

    @classmethod
    def of(cls, one: parameters.Parameter) -> Declared:
        """The query parameter of a measure's parameter."""
        help = f"{one.label}. {one.help}{f' [{one.unit}]' if one.unit else ''}."
        return cls(one.name, help, cast("int | str", one.default), declaration=one)

    @property
    def allowed(self) -> str:
        """As declared."""
        return self.declaration.allowed

    def convert(self, text: str) -> Any:
        """The value that ``text`` stands for."""
        try:
            return self.declaration.read(text)
        except parameters.ParameterError as error:
            remedy = str(error).partition(f"got {text!r}. ")[2]
            raise bad_parameter(self.name, self.allowed, text, remedy) from None

    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        return _schema(self.declaration)


@dataclass(frozen=True, slots=True)
class Symbols(Parameter):
    """Several symbols; whether they exist is for the view to find out."""

    @property
    def allowed(self) -> str:
        """The form."""
        return f"2 to {MAX_SYMBOLS} symbols with commas between them; without it, every symbol of the active venue"

    def convert(self, text: str) -> str:
        """The text itself."""
        return text

    def schema(self) -> dict[str, Any]:
        """A string of the documented form."""
        return {"type": "string", "examples": ["BTCUSDT,ETHUSDT,SOLUSDT"]}


def describe(each: Measure) -> dict[str, Any]:
    """What a measure declares, as JSON says it; ``warmup`` is in rows, with the defaults."""
    return {
        "name": each.name,
        "title": each.title,
        "group": each.group,
        "summary": each.summary,
        "path": f"{PATH}/{each.name}",
        "takes": gather.TAKES[each.takes],
        "per_row": each.per_row,
        "warmup": each.warmup(**each.settings({})),
        "parameters": [
            {"name": one.name, "label": one.label, "help": one.help, "unit": one.unit, "default": one.default}
            | {"allowed": one.allowed, "schema": _schema(one)}
            for one in each.parameters
        ],
        "outputs": [{name: getattr(one, name) for name in ("name", "label", "unit", "help")} for one in each.outputs],
        "null": each.null,
        "formula": each.formula,
        "reference": each.reference,
        "oracle": each.oracle,
        "tolerance": each.tolerance,
    }


def _schema(one: parameters.Parameter) -> dict[str, Any]:
    if isinstance(one, parameters.Choice):
        return {"type": "string", "enum": list(one.choices)}
    if isinstance(one, parameters.Integer | parameters.Number):
        kind = "integer" if isinstance(one, parameters.Integer) else "number"
        return {"type": kind, "minimum": one.low, "maximum": one.high}
    return {}


def plain(value: Any) -> Any:
    """A result as JSON can say it: records by field, keys as text, what is no number null."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        named = getattr(value, "_asdict", None)
        return plain(named()) if named else [plain(each) for each in value]
    return value
