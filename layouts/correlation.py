"""The correlation page's settings, as the measures that use them declare them, and what each of its figures shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final, TypeVar

from analytics.measure import Measure
from analytics.measures import correlation, lead_lag
from analytics.parameters import TIMEFRAME, WINDOW, Choice, Integer, Parameter
from layouts.flow import Tile

Declared = TypeVar("Declared", bound=Parameter)


def _declared(measure: Measure, name: str, kind: type[Declared]) -> Declared:
    return next(each for each in measure.parameters if each.name == name and isinstance(each, kind))


LEAD: Final = dataclasses.replace(_declared(lead_lag.MEASURE, "window", Integer), name="lead", label="Lead-lag window")
METHOD: Final = _declared(correlation.MEASURE, "method", Choice)
CHECKED: Final[tuple[Parameter, ...]] = (dataclasses.replace(TIMEFRAME, name="tf"), WINDOW, LEAD, METHOD)
"""Every setting but the symbols and the moment."""

TILES: Final[Mapping[str, Tile]] = {
    "correlation-matrix": Tile(
        "Correlation",
        "Pearson correlation of one-bar log returns over the newest bars of the window, like beside like (average "
        "linkage on √(2(1 − r))). A return counts where a symbol traded in both of two bars that follow each other; "
        "a pair needs half of the window. A click on a cell opens the pair.",
        of="all",
    ),
    "correlation-leads": Tile(
        "Lead and lag",
        "For every two symbols the lag of the strongest correlation, −60 to +60 bars: number = lag, colour = strength "
        "there. ● stands out from chance at the best of 121 lags (5 %, Sidak). A symbol that trades rarely has old "
        "prices and looks late without being so. A click on a cell opens the pair.",
        of="all",
    ),
    "correlation-cross": Tile(
        "Cross-correlation",
        "Correlation of the first symbol's one-bar log returns with the second's so many bars later, over the lead-lag "
        "window. Beyond the dashed lines (and marked ●): not by chance, though 121 lags were tried (5 %, Sidak). "
        "Beyond the dotted lines: 95 % for one lag alone, ±1.96/√n.",
    ),
    "correlation-ticks": Tile(
        "Hayashi-Yoshida",
        "Correlation straight from the trades, at their own times, without a grid (Hayashi and Yoshida 2005); each "
        "symbol keeps its last trade of every second. Shifting one clock tells which moves first. Beside it the "
        "correlation of bars, by the method and window above.",
    ),
    "correlation-epps": Tile(
        "Epps curve",
        "Correlation of the newest trades on a grid of ever longer steps. On short steps most moves of one symbol meet "
        "an old price of the other, and correlation fades whatever the truth (Epps 1979): choose bars from where the "
        "curve is flat. Beside it Hayashi-Yoshida on trades thinned to the same step.",
    ),
}
"""The page's figures by their ids."""
