"""Connections: every failure names the server and what to do, and none outlives its cause."""

from __future__ import annotations

import contextlib

import pytest

from store import Store, StoreError, open_store
from store.link import Link, without_password
from store.server import EmbeddedServer


def test_wrong_address_is_named() -> None:
    with pytest.raises(StoreError, match=r"redis\.url: expected redis://.*got 'htp://x'.*leave it empty"):
        Link("htp://x")


def test_no_server_is_named(free_port: int) -> None:
    with pytest.raises(StoreError, match=rf"redis redis://127\.0\.0\.1:{free_port}: .*refused.*server runs"):
        open_store(f"redis://127.0.0.1:{free_port}", timeout_s=0.5)


def test_wrong_password_is_refused_and_not_told(server: EmbeddedServer) -> None:
    store = open_store(server.url)
    store.link.run("CONFIG", "SET", "requirepass", "right")
    address = server.url.removeprefix("redis://")
    with pytest.raises(StoreError, match=r"user and password in redis\.url") as caught:
        open_store(f"redis://:wrong-secret@{address}")
    assert "wrong-secret" not in str(caught.value)
    again = open_store(f"redis://:right@{address}")
    assert again.ping() > 0
    assert again.url == f"redis://:***@{address}" == without_password(f"redis://:right@{address}")
    # The fixture stops the server without a password.
    again.link.run("CONFIG", "SET", "requirepass", "")
    again.close()
    store.close()


def test_refusal_is_told_with_its_cause(store: Store) -> None:
    store.link.run("SET", "symbols", "not a set")
    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.status.symbols()
    with pytest.raises(StoreError, match="WRONGTYPE"):
        store.link.atomic([("PING",), ("SADD", "symbols", "a")])


def test_a_failed_conversation_leaves_no_replies_behind(store: Store) -> None:
    with contextlib.suppress(RuntimeError), store.link.connection() as wire:
        wire.send([b"*1\r\n$4\r\nPING\r\n"])
        raise RuntimeError
    assert store.link.run("ECHO", "mine") == b"mine"


def test_the_next_command_after_a_restart_works(server: EmbeddedServer) -> None:
    store = open_store(server.url)
    with store.link.connection() as first, store.link.connection() as second:
        assert first.exchange([("PING",)]) == second.exchange([("PING",)])
    server.stop()
    with pytest.raises(StoreError):
        store.ping()
    server.start()
    for _ in range(3):
        store.ping()
    store.close()
