"""The rules of a mean-reversion test, declared once and checked: when in, when out, how much, at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from analytics.costs import FEE, HALF_SPREAD
from analytics.parameters import Choice, Integer, Number, Parameter, ParameterError, Value, read_all

ENTRY: Final = Number(
    name="entry", label="Entry", help="Enter when |z| is above this", unit="sigma", default=2.0, low=0.0, high=20.0
)
EXIT: Final = Number(
    name="exit",
    label="Exit",
    help="Leave when z is back at this, measured on the side of the entry; below 0 waits for the other side",
    unit="sigma",
    default=0.0,
    low=-20.0,
    high=20.0,
)
STOP: Final = Number(
    name="stop",
    label="Stop",
    help="Leave when |z| reaches this, and do not enter beyond it; 0 is no stop",
    unit="sigma",
    default=0.0,
    low=0.0,
    high=100.0,
)
TIME_STOP: Final = Integer(
    name="time_stop_bars",
    label="Time stop",
    help="Leave after this many bars; 0 is no time stop",
    unit="bars",
    default=0,
    low=0,
    high=1_000_000,
)
HALF_LIVES: Final = Number(
    name="time_stop_half_lives",
    label="Time stop in half-lives",
    help="Leave after this many half-lives, as known at entry; no entry without a half-life; 0 is no such stop",
    default=0.0,
    low=0.0,
    high=100.0,
)
COOLDOWN: Final = Integer(
    name="cooldown_bars",
    label="Cooldown",
    help="Bars to stand aside after an exit",
    unit="bars",
    default=0,
    low=0,
    high=1_000_000,
)
SIDES: Final = Choice(
    name="sides",
    label="Sides",
    help="Which side of the spread may be held",
    default="both",
    choices={"both": "Both", "long": "Long spread only", "short": "Short spread only"},
)
GROSS: Final = Number(
    name="gross",
    label="Gross",
    help="Notional of all legs together at entry",
    unit="quote",
    default=10_000.0,
    low=1e-6,
    high=1e12,
)
FUNDING_LONG: Final = Number(
    name="funding_long_bps",
    label="Funding, long leg",
    help="Paid by a long leg per 8 hours, pro rata; below 0 is received",
    unit="bps / 8 h",
    default=0.0,
    low=-500.0,
    high=500.0,
)
FUNDING_SHORT: Final = Number(
    name="funding_short_bps",
    label="Funding, short leg",
    help="Paid by a short leg per 8 hours, pro rata; below 0 is received",
    unit="bps / 8 h",
    default=0.0,
    low=-500.0,
    high=500.0,
)
COSTS: Final = Number(
    name="cost_multiple",
    label="Cost multiple",
    help="Multiplies fee, half-spread and funding, to see how much the result bears",
    default=1.0,
    low=0.0,
    high=10.0,
)
REHEDGE: Final = Integer(
    name="rehedge_bars",
    label="Rehedge",
    help="Bring the legs to the newest hedge ratio after this many bars; 0 is never",
    unit="bars",
    default=0,
    low=0,
    high=1_000_000,
)

PARAMETERS: Final[tuple[Parameter, ...]] = (
    ENTRY, EXIT, STOP, TIME_STOP, HALF_LIVES, COOLDOWN, SIDES, GROSS, FEE, HALF_SPREAD, FUNDING_LONG, FUNDING_SHORT,
    COSTS, REHEDGE,
)  # fmt: skip


class Contradiction(ParameterError):
    """Each rule is in its range, but two of them exclude each other."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One set of rules; hashable. Raises `ParameterError` for what is out of range, `Contradiction` for what clashes.

    >>> Rules(entry=2.5, exit=0.5).sides
    'both'
    >>> Rules(entry=2.0, exit=2.0)
    Traceback (most recent call last):
    analytics.backtest.rules.Contradiction: `exit` must be below `entry`, got 2.0. `entry` is 2.
    """

    entry: float = ENTRY.default
    exit: float = EXIT.default
    stop: float = STOP.default
    time_stop_bars: int = TIME_STOP.default
    time_stop_half_lives: float = HALF_LIVES.default
    cooldown_bars: int = COOLDOWN.default
    sides: str = SIDES.default
    gross: float = GROSS.default
    fee_bps: float = FEE.default
    half_spread_bps: float = HALF_SPREAD.default
    funding_long_bps: float = FUNDING_LONG.default
    funding_short_bps: float = FUNDING_SHORT.default
    cost_multiple: float = COSTS.default
    rehedge_bars: int = REHEDGE.default

    def __post_init__(self) -> None:
        for parameter in PARAMETERS:
            given = getattr(self, parameter.name)
            if given is not parameter.default:
                object.__setattr__(self, parameter.name, parameter.read(given))
        if self.exit >= self.entry:
            raise Contradiction("exit", "below `entry`", self.exit, f"`entry` is {self.entry:g}.")
        if 0 < self.stop <= self.entry:
            raise Contradiction("stop", "above `entry`, or 0 for none", self.stop, f"`entry` is {self.entry:g}.")

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Rules:
        """Rules from typed values or text, the defaults where none are given. Raises `ParameterError`.

        >>> Rules.read({"entry": "1.5"}).entry
        1.5
        """
        return cls(**read_all(PARAMETERS, given))

    def but(self, **changes: Value) -> Rules:
        """The same rules with a few changes, checked again."""
        return replace(self, **changes)  # type: ignore[arg-type]
