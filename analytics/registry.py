"""Every measure there is: one file each in `analytics.measures`, found by itself."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

import analytics.measures
from analytics.measure import Measure


class UnknownMeasure(KeyError):
    """There is no measure of that name; the text offers the nearest."""


@functools.cache
def measures() -> Mapping[str, Measure]:
    """All measures by name, sorted by group and name; each file of `analytics.measures` defines one `MEASURE`.

    Raises ValueError when a file has none, or when its name is not the file's.
    """
    found = []
    for module in pkgutil.iter_modules(analytics.measures.__path__):
        measure = getattr(importlib.import_module(f"analytics.measures.{module.name}"), "MEASURE", None)
        if not isinstance(measure, Measure) or measure.name != module.name:
            raise ValueError(
                f"analytics/measures/{module.name}.py must define MEASURE, a Measure named '{module.name}'. "
                "See docs/adding_a_measure.md."
            )
        found.append(measure)
    found.sort(key=lambda measure: (measure.group, measure.name))
    return MappingProxyType({measure.name: measure for measure in found})


def measure(name: str) -> Measure:
    """The measure of that name. Raises `UnknownMeasure`.

    >>> measure("volatilty")
    Traceback (most recent call last):
    analytics.registry.UnknownMeasure: "There is no measure 'volatilty'; did you mean volatility?"
    """
    known = measures()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
    raise UnknownMeasure(f"There is no measure {name!r}; {hint}")
