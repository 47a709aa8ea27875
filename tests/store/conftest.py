"""Stores for these tests: one server for all of them, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Store, open_store
from store.server import EmbeddedServer


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A running embedded server; tests that stop or break one take `server` instead."""
    folder: Path = tmp_path_factory.mktemp("store")
    server = EmbeddedServer(folder / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store(shared_server: EmbeddedServer) -> Iterator[Store]:
    """An empty store."""
    store = open_store(shared_server.url)
    store.link.run("FLUSHALL", "SYNC")
    yield store
    store.link.run("CONFIG", "SET", "maxmemory", "0")
    store.close()
