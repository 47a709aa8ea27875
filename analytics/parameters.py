"""Parameters of a measure, declared once: read by code, page, address bar, API and documents alike."""

from __future__ import annotations

import difflib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analytics.market import TIMEFRAME_MS

Value = int | float | str


class ParameterError(ValueError):
    """A setting is not usable: ``parameter``. The text says what is allowed, what came and what to do."""

    def __init__(self, parameter: str, allowed: str, got: object, remedy: str) -> None:
        super().__init__(f"`{parameter}` must be {allowed}, got {got!r}. {remedy}")
        self.parameter = parameter
        self.allowed = allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(ABC):
    """One setting: ``label`` and ``help`` are for people, ``unit`` is empty where there is none."""

    name: str
    label: str
    help: str
    unit: str = ""
    default: Value

    @property
    @abstractmethod
    def allowed(self) -> str:
        """What is allowed, in words that follow "must be"."""

    @abstractmethod
    def read(self, given: object) -> Value:
        """The value that ``given`` (typed, or text from an address bar) stands for. Raises `ParameterError`."""

    def _refuse(self, given: object, remedy: str = "") -> ParameterError:
        return ParameterError(self.name, self.allowed, given, remedy or f"The default is {self.default}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Parameter):
    """A whole number from ``low`` to ``high``, both allowed."""

    default: int
    low: int
    high: int

    @property
    def allowed(self) -> str:
        """The range."""
        return f"a whole number from {self.low} to {self.high}"

    def read(self, given: object) -> int:
        """The number.

        >>> WINDOW.read("60"), WINDOW.read(60.0)
        (60, 60)
        >>> Integer(name="n", label="N", help="", default=5, low=1, high=9).read("6x")
        Traceback (most recent call last):
        analytics.parameters.ParameterError: `n` must be a whole number from 1 to 9, got '6x'. The default is 5.
        """
        number = _number(given)
        if number is None or not number.is_integer() or not self.low <= number <= self.high:
            raise self._refuse(given)
        return int(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Parameter):
    """A finite number from ``low`` to ``high``, both allowed."""

    default: float
    low: float
    high: float

    @property
    def allowed(self) -> str:
        """The range."""
        return f"a number from {self.low:g} to {self.high:g}"

    def read(self, given: object) -> float:
        """The number."""
        number = _number(given)
        if number is None or not self.low <= number <= self.high:
            raise self._refuse(given)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Parameter):
    """One of a few words; ``choices`` maps each to what people read."""

    default: str
    choices: Mapping[str, str]

    @property
    def allowed(self) -> str:
        """The words."""
        return f"one of {', '.join(self.choices)}"

    def read(self, given: object) -> str:
        """The word."""
        if isinstance(given, str) and given in self.choices:
            return given
        near = difflib.get_close_matches(str(given).lower(), self.choices, n=1, cutoff=0.4)
        raise self._refuse(given, f"Did you mean {near[0]}?" if near else "")


MIN_WINDOW: Final = 20
MAX_WINDOW: Final = 1000
WINDOW: Final = Integer(
    name="window",
    label="Window",
    help="Bars in every value; for two legs, bars that both share",
    unit="bars",
    default=120,
    low=MIN_WINDOW,
    high=MAX_WINDOW,
)
SCALE: Final = Choice(
    name="scale",
    label="Scale",
    help="Prices as they are (the hedge ratio is units of x per unit of y), or their logarithms (an elasticity)",
    default="level",
    choices={"level": "Level", "log": "Log"},
)
TIMEFRAME: Final = Choice(
    name="timeframe",
    label="Time frame",
    help="Length of one bar",
    default="1m",
    choices={name: name for name in TIMEFRAME_MS},
)


def read_all(parameters: Iterable[Parameter], given: Mapping[str, object]) -> dict[str, Any]:
    """Every parameter's value by name: as given, or its default. Raises `ParameterError`, also for an unknown name.

    >>> read_all([WINDOW], {"windwo": 3})
    Traceback (most recent call last):
    analytics.parameters.ParameterError: `windwo` must be one of window, got 3. Did you mean window?
    """
    declared = {parameter.name: parameter for parameter in parameters}
    for name, value in given.items():
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1, cutoff=0.4)
            remedy = f"Did you mean {near[0]}?" if near else "Leave it out."
            raise ParameterError(name, f"one of {', '.join(declared)}" if declared else "absent", value, remedy)
    return {
        name: parameter.read(given[name]) if name in given else parameter.default
        for name, parameter in declared.items()
    }


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
