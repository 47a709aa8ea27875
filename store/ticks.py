"""Tick streams: every trade of a symbol, once, in id order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from analytics.market import Tick
from store import keys
from store.link import Command, Link, pairs
from store.tick_codec import parse, split_id
from store.tick_writer import Appended, TickWriter

_PAGE: Final = 10_000
_HOLES_KEPT: Final = 10_000


class Hole(NamedTuple):
    """Trades ``from_id``..``to_id`` (inclusive) that are missing for good; ``declared_ms`` is the server's clock."""

    from_id: int
    to_id: int
    reason: str
    declared_ms: int


class TickStreams:
    """The tick streams of one server. Safe to share between threads."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._writer = TickWriter(link)

    def append(self, ticks: Sequence[Tick], received_ms: int) -> Appended:
        """Write a batch in one round trip, update the last trades and announce them on `keys.NOTIFY_TRADES`.

        Ticks of a symbol must come in the order of their ids. All ticks of a symbol are written or none.
        Raises `StoreError` when that is not certain; the same batch may then be written again, as a whole.
        """
        return self._writer.append(ticks, received_ms)

    def newest(self, symbol: str) -> Tick | None:
        """The last tick of the stream; None when there is none."""
        return _first(parse(symbol, self._link.run("XREVRANGE", keys.ticks(symbol), "+", "-", "COUNT", 1)))

    def oldest(self, symbol: str) -> Tick | None:
        """The first tick that is still kept; None when there is none."""
        return _first(parse(symbol, self._link.run("XRANGE", keys.ticks(symbol), "-", "+", "COUNT", 1)))

    def before(self, symbol: str, time_ms: int) -> Tick | None:
        """The newest entry whose id is older than ``time_ms``; None when there is none."""
        return _first(parse(symbol, self._link.run("XREVRANGE", keys.ticks(symbol), f"({time_ms}-0", "-", "COUNT", 1)))

    def range(
        self, symbol: str, start_ms: int | None = None, end_ms: int | None = None, limit: int | None = None
    ) -> list[Tick]:
        """Ticks whose ids are in ``start_ms <= ms < end_ms``, oldest first; with ``limit`` the newest so many."""
        low = "-" if start_ms is None else f"{start_ms}-0"
        high = "+" if end_ms is None else f"({end_ms}-0"
        if limit is not None:
            newest = self._link.run("XREVRANGE", keys.ticks(symbol), high, low, "COUNT", limit) if limit > 0 else []
            return parse(symbol, newest[::-1])
        ticks: list[Tick] = []
        # In pages: one reply with a day of trades would keep the server from everybody else.
        while page := self._link.run("XRANGE", keys.ticks(symbol), low, high, "COUNT", _PAGE):
            ticks += parse(symbol, page)
            low = f"({page[-1][0].decode()}"
        return ticks

    def follow(self, cursors: Mapping[str, str], count: int, block_ms: int) -> list[tuple[str, list[Tick], str]]:
        """Ticks after each symbol's cursor, at most ``count`` a symbol: ``(symbol, ticks, new cursor)``.

        A cursor is a stream id, ``"0-0"`` for the start. Waits up to ``block_ms`` (0: not at all) for the first
        tick; ``[]`` when none came. Symbols without news are left out.
        """
        if not cursors:
            return []
        names = {keys.ticks(symbol).encode(): symbol for symbol in cursors}
        block: Command = ("BLOCK", block_ms) if block_ms > 0 else ()
        with self._link.connection() as wire:
            reply = wire.wait(("XREAD", "COUNT", count, *block, "STREAMS", *names, *cursors.values()), block_ms)
        return [
            (names[key], parse(names[key], entries), entries[-1][0].decode()) for key, entries in reply or () if entries
        ]

    def trim(self, symbol: str, before_ms: int) -> None:
        """Drop ticks older than ``before_ms``; up to a hundred of them may stay, which is what makes it cheap."""
        while self._link.run("XTRIM", keys.ticks(symbol), "MINID", "~", before_ms):
            pass  # the server does ten thousand at a time

    def length(self, symbol: str) -> int:
        """Ticks in the stream."""
        return int(self._link.run("XLEN", keys.ticks(symbol)))

    def add_hole(self, symbol: str, from_id: int, to_id: int, reason: str) -> None:
        """Declare trades ``from_id``..``to_id`` (inclusive) lost; declaring the newest hole again changes nothing."""
        newest = self.holes(symbol)[-1:]
        if newest and newest[0][:2] == (from_id, to_id):
            return
        fields: Command = ("from_id", from_id, "to_id", to_id, "reason", reason)
        self._link.run("XADD", keys.holes(symbol), "MAXLEN", "~", _HOLES_KEPT, "*", *fields)

    def holes(self, symbol: str) -> list[Hole]:
        """The declared holes, oldest first."""
        found = []
        for entry_id, words in self._link.run("XRANGE", keys.holes(symbol), "-", "+"):
            fields = pairs(words)
            found.append(Hole(int(fields["from_id"]), int(fields["to_id"]), fields["reason"], split_id(entry_id)[0]))
        return found


def _first(ticks: list[Tick]) -> Tick | None:
    return ticks[0] if ticks else None
