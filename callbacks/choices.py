"""GET /choices: the symbols and pairs that the command palette offers, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from flask import Flask, Response

from callbacks.live import Live
from callbacks.watched import watched_pairs

if TYPE_CHECKING:
    from runtime.settings import Settings


def register(server: Flask, live: Live, settings: Settings) -> None:
    """Add ``/choices``: ``symbols`` by name, and ``pairs`` of the board as [y, x], in its order."""

    @server.get("/choices")
    def choices() -> Response:
        pairs, _ = watched_pairs(settings.board.pairs, live.watched())
        body = {"symbols": live.names(), "pairs": pairs}
        return Response(orjson.dumps(body), mimetype="application/json", headers={"Cache-Control": "no-store"})
