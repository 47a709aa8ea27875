"""What is watched, how the feed is, and how the roles are."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from store import keys
from store.link import Link, Word, flat, pairs


class Status:
    """Symbols, feed status, the switch of source and the health of the roles. Every method raises `StoreError`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def symbols(self) -> list[str]:
        """The symbols that are being ingested, sorted."""
        return sorted(name.decode() for name in self._link.run("SMEMBERS", keys.SYMBOLS))

    def set_symbols(self, symbols: Iterable[str]) -> None:
        """Replace the symbols that are being ingested; nobody sees a half-made set."""
        names = list(symbols)
        self._link.atomic([("DEL", keys.SYMBOLS), *([("SADD", keys.SYMBOLS, *names)] if names else [])])

    def feed(self) -> dict[str, str]:
        """The fields of the feed status; empty before an ingestor has run."""
        return pairs(self._link.run("HGETALL", keys.FEED_STATUS))

    def set_feed(self, fields: Mapping[str, Word]) -> None:
        """Set fields of the feed status; other fields stay."""
        self._set(keys.FEED_STATUS, fields)

    def ask_source(self, source: str) -> None:
        """Ask the ingestor to switch to another source; a later request replaces an earlier one."""
        self._link.run("SET", keys.FEED_COMMAND, source)

    def take_asked_source(self) -> str | None:
        """The source that was asked for, once; None when nobody asked."""
        asked = self._link.run("GETDEL", keys.FEED_COMMAND)
        return None if asked is None else asked.decode()

    def beat(self, role: str, fields: Mapping[str, Word]) -> None:
        """Say that a role is alive, and how it does; ``beat_ms`` (wall clock) and ``pid`` are added."""
        self._set(keys.health(role), {**fields, "beat_ms": int(time.time() * 1000), "pid": os.getpid()})

    def health(self, role: str) -> dict[str, str]:
        """What a role last said of itself; empty when it never did."""
        return pairs(self._link.run("HGETALL", keys.health(role)))

    def roles(self) -> dict[str, dict[str, Any]]:
        """What the supervisor says of each role."""
        return {role: orjson.loads(text) for role, text in pairs(self._link.run("HGETALL", keys.HEALTH_ROLES)).items()}

    def set_role(self, role: str, fields: Mapping[str, Any]) -> None:
        """Replace what the supervisor says of a role."""
        self._link.run("HSET", keys.HEALTH_ROLES, role, orjson.dumps(dict(fields)))

    def hole_counts(self, symbols: Iterable[str], since_ms: int) -> dict[str, tuple[int, int]]:
        """Holes of each symbol that are kept in all, and those declared since ``since_ms``; in one round trip."""
        wanted = list(symbols)
        commands: list[tuple[Word, ...]] = []
        for symbol in wanted:
            commands.append(("XLEN", keys.holes(symbol)))
            commands.append(("XRANGE", keys.holes(symbol), f"{since_ms}-0", "+"))
        replies = self._link.pipe(commands)
        return {symbol: (int(replies[2 * at]), len(replies[2 * at + 1])) for at, symbol in enumerate(wanted)}

    def _set(self, key: str, fields: Mapping[str, Word]) -> None:
        if fields:
            self._link.run("HSET", key, *flat(fields))
