"""Rows that cannot be used: all counted by kind, the first of each kind told with their row and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

EACH: Final = 50
LONGEST: Final = 40


class Fault(NamedTuple):
    """A row of the file, counted from 1 with its header, and what is wrong with it."""

    row: int
    says: str


class Faults:
    """Collects them; memory does not grow with their number."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self._listed: list[Fault] = []

    def add(self, kind: str, rows: NDArray[np.int64], says: Callable[[int], str]) -> None:
        """Rows with the same kind of fault; ``says`` is asked by the place of a row in ``rows``."""
        if not rows.size:
            return
        room = EACH - self.kinds[kind]
        self.kinds[kind] += int(rows.size)
        self._listed += [Fault(int(row), says(at)) for at, row in enumerate(rows[: max(0, room)].tolist())]

    @property
    def count(self) -> int:
        """How many rows in all; each has one fault."""
        return self.kinds.total()

    def listed(self) -> list[Fault]:
        """The first of each kind, in the order of the file."""
        return sorted(self._listed)


def quoted(text: str) -> str:
    """A cell as a message shows it.

    >>> quoted("abc"), quoted("x" * 50)
    ("'abc'", "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'")
    """
    return f"'{text[:LONGEST]}{'…' if len(text) > LONGEST else ''}'"
