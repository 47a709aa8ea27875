"""What an estimator of the hedge ratio is: as-of columns for a history, a line for the next prices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.hedge import Line, NoFit
from analytics.inputs import Pair
from analytics.measure import Output
from analytics.parameters import Parameter

Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """Shared bars as an estimator sees them, oldest first, each column (n,): prices, or their logs."""

    open_ms: NDArray[np.int64]
    y: Floats
    x: Floats
    step_ms: int


class AsOf(NamedTuple):
    """What row t shows, from rows before it; every column (n,), NaN while warming up and where there is no fit.

    ``spread`` is y - intercept - hedge_ratio * x of row t, in y's price (or log price); ``z`` is spread / sigma.
    """

    hedge_ratio: Floats
    intercept: Floats
    sigma: Floats
    spread: Floats
    z: Floats


class Estimator(ABC):
    """A way to estimate the hedge ratio. ``parameters`` are its own, beside window and scale.

    A ``recursive`` one carries a state from row to row: its ``newest`` line comes from the state alone.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    recursive: ClassVar[bool] = False

    @property
    def defaults(self) -> dict[str, Any]:
        """Its parameters at their defaults."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @abstractmethod
    def reach(self, window: int, options: Mapping[str, Any]) -> int:
        """How many of the newest rows decide the newest line, beside the state."""

    @abstractmethod
    def columns(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> tuple[AsOf, Any]:
        """As-of columns of ``rows`` and the state after them; given a state, of the rows that are newer than it."""

    @abstractmethod
    def newest(self, rows: Rows, window: int, options: Mapping[str, Any], state: Any) -> Line | NoFit:
        """The line that the row after ``rows`` will be held against; at least ``window`` rows."""


HEDGE_OUTPUTS: Final = (
    Output("hedge_ratio", "Hedge ratio", "x per y", "Units of x for one of y, known before the bar"),
    Output("intercept", "Intercept", "y", "Level of the line at x = 0, known before the bar"),
    Output("sigma", "Sigma", "y", "What one unit of z is worth"),
    Output("spread", "Spread", "y", "Distance of the bar's closes from the line"),
    Output("z", "z-score", "sigma", "The spread in sigmas"),
)
SE_OUTPUT: Final = Output("hedge_ratio_se", "Standard error", "x per y", "Standard error of the hedge ratio")


def scaled(y: Floats, x: Floats, scale: str) -> tuple[Floats, Floats]:
    """Closes as the regression sees them: as they are (``level``) or their natural logs (``log``)."""
    if scale == "level":
        return y, x
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(y), np.log(x)


def rows_of(pair: Pair, scale: str) -> Rows:
    """The rows of a pair on a scale."""
    return Rows(pair.shared.open_ms, *scaled(pair.shared.y, pair.shared.x, scale), pair.step_ms)


def one_row_later(values: Floats) -> Floats:
    """Row t gets what was known at t - 1.

    >>> one_row_later(np.array([1.0, 2.0]))
    array([nan,  1.])
    """
    result = np.full(values.size, np.nan)
    result[1:] = values[:-1]
    return result


def z_of(spread: Floats, sigma: Floats) -> Floats:
    """Spread over sigma; NaN where sigma is 0 or unknown.

    >>> z_of(np.array([3.0, 3.0]), np.array([1.5, 0.0]))
    array([ 2., nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sigma > 0, spread / sigma, np.nan)
