"""Fixtures that several folders of tests share: recorded data, real servers, a free port."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from store import Store, open_store
from store.server import EmbeddedServer

REPO = Path(__file__).resolve().parent.parent

# How long an example takes depends on what else the machine does.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the recorded market data."""
    folder = Path(os.environ.get("SPREADBOARD_REAL_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded market data are not here: {folder} (set SPREADBOARD_REAL_DATA)")
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A running embedded server of its own."""
    server = EmbeddedServer(str(tmp_path / "data"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store(server: EmbeddedServer) -> Iterator[Store]:
    """A store on a server of its own."""
    store = open_store(server.url)
    yield store
    store.close()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
