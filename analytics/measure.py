"""What a measure is: what it takes, its parameters, when it can speak, what it says, and the functions that say it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from analytics.inputs import Input
from analytics.parameters import Parameter, read_all


@dataclass(frozen=True, slots=True)
class Output:
    """One thing a measure says. ``unit`` is empty for pure numbers; ``help`` is one sentence for people."""

    name: str
    label: str
    unit: str
    help: str


@dataclass(frozen=True, slots=True)
class NotTestable:
    """The measure can say nothing about this input; ``reason`` says why, for people."""

    reason: str


class Online(Protocol):
    """The same measure, one row at a time, in memory that does not grow with the number of rows."""

    def update(self, row: Any) -> tuple[float, ...]:
        """The outputs, in their declared order, once ``row`` is known; NaN while warming up.

        ``row`` is what one row of the input holds: a `Bar` for a `Leg`, a `Shared` of scalars for a `Pair`,
        a (time_ms, price, quantity, buyer_is_maker) tuple for `Trades`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A statistic with everything that page, API, alerts, documents and tests need to know about it.

    ``compute(data, **settings)`` takes the input type ``takes`` and every declared parameter by keyword (the defaults
    stand in ``parameters`` alone). With ``per_row`` its result has one float64 column of shape (n,) for each output,
    NaN where there is no value, and row t rests on rows up to t only. Otherwise it is one record with a value for each
    output, or `NotTestable`. ``warmup(**settings)`` is the number of rows before the first value. ``online(step_ms,
    **settings)`` makes the one-row-at-a-time twin, where a live value exists.

    ``formula``, ``reference``, ``oracle`` (what the tests hold it against) and ``tolerance`` are for docs/measures.md;
    ``null`` is the null hypothesis of a test.
    """

    name: str
    title: str
    group: str
    summary: str
    takes: type
    outputs: tuple[Output, ...]
    per_row: bool
    warmup: Callable[..., int]
    compute: Callable[..., Any]
    parameters: tuple[Parameter, ...] = ()
    online: Callable[..., Online] | None = None
    formula: str
    reference: str
    oracle: str
    tolerance: str
    null: str = ""

    def __post_init__(self) -> None:
        wanted = [parameter.name for parameter in self.parameters]
        for function, first in ((self.compute, 1), (self.warmup, 0), (self.online, 1)):
            if function is None:
                continue
            taken = list(inspect.signature(function).parameters.values())[first:]
            if sorted(each.name for each in taken) != sorted(wanted) or any(
                each.default is not each.empty for each in taken
            ):
                names = ", ".join(wanted) or "none"
                raise TypeError(
                    f"measure `{self.name}`: {function.__name__} must take the declared parameters ({names}) without "
                    f"defaults, got ({', '.join(map(str, taken))}). The defaults stand in `parameters`."
                )

    def settings(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The value of every parameter, checked. Raises `ParameterError`."""
        return read_all(self.parameters, given)

    def run(self, data: Input, **given: object) -> Any:
        """`compute` with checked settings, the defaults where none are given. Raises `ParameterError`."""
        return self.compute(data, **self.settings(given))
