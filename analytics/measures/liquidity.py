"""Liquidity limits: whether a leg trades enough, and if not, what it lacks."""

from __future__ import annotations

from typing import Final

from analytics.flow import Liquidity
from analytics.flow import liquidity as of_leg
from analytics.inputs import Leg
from analytics.measure import Measure, Output
from analytics.parameters import WINDOW, Number

_MIN_VOLUME: Final = Number(
    name="min_volume",
    label="Least volume",
    help="Traded value per minute that a leg must reach",
    unit="quote asset per minute",
    default=10_000.0,
    low=0.0,
    high=1e12,
)
_MIN_TRADES: Final = Number(
    name="min_trades",
    label="Fewest trades",
    help="Trades per minute that a leg must reach",
    unit="per minute",
    default=5.0,
    low=0.0,
    high=1e6,
)
_MAX_SILENCE_S: Final = Number(
    name="max_silence_s",
    label="Longest silence",
    help="Time of whole bars without a trade that a leg may show",
    unit="s",
    default=120.0,
    low=0.0,
    high=86_400.0,
)


def liquidity(leg: Leg, *, window: int, min_volume: float, min_trades: float, max_silence_s: float) -> Liquidity:
    """Volume and trades per minute and the longest silence over the last ``window`` bars, held against limits.

    Rates are per minute of the time that the bars span, so silent minutes count against a leg. `Liquidity` says what
    ``failed`` adds up; 0 passes all limits. Some sources give a bar's volume without its trades: such a bar is not
    thin, how often it traded is not known.
    """
    return of_leg(leg, window, min_volume, min_trades, max_silence_s)


def _warmup(*, window: int, min_volume: float, min_trades: float, max_silence_s: float) -> int:  # noqa: ARG001
    return window


MEASURE: Final = Measure(
    name="liquidity",
    title="Liquidity limits",
    group="liquidity",
    summary="Whether a leg trades enough, and if not, what it lacks",
    takes=Leg,
    parameters=(WINDOW, _MIN_VOLUME, _MIN_TRADES, _MAX_SILENCE_S),
    outputs=(
        Output("quote_volume", "Volume", "quote asset per minute", "Traded value per minute, silence included"),
        Output("trades", "Trades", "per minute", "Trades per minute, silence included"),
        Output("silence_s", "Longest silence", "s", "Longest time of whole bars without a trade"),
        Output(
            "failed",
            "Failed limits",
            "",
            "1 too little volume + 2 too few trades + 4 too long a silence; none if unknown",
        ),
    ),
    per_row=True,
    warmup=_warmup,
    compute=liquidity,
    formula="sum of volume (trades) / minutes from the first bar's open to the last bar's close; "
    "max of open_t - open_t-1 - step",
    reference="Definition",
    oracle="brute force over each window; hand-computed bars",
    tolerance="1e-12 relative; the code exactly",
)
