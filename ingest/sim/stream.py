"""The stream endpoints: ``/ws``, ``/ws/<stream>`` and ``/stream?streams=a/b``."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from aiohttp import WSCloseCode, web

from ingest.sim.connection import Connection
from ingest.sim.control import MAX_STREAMS
from ingest.sim.venue import VENUE, Venue, refusal

log = logging.getLogger(__name__)

PONG_INTERVALS: Final = 3


def add_routes(app: web.Application) -> None:
    """Serve the stream endpoints."""
    app.router.add_get("/stream", _combined)
    app.router.add_get("/ws", _raw)
    app.router.add_get("/ws/{streams:.+}", _raw)


async def _combined(request: web.Request) -> web.StreamResponse:
    return await _serve(request, request.query.get("streams", ""), combined=True)


async def _raw(request: web.Request) -> web.StreamResponse:
    return await _serve(request, request.match_info.get("streams", ""), combined=False)


async def _serve(request: web.Request, streams: str, combined: bool) -> web.StreamResponse:
    venue = request.app[VENUE]
    if (refused := refusal(venue, "ws")) is not None:
        return refused
    names = [name for name in streams.split("/") if name]
    if len(names) > MAX_STREAMS:
        return web.json_response({"code": 2, "msg": "Invalid request: too many parameters"}, status=400)
    while venue.faults.slow_upgrades and request.transport:
        await asyncio.sleep(0.05)
    socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, timeout=2.0)
    await socket.prepare(request)
    if not isinstance(request.transport, asyncio.Transport):
        return socket
    connection = Connection(socket, request.transport, combined)
    connection.subscribe(names)
    venue.connections.add(connection)
    heart = asyncio.create_task(_beat(venue, connection))
    try:
        await connection.read()
        await connection.close(WSCloseCode.OK)
    finally:
        heart.cancel()
        venue.connections.discard(connection)
        if connection.silent:
            connection.transport.abort()
    return socket


async def _beat(venue: Venue, connection: Connection) -> None:
    """Server pings, and the end of a connection that does not answer them or has lived long enough."""
    end = time.monotonic() + venue.lifetime_s
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(venue.ping_interval_s, left))
        if left <= venue.ping_interval_s:
            break
        if connection.unanswered_s() > PONG_INTERVALS * venue.ping_interval_s:
            await connection.close(WSCloseCode.POLICY_VIOLATION, "Pong timeout")
            return
        await connection.ping(str(venue.now_ms()).encode())
    await connection.close(WSCloseCode.GOING_AWAY, "Connection lifetime reached")
