"""Symbols of users' files on the pages: beside those of the market, with the time frames that their files gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from analytics.market import BUILT, TIMEFRAME_MS, is_uploaded

Held = Mapping[str, Collection[str]]
"""Time frames that each upload has, by its symbol."""


def frames(held: Held, names: Iterable[str]) -> list[str]:
    """Time frames in which all of ``names`` have bars, shortest first; where they share none, those of any.

    >>> held = {"upload:GOLD": ("1h", "1d"), "upload:SILVER": ("1d",)}
    >>> frames(held, ["upload:GOLD", "upload:SILVER"]), frames(held, ["BTCUSDT"]), frames(held, ["upload:SILVER", "X"])
    (['1d'], ['1s', '1m', '5m'], ['1s', '1m', '5m', '1d'])
    """
    each = [set(held.get(name, ())) if is_uploaded(name) else set(BUILT) for name in names]
    shared = set.intersection(*each) or set.union(*each)
    return [timeframe for timeframe in TIMEFRAME_MS if timeframe in shared] or list(BUILT)


def nearest(timeframe: str, offered: Sequence[str]) -> str:
    """``timeframe`` if it is offered, else the one that is nearest to it in length.

    >>> nearest("1m", ["15m", "1h"]), nearest("5m", ["1m", "5m"])
    ('15m', '5m')
    """
    if timeframe in offered or timeframe not in TIMEFRAME_MS:
        return timeframe
    step = TIMEFRAME_MS[timeframe]
    return min(offered, key=lambda each: max(TIMEFRAME_MS[each] / step, step / TIMEFRAME_MS[each]))


def unheld(asked: object, given: str, offered: Sequence[str]) -> list[str]:
    """One sentence when the time frame that an address asked for was replaced by ``given``.

    >>> unheld("1m", "1h", ["1h", "4h"])
    ['`tf` must be one of 1h, 4h, of which there are bars, got 1m; 1h is shown.']
    """
    if asked in (None, "", given) or asked not in TIMEFRAME_MS:
        return []
    return [f"`tf` must be one of {', '.join(offered)}, of which there are bars, got {asked}; {given} is shown."]


def options(offered: Sequence[str]) -> list[dict[str, str]]:
    """The choices of a control for time frames."""
    return [{"value": name, "label": name} for name in offered]
