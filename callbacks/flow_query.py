"""Settings of the flow page as they stand in the address bar, read with every mistake named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from analytics.live import PairSpec
from analytics.market import symbol_of
from analytics.parameters import ParameterError
from callbacks.live import Live
from callbacks.mistakes import unknown
from layouts.flow import TRADES

MAX_SAID: Final = 5


class FlowQuery(NamedTuple):
    """Symbols are names without their venue; ``trades`` is how many newest trades of each leg are looked at."""

    y: str
    x: str
    tf: str
    window: int
    trades: int

    def spec(self, venue: str) -> PairSpec:
        """The pair on a venue; on log scale, so that its hedge ratio says value of x for one of y."""
        return PairSpec(symbol_of(venue, self.y), symbol_of(venue, self.x), self.tf, self.window, scale="log")

    def __str__(self) -> str:
        return urlencode(self._asdict())


SHARED: Final = ("y", "x", "tf", "window")


def read(live: Live, values: Mapping[str, object]) -> tuple[FlowQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used."""
    pair, problems = live.read({name: value for name, value in values.items() if name in SHARED})
    trades = TRADES.default
    given = values.get("trades")
    if given not in (None, ""):
        try:
            trades = TRADES.read(given)
        except ParameterError as error:
            problems.append(str(error))
    others = [name for name in values if name not in FlowQuery._fields]
    problems += [unknown(name, FlowQuery._fields) for name in others[:MAX_SAID]]
    return FlowQuery(pair.y, pair.x, pair.tf, pair.window, trades), problems
