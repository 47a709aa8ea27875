"""The axes of a heatmap: which parameters can be varied, and which of their values are tried."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from analytics.backtest.rules import PARAMETERS
from analytics.backtest.sweep import Axis
from analytics.parameters import WINDOW, Choice, Parameter

_QUARTERS: Final = tuple(each / 4 for each in range(4, 17))
_BARS: Final = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0)

TRIED: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        "window": (20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 360.0, 480.0, 720.0, 1000.0),
        "entry": _QUARTERS,
        "exit": tuple(each / 4 for each in range(-4, 7)),
        "stop": (0.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0),
        "time_stop_bars": _BARS,
        "time_stop_half_lives": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
        "cooldown_bars": _BARS,
        "rehedge_bars": _BARS,
        "fee_bps": (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0),
        "half_spread_bps": (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0),
    }
)
"""The values of each parameter, beside the one that is set; 0 is none for stops, cooldown and rehedge."""

VARIED: Final[Mapping[str, Parameter]] = MappingProxyType(
    {each.name: each for each in (WINDOW, *PARAMETERS) if each.name in TRIED}
)
"""The declarations of those parameters."""


def choice(name: str, label: str, default: str) -> Choice:
    """A setting that names one of these parameters."""
    choices = {each.name: each.label for each in VARIED.values()}
    return Choice(name=name, label=label, help="Which parameter is varied", default=default, choices=choices)


ROWS: Final = choice("rows", "Rows", "entry")
COLUMNS: Final = choice("columns", "Columns", "window")


def axis(name: str, now: float) -> Axis:
    """The values of a parameter that are tried, with the one that is set now.

    >>> axis("stop", 2.25).values[:3]
    (0.0, 2.25, 2.5)
    """
    return Axis(name, tuple(sorted({*TRIED[name], float(now)})))
