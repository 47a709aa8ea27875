"""What travels to a page: a snapshot, or what changed since the cursor that the page hands back."""

from __future__ import annotations

import itertools
import time
from typing import Any, NamedTuple, TypeAlias

Message: TypeAlias = dict[str, Any]
"""JSON for ``sb.apply`` in layouts/assets/live.js: ``c`` the new cursor, ``a`` ages, ``f`` feed fields,
``snap`` when it replaces all that the page shows, and the page's own parts."""

_PROCESS = format(time.time_ns() // 1_000_000, "x")
_COUNT = itertools.count()


def new_epoch() -> str:
    """A name for one line of snapshots and deltas; never the same twice, nor after a restart."""
    return f"{_PROCESS}-{next(_COUNT)}"


class Cursor(NamedTuple):
    """How far a viewer has come: ``seq`` and ``feed`` count changes, ``beat`` is a second, ``last_ms`` a bar's open."""

    epoch: str = ""
    seq: int = 0
    feed: int = 0
    beat: int = 0
    last_ms: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what a page handed back; anything else is a viewer who has nothing yet.

        >>> Cursor.parse("a-1.7.2.100.60000").seq, Cursor.parse("junk") == Cursor()
        (7, True)
        """
        epoch, *numbers = text.split(".")
        if len(numbers) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in numbers):
            return cls()
        return cls(epoch, *map(int, numbers))
