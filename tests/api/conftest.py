"""Running servers: shared by the tests that only read, or of a test's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.settings import Settings, Web
from store import open_store
from store.server import EmbeddedServer
from tests.api.harness import Site, beat, fill, serve


def _site(folder: Path, settings: Settings) -> Iterator[Site]:
    redis = EmbeddedServer(folder)
    redis.start()
    store = open_store(redis.url, 1.0)
    fill(store)
    for url in serve(store, settings):
        yield Site(url, store, redis)
    store.close()
    redis.stop()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Shared by the tests that only read; its roles keep beating."""
    for site in _site(tmp_path_factory.mktemp("api"), Settings()):
        stop = threading.Event()
        beating = threading.Thread(target=beat, args=(site.store, stop))
        beating.start()
        yield site
        stop.set()
        beating.join()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """For a test that changes or breaks what it reads."""
    yield from _site(tmp_path, Settings())


@pytest.fixture(scope="session")
def locked_site(site: Site) -> Iterator[Site]:
    """With a login."""
    settings = Settings(web=Web(auth="trader:pässword:with:colons"))
    for url in serve(site.store, settings):
        yield Site(url, site.store, site.redis)
