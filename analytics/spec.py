"""What a pair is computed from: two symbols, a time frame, a window, a method and its options, a scale, all checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from analytics.estimators import ESTIMATORS
from analytics.estimators.base import Estimator
from analytics.market import TIMEFRAME_MS
from analytics.parameters import SCALE, TIMEFRAME, WINDOW, Choice, Parameter, ParameterError, Value, read_all

METHOD: Final = Choice(
    name="method",
    label="Hedge ratio",
    help="How the hedge ratio is estimated",
    default="ols",
    choices={name: each.label for name, each in ESTIMATORS.items()},
)

_SYMBOL: Final = re.compile(r"[a-z0-9_\-]{1,32}:[A-Z0-9_\-]{2,32}")


@dataclass(frozen=True, slots=True)
class PairSpec:
    """One pair and how it is looked at; hashable, so it is its own cache key.

    ``y`` is the dependent leg: spread = y - intercept - hedge_ratio * x. ``window`` counts shared bars of
    ``timeframe``. ``options`` are the method's own parameters as (name, value) pairs; those left out are filled in with
    their defaults, so that equal settings are equal keys. Raises `ParameterError`.

    >>> PairSpec("binance:ETHUSDT", "binance:BTCUSDT").window
    120
    >>> PairSpec("binance:ETHUSDT", "binance:BTCUSDT", method="kalman").options
    (('delta', 0.0001), ('noise', 1.0))
    >>> PairSpec("binance:ETHUSDT", "binance:BTCUSDT", window=5)
    Traceback (most recent call last):
    analytics.parameters.ParameterError: `window` must be a whole number from 20 to 1000, got 5. The default is 120.
    """

    y: str
    x: str
    timeframe: str = "1m"
    window: int = 120
    method: str = "ols"
    scale: str = "level"
    options: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        for parameter in ("y", "x"):
            symbol = getattr(self, parameter)
            if not (isinstance(symbol, str) and _SYMBOL.fullmatch(symbol)):
                raise ParameterError(
                    parameter, "a symbol as venue:NAME", symbol, "Write it in full, for instance binance:BTCUSDT."
                )
        if self.y == self.x:
            raise ParameterError("x", "another symbol than `y`", self.x, "Choose two different legs.")
        for declared in (TIMEFRAME, METHOD, SCALE, WINDOW):
            _check(declared, getattr(self, declared.name))
        object.__setattr__(self, "options", _options(self.estimator, self.options))

    @property
    def estimator(self) -> Estimator:
        """What estimates the hedge ratio."""
        return ESTIMATORS[self.method]

    @property
    def settings(self) -> dict[str, Any]:
        """The method's options by name."""
        return dict(self.options)

    @property
    def step_ms(self) -> int:
        """Length of one bar in milliseconds."""
        return TIMEFRAME_MS[self.timeframe]


def _check(parameter: Parameter, given: object) -> None:
    """Typed settings only: text becomes a number where it is read, so that equal settings are equal keys."""
    if type(given) is not type(parameter.default):
        raise ParameterError(parameter.name, parameter.allowed, given, f"The default is {parameter.default}.")
    parameter.read(given)


def _options(estimator: Estimator, given: object) -> tuple[tuple[str, Value], ...]:
    if not isinstance(given, tuple) or not all(isinstance(each, tuple) and len(each) == 2 for each in given):
        known = ", ".join(parameter.name for parameter in estimator.parameters) or "none"
        raise ParameterError("options", "(name, value) pairs", given, f"Known for {estimator.label}: {known}.")
    return tuple(read_all(estimator.parameters, dict(given)).items())
