"""Small parts of the correlation page's figures: names, signed numbers, and why there is nothing to draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from analytics.inputs import Floats
from analytics.measure import NotTestable
from layouts.figures import figure

MARK: Final = "●"
_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "BTC", "ETH")


class Shown(NamedTuple):
    """A figure, and one line on what it rests on."""

    figure: dict[str, Any]
    note: str


def nothing(id: str, found: NotTestable) -> Shown:
    """The figure's place, with the reason."""
    text = found.reason
    return Shown(figure(id, [], reason=text if text.startswith("Warming up") else f"Not testable: {text}"), "")


def short(names: Sequence[str]) -> list[str]:
    """Names without the quote asset that all of them share.

    >>> short(["ETHUSDT", "BTCUSDT"]), short(["ETHBTC", "BTCUSDT"])
    (['ETH', 'BTC'], ['ETHBTC', 'BTCUSDT'])
    """
    shared = next((quote for quote in _QUOTES if all(len(n) > len(quote) and n.endswith(quote) for n in names)), "")
    return [name.removesuffix(shared) for name in names]


def signed(value: float, digits: int) -> str:
    """With its sign, a true minus, and no sign on what rounds to 0.

    >>> signed(0.126, 2), signed(-3.0, 0), signed(-0.001, 2)
    ('+0.13', '−3', '0.00')
    """
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−") if float(text) else text[1:]


def plain(values: Floats) -> list[float | None]:
    """A column as JSON has it: None where there is no value."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def clock(time_ms: int) -> str:
    """The time of day with its zone, and the day where that is not today.

    >>> clock(1767225600000)
    '2026-01-01 00:00:00 UTC'
    """
    found = datetime.fromtimestamp(time_ms / 1000, UTC)
    today = found.date() == datetime.now(UTC).date()
    return found.strftime("%H:%M:%S UTC" if today else "%Y-%m-%d %H:%M:%S UTC")
