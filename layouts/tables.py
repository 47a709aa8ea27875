"""The data page's tables and settings: which columns, what they mean, and what can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from analytics.measure import Output
from analytics.parameters import TIMEFRAME, WINDOW, Choice, Parameter
from analytics.registry import measure

FEATURES_MEASURE: Final = "minute_features"
SIGNED: Final = ("return_bps", "vwap_distance_bps", "imbalance", "z")
"""Features whose sign means something: their size is held against their column's, of the others the value."""

FLAGS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("partial", "the bar misses trades"),
    2: ("revised", "a late trade changed the bar after it was stored"),
    8: ("uploaded", "the bar comes from a user's file; what the file does not say is unknown"),
    4: ("klines", "the bar comes from the exchange's klines, not from our own trades"),
}
"""What the bits of a bar's flags say: the word, and what it means."""

VIEWS: Final = Choice(
    name="view",
    label="View",
    help="Which table is shown",
    default="features",
    choices={"features": "Features", "bars": "Bars", "tape": "Tape"},
)
ROWS: Final = Choice(
    name="rows",
    label="Rows",
    help="The newest so many bars",
    default="480",
    choices={count: count for count in ("120", "480", "1440")},
)
SETTINGS: Final[tuple[Parameter, ...]] = (replace(TIMEFRAME, name="tf"), WINDOW, ROWS, VIEWS)
"""All settings of the page but the symbol, which only the market knows."""


def _number(field: str, title: str, help: str, renderer: str, width: int = 104) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": title,
        "headerTooltip": help,
        "minWidth": width,
        "flex": width,
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "cellClass": ["ag-right-aligned-cell", "num"],
        "cellRenderer": renderer,
    }


def _opened(*, marked: bool) -> dict[str, Any]:
    """The pinned column; ``marked`` where no other column shows the bar's flags."""
    return {
        "field": "time",
        "headerName": "Open [UTC]",
        "headerClass": "zoned",
        "headerTooltip": "When the bar opens; it holds the trades from then until one step later",
        "pinned": "left",
        "width": 158 if marked else 128,
        "sort": "desc",
        "sortingOrder": ["desc", "asc"],
        "filter": "agTextColumnFilter",
        "cellClass": "num",
        "cellRenderer": "sb_opened",
        "cellRendererParams": {"marked": marked},
    }


def _feature(output: Output) -> dict[str, Any]:
    unit = {"sigma": "σ"}.get(output.unit, output.unit.removesuffix(" asset"))
    title = f"{output.label} [{unit}]" if unit else output.label
    return _number(output.name, title, output.help, "sb_feature", max(78, 30 + 6 * len(title)))


FEATURES: Final = [_opened(marked=True), *map(_feature, measure(FEATURES_MEASURE).outputs)]

BARS: Final = [
    _opened(marked=False),
    _number("open", "Open", "Price of the first trade", "sb_plain"),
    _number("high", "High", "Highest price", "sb_plain"),
    _number("low", "Low", "Lowest price", "sb_plain"),
    _number("close", "Close", "Price of the last trade", "sb_plain"),
    _number("volume", "Volume [base]", "Traded in the base asset", "sb_plain", 120),
    _number("quote_volume", "Value [quote]", "Traded in the quote asset", "sb_plain", 120),
    _number("buy_volume", "Bought [base]", "Volume of trades in which the buyer was the aggressor", "sb_plain", 120),
    _number("trades", "Trades", "Number of trades", "sb_plain", 90),
    {
        "field": "flags",
        "headerName": "Flags",
        "headerTooltip": "; ".join(f"{word}: {meaning}" for word, meaning in FLAGS.values()),
        "minWidth": 150,
        "flex": 150,
        "filter": "agTextColumnFilter",
        "cellRenderer": "sb_flags",
    },
]


def flags_in_words(flags: int) -> str:
    """What a bar's flags say; empty for a whole bar.

    >>> flags_in_words(3), flags_in_words(0)
    ('partial, revised', '')
    """
    return ", ".join(word for bit, (word, _) in FLAGS.items() if flags & bit)
