"""Which pairs can be shown: the configured ones whose legs are both watched."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

Pairs = list[tuple[str, str]]

MAX_OWN: Final = 8


def watched_pairs(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> tuple[Pairs, Pairs]:
    """The pairs with both legs among ``names``, and those without.

    When none is left, neighbours among the first of ``names`` are paired.

    >>> watched_pairs([("ETHUSDT", "BTCUSDT"), ("ADAUSDT", "XRPUSDT")], ["ADAUSDT", "XRPUSDT"])
    ([('ADAUSDT', 'XRPUSDT')], [('ETHUSDT', 'BTCUSDT')])
    >>> watched_pairs([], ["ADAUSDT", "SOLUSDT", "XRPUSDT"])
    ([('ADAUSDT', 'SOLUSDT'), ('SOLUSDT', 'XRPUSDT')], [])
    """
    known = set(names)
    kept = [(y, x) for y, x in pairs if y in known and x in known]
    return kept or list(itertools.pairwise(names[: MAX_OWN + 1])), [pair for pair in pairs if pair not in kept]


def first_pair(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> tuple[str, str]:
    """The pair that is shown when none is named; one watched symbol alone stands against a configured leg."""
    known = set(names)
    found = next(((y, x) for y, x in pairs if y in known and x in known), None)
    if found or len(names) > 1:
        return found or (names[0], names[1])
    others = [leg for pair in pairs for leg in pair] + ["BTCUSDT", "ETHUSDT"]
    return names[0], next(leg for leg in others if leg != names[0])
