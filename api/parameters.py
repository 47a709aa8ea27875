"""Query parameters, declared once: the same table checks a request and writes the OpenAPI document."""

from __future__ import annotations

import difflib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from api.problems import Problem, bad_parameter

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_FIRST_PLAUSIBLE_MS: Final = 100_000_000_000
"""1973. Smaller numbers are seconds, or a year, in all likelihood; only 0 is meant as it stands."""
_LAST_PLAUSIBLE_MS: Final = 4_102_444_800_000
"""2100. Larger numbers are micro- or nanoseconds."""


@dataclass(frozen=True, slots=True)
class Parameter(ABC):
    """A query parameter; without ``default`` it is absent when not given, unless it is ``required``."""

    name: str
    help: str
    default: str | int | None = None
    required: bool = False

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What is allowed, in words that follow "must be"."""

    @abstractmethod
    def convert(self, text: str) -> str | int:
        """The value that ``text`` stands for. Raises `Problem`."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""


@dataclass(frozen=True, slots=True)
class Symbol(Parameter):
    """A symbol; whether it exists is for the view to find out."""

    @property
    def allowed(self) -> str:
        """Full or bare names."""
        return "a symbol, as binance:BTCUSDT or BTCUSDT (the venue that is active now)"

    def convert(self, text: str) -> str:
        """The text itself."""
        return text

    def schema(self) -> dict[str, Any]:
        """A string of the documented form."""
        return {"type": "string", "examples": ["binance:BTCUSDT", "BTCUSDT"]}


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of a few words."""

    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The words."""
        return f"one of {', '.join(self.choices)}" if len(self.choices) > 1 else self.choices[0]

    def convert(self, text: str) -> str:
        """The text itself, when it is one of the words."""
        if text in self.choices:
            return text
        near = difflib.get_close_matches(text.lower(), self.choices, n=1, cutoff=0.4)
        raise bad_parameter(self.name, self.allowed, text, f"Did you mean {near[0]}?" if near else "")

    def schema(self) -> dict[str, Any]:
        """A string enumeration."""
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Integer(Parameter):
    """A whole number from ``low`` to ``high``, both allowed."""

    low: int = 0
    high: int = 0

    @property
    def allowed(self) -> str:
        """The range."""
        return f"a whole number from {self.low} to {self.high}"

    def convert(self, text: str) -> int:
        """The number."""
        if _WHOLE.fullmatch(text) and self.low <= int(text) <= self.high:
            return int(text)
        raise bad_parameter(self.name, self.allowed, text)

    def schema(self) -> dict[str, Any]:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Time(Parameter):
    """A moment: UTC epoch milliseconds, or ISO 8601. ISO 8601 without a zone is taken as UTC."""

    @property
    def allowed(self) -> str:
        """Both forms."""
        return "UTC epoch milliseconds, or ISO 8601 such as 2026-01-31T12:00:00Z (without a zone: UTC)"

    def convert(self, text: str) -> int:
        """Epoch milliseconds."""
        if _WHOLE.fullmatch(text):
            return self._plausible(int(text), text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            remedy = "Write the + of a zone as %2B in a URL." if " " in text else ""
            raise bad_parameter(self.name, self.allowed, text, remedy) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return self._plausible(round((moment - _EPOCH).total_seconds() * 1000), text)

    def _plausible(self, time_ms: int, text: str) -> int:
        if time_ms == 0 or _FIRST_PLAUSIBLE_MS <= time_ms <= _LAST_PLAUSIBLE_MS:
            return time_ms
        remedy = "The years 1973 to 2099 are accepted; are these seconds, or microseconds?"
        raise bad_parameter(self.name, self.allowed, text, remedy)

    def schema(self) -> dict[str, Any]:
        """Either form."""
        return {"oneOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]}


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse(parameters: Sequence[Parameter], given: MultiDict[str, str]) -> dict[str, Any]:
    """Check a query string: every declared parameter by name, None where absent.

    An empty value counts as absent. Raises `Problem` (400) for an unknown or repeated name and for a value
    that is not allowed.
    """
    names = [parameter.name for parameter in parameters]
    for name, values in given.lists():
        if name not in names:
            raise _unknown(name, names)
        if len(values) > 1:
            raise bad_parameter(name, "given once", " and ".join(values))
    return {parameter.name: _value(parameter, given.get(parameter.name, "")) for parameter in parameters}


def _value(parameter: Parameter, text: str) -> str | int | None:
    if text:
        return parameter.convert(text)
    if parameter.required:
        raise bad_parameter(parameter.name, parameter.allowed, "", "It is required.")
    return parameter.default


def _unknown(name: str, names: list[str]) -> Problem:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    allowed = ", ".join(names) or "no parameter"
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {allowed}."
    detail = f"`{name[:100]}` is not a parameter of this path; {hint}"
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "unknown-parameter",
        detail,
        parameter=name[:100],
        allowed=allowed,
        got=name[:100],
        nearest=near,
    )
