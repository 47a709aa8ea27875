"""A bounded cache whose entries are valid for one version of their input, computed once for all who ask."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class _Slot(Generic[Value]):
    __slots__ = ("held", "lock")

    def __init__(self) -> None:
        self.held: tuple[Hashable, Value] | None = None
        self.lock = threading.Lock()


class VersionCache(Generic[Value]):
    """Keeps the newest value of each key, at most ``capacity`` keys and ``max_weight`` in all.

    The least used leave first; the key asked for last always stays, however heavy it is. Threads that ask for the same
    key wait for one computation; different keys do not wait for each other.
    """

    def __init__(self, capacity: int, max_weight: int, weigh: Callable[[Value], int]) -> None:
        self._capacity = capacity
        self._max_weight = max_weight
        self._weigh = weigh
        self._slots: OrderedDict[Hashable, _Slot[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, version: Hashable, compute: Callable[[Value | None], Value]) -> Value:
        """The value of ``key`` at ``version``; ``compute`` is handed the value of the version before, or None."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot()
            self._slots.move_to_end(key)
        held = slot.held
        if held is not None and held[0] == version:
            return held[1]
        with slot.lock:
            held = slot.held
            if held is None or held[0] != version:
                held = slot.held = (version, compute(held[1] if held else None))
        with self._lock:
            self._shrink()
        return held[1]

    def __len__(self) -> int:
        return len(self._slots)

    def _shrink(self) -> None:
        weight = sum(self._weigh(slot.held[1]) for slot in self._slots.values() if slot.held)
        while len(self._slots) > 1 and (len(self._slots) > self._capacity or weight > self._max_weight):
            _, slot = self._slots.popitem(last=False)
            weight -= self._weigh(slot.held[1]) if slot.held else 0
