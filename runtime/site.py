"""What the web server serves: pages and API over one store, one cache and one book of pairs."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Final

from flask import Flask

import api
from analytics.live import PairBook
from callbacks.app import create_app
from runtime import metrics, security
from runtime.settings import Settings
from store import Store, StoreError, open_store
from store.cache import MarketCache

BEAT_S: Final = 2.0


def build(settings: Settings) -> Flask:
    """The Flask server with everything on it, its cache running and its heartbeat going.

    Raises `StoreError` when the store cannot be opened.
    """
    store = open_store(settings.redis.url, settings.redis.timeout_s, settings.store.bars)
    cache = MarketCache(store)
    cache.start()
    book = PairBook(cache)
    app = create_app(cache, book, settings)
    server: Flask = app.server
    api.register(server, cache, book, store, settings)
    metrics.observe(server)
    security.protect(app, settings)
    threading.Thread(target=_beat, args=(store,), name="beat", daemon=True).start()
    return server


def _beat(store: Store) -> None:
    while True:
        # A store that is away is seen and said by others; the beat only has to go on.
        with contextlib.suppress(StoreError):
            store.status.beat("web", {})
        time.sleep(BEAT_S)
