"""The correlation page's settings, as the measures that use them declare them."""

from __future__ import annotations

import dataclasses
from typing import Final, TypeVar

from analytics.measure import Measure
from analytics.measures import correlation, lead_lag
from analytics.parameters import TIMEFRAME, WINDOW, Choice, Integer, Parameter

Declared = TypeVar("Declared", bound=Parameter)


def _declared(measure: Measure, name: str, kind: type[Declared]) -> Declared:
    return next(each for each in measure.parameters if each.name == name and isinstance(each, kind))


LEAD: Final = dataclasses.replace(_declared(lead_lag.MEASURE, "window", Integer), name="lead", label="Lead-lag window")
METHOD: Final = _declared(correlation.MEASURE, "method", Choice)
CHECKED: Final[tuple[Parameter, ...]] = (dataclasses.replace(TIMEFRAME, name="tf"), WINDOW, LEAD, METHOD)
"""Every setting but the symbols and the moment."""
