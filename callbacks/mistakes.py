"""What is said of a setting that an address or a control cannot have."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def unknown(name: str, known: Sequence[str]) -> str:
    """A setting that the page does not have.

    >>> unknown("windw", ["tf", "window"])
    '`windw` is not a setting of this page; did you mean `window`?'
    """
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}."
    return f"`{name[:40]}` is not a setting of this page; {hint}"


def unwatched(name: str, value: object, names: Sequence[str]) -> str:
    """A symbol that the page cannot show.

    >>> unwatched("y", "BTCUSD", ["BTCUSDT", "ETHUSDT"])
    "`y` must be a watched symbol (BTCUSDT, ETHUSDT), got 'BTCUSD'. Did you mean BTCUSDT?"
    """
    near = difflib.get_close_matches(str(value).upper(), names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "Choose one of these."
    return f"`{name}` must be a watched symbol ({', '.join(names)}), got {str(value)[:40]!r}. {hint}"
