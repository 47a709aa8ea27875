"""Connections to the server: commands out, raw replies in, every failure as a StoreError."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, OutOfMemoryError
from redis.retry import Retry

Word = str | bytes | int | float
F = TypeVar("F", bound=Word)
Command = Sequence[Word]

_POOL_SIZE: Final = 512
_HEALTH_CHECK_S: Final = 30


class StoreError(Exception):
    """The server cannot be used, or refused; the message says which one, what failed and what to do."""


class Link:
    """A pool of connections to one server, safe to share between threads.

    Replies come as the server sends them (bytes, int, list, None): redis-py's per-command conversion costs more
    than the round trip. Commands are never repeated here; only the act of connecting is, a few times and quickly.
    """

    def __init__(self, url: str, timeout_s: float = 5.0) -> None:
        self.url = without_password(url)
        try:
            self._pool = redis.ConnectionPool.from_url(
                url,
                max_connections=_POOL_SIZE,
                protocol=2,
                decode_responses=False,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                socket_keepalive=True,
                health_check_interval=_HEALTH_CHECK_S,
                # A timeout was waited for already.
                retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 3, supported_errors=(redis.ConnectionError,)),
                client_name=f"spreadboard-{os.getpid()}",
            )
        except ValueError as error:
            raise StoreError(
                f"redis.url: expected redis://, rediss:// or unix://, got {self.url!r} ({error}). "
                "Correct it, or leave it empty for the embedded server."
            ) from None

    def run(self, *command: Word) -> Any:
        """One command, one reply. Raises `StoreError`."""
        return self.pipe([command])[0]

    def pipe(self, commands: Sequence[Command]) -> list[Any]:
        """Many commands in one round trip, not atomic. Raises `StoreError` if any was refused."""
        if not commands:
            return []
        with self.connection() as wire:
            return checked(wire.exchange(commands))

    def atomic(self, commands: Sequence[Command]) -> list[Any]:
        """Many commands as one transaction, in one round trip. Raises `StoreError` if nothing was done."""
        with self.connection() as wire:
            replies = wire.exchange([("MULTI",), *commands, ("EXEC",)])
            return checked(checked(replies)[-1])

    @contextmanager
    def connection(self) -> Iterator[Wire]:
        """A connection for a conversation of several round trips; broken off if it fails halfway."""
        with self._explained():
            raw: Any = self._pool.get_connection()
        whole = False
        try:
            with self._explained():
                yield Wire(raw)
            whole = True
        finally:
            # An exception may leave replies unread: such a connection must not go back with them.
            if not whole:
                raw.disconnect()
            self._pool.release(raw)

    @contextmanager
    def subscription(self, *channels: str) -> Iterator[Wire]:
        """A connection of its own that listens to channels; closed at the end."""
        with self.connection() as wire:
            wire.subscribe(channels)
            try:
                yield wire
            finally:
                wire.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.disconnect()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            if str(error).startswith("redis "):
                raise
            raise StoreError(f"redis {self.url}: {error}") from error.__cause__
        except (redis.RedisError, OSError) as error:
            raise StoreError(f"redis {self.url}: {_plain(error)}. {_remedy(error)}") from error


class Wire:
    """One connection, held by one thread."""

    def __init__(self, raw: Any) -> None:
        # A redis-py connection; its methods carry no types.
        self._raw = raw

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send the commands at once and read a reply to each; a refusal is a `redis.ResponseError` in its place."""
        self.send(self._raw.pack_commands(commands))
        return self.receive(len(commands))

    def send(self, packed: Iterable[bytes]) -> None:
        """Send ready-made RESP, each part as soon as it is there: the server works while the next one is made."""
        self._raw.send_packed_command(packed)

    def receive(self, replies: int) -> list[Any]:
        """Read so many replies."""
        return [self._reply() for _ in range(replies)]

    def wait(self, command: Command, block_ms: int) -> Any:
        """One command that may block on the server for so long."""
        self._raw.send_command(*command)
        # The connection's own timeout would break a longer wait off.
        return self._raw.read_response(timeout=block_ms / 1000 + 5.0)

    def subscribe(self, channels: Sequence[str]) -> None:
        """Listen to channels from now on; the connection can do nothing else afterwards."""
        # One command: between two, a message could come where the second confirmation is expected.
        self._raw.send_command("SUBSCRIBE", *channels)
        self.receive(len(channels))

    def listen(self, timeout_s: float) -> Any:
        """The next message of a subscription, ``[kind, channel, payload]``, or None."""
        return self._raw.read_response() if self._raw.can_read(timeout=timeout_s) else None

    def close(self) -> None:
        """Break the connection; the pool opens it anew for the next user."""
        self._raw.disconnect()

    def _reply(self) -> Any:
        try:
            return self._raw.read_response()
        except redis.ResponseError as error:
            return error


def checked(replies: Iterable[Any]) -> list[Any]:
    """The replies, unless one is a refusal: then `StoreError`."""
    answers = list(replies)
    for reply in answers:
        if isinstance(reply, redis.ResponseError):
            raise StoreError(f"refused: {_plain(reply)}. {_remedy(reply)}") from reply
    return answers


def refused(reply: Any, text: str) -> bool:
    """Whether a reply is a refusal whose message holds ``text``."""
    return isinstance(reply, redis.ResponseError) and text in str(reply)


def flat(fields: Mapping[str, F]) -> list[str | F]:
    """Fields as the words of a command.

    >>> flat({"p": 1, "q": 2})
    ['p', 1, 'q', 2]
    """
    return [word for field in fields.items() for word in field]


def pairs(words: Sequence[bytes]) -> dict[str, str]:
    """The reply to HGETALL and its like, ``[name, value, ...]``, as text.

    >>> pairs([b"p", b"1", b"q", b"2"])
    {'p': '1', 'q': '2'}
    """
    texts = [word.decode() for word in words]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def without_password(url: str) -> str:
    """The address as it may be logged.

    >>> without_password("redis://me:secret@db:6379/0")
    'redis://me:***@db:6379/0'
    """
    parts = urlsplit(url)
    if parts.password is None:
        return url
    netloc = parts.netloc.replace(f":{parts.password}@", ":***@")
    return urlunsplit(parts._replace(netloc=netloc))


def _plain(error: BaseException) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _remedy(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
        return "Check user and password in redis.url."
    if isinstance(error, OutOfMemoryError) or text.startswith("OOM") or "maxmemory" in text:
        return "The server is at maxmemory: raise it, or lower store.ticks_hours; nothing was dropped."
    if text.startswith("MISCONF"):
        return "The server cannot write its disk: free space, then it goes on by itself."
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError):
        return "Check that the server runs and that redis.url names it."
    return "Check the server's log."
