"""Server-sent events: the same messages as polling, pushed the moment the market moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Final

import orjson
from flask import Flask, Response, request

from callbacks.live import PAGES, Live

BEAT_S: Final = 1.0
MIN_GAP_S: Final = 0.015
SPARE_THREADS: Final = 8


def register(server: Flask, live: Live, threads: int) -> None:
    """Add ``/stream?page=&spec=&c=``. Each stream holds a thread, so 8 threads are kept free for everything else:
    a further viewer gets 503, and his page polls."""
    places = threading.BoundedSemaphore(max(1, threads - SPARE_THREADS))

    @server.get("/stream")
    def stream() -> Response:
        page = request.args.get("page", "")
        if page not in PAGES:
            return Response(f"page: expected one of {', '.join(PAGES)}, got {page[:40]!r}.", 400, mimetype="text/plain")
        if not places.acquire(blocking=False):
            return Response("Every place for a stream is taken; the page polls instead.", 503, mimetype="text/plain")
        events = _events(live, page, request.args.get("spec", ""), request.args.get("c", ""))
        response = Response(events, mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        # Called also when the viewer leaves before the first event, where a generator's own clean-up never runs.
        response.call_on_close(places.release)
        return response


def _events(live: Live, page: str, spec: str, cursor: str) -> Iterator[bytes]:
    version = 0
    while True:
        started = time.monotonic()
        message = live.message(page, spec, cursor)
        if message is not None:
            cursor = message["c"]
            yield b"data: " + orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n\n"
        version = live.wait(version, BEAT_S)
        time.sleep(max(0.0, MIN_GAP_S - (time.monotonic() - started)))
