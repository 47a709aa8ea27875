"""Everything that can be looked at in a frame of its own, on its page or in a workspace: found by itself."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from analytics.live import PairBook, PairSpec
from layouts.figures import figure

if TYPE_CHECKING:
    from store.cache import MarketCache


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a widget's numbers come from; ``entry_z`` is the |z| from which on there is a signal."""

    cache: MarketCache
    book: PairBook
    entry_z: float = 2.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a widget shows now: Plotly traces and layout as plain data, colours by their names in tokens.css.

    ``note`` says of what window and as of when; ``reason`` stands in place of the traces and says what is missing.
    """

    traces: tuple[Mapping[str, Any], ...] = ()
    layout: Mapping[str, Any] | None = None
    note: str = ""
    reason: str = ""

    def record(self, id: str) -> dict[str, Any]:
        """What the figure with this id is to draw."""
        return figure(id, [dict(trace) for trace in self.traces], dict(self.layout or {}), self.reason)


@dataclass(frozen=True, slots=True)
class Widget:
    """One thing to look at, for any pair.

    ``help`` gives the formula and the parameters; ``page`` is the path where it is at home. ``draw`` may take up to a
    second, is called from any thread, and keeps what it computed for all who ask until the next bar.
    """

    name: str
    title: str
    help: str
    page: str
    draw: Callable[[Desk, PairSpec], Drawn]


@cache
def widgets() -> Mapping[str, Widget]:
    """Every widget by its name. Each module of this package lists its own in ``WIDGETS``."""
    found: dict[str, Widget] = {}
    for module in pkgutil.iter_modules(__path__):
        for widget in importlib.import_module(f"{__name__}.{module.name}").WIDGETS:
            if widget.name in found:
                raise ValueError(f"two widgets are called {widget.name!r}: rename the one in {module.name}.py")
            found[widget.name] = widget
    return found
