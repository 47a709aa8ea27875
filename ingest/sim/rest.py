"""Serves the REST endpoints below ``/api/v3``, with their weights, and the fault switches at ``/sim/faults``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import orjson
from aiohttp import web

from ingest.sim.endpoints import ROUTES, Route
from ingest.sim.faults import FaultError
from ingest.sim.query import Query, RestError
from ingest.sim.venue import VENUE, Venue, refusal

Handler = Callable[[web.Request], Awaitable[web.Response]]

_MINUTE_MS: Final = 60_000


class Meter:
    """Counts the request weight of the current minute."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._minute = 0
        self.used = 0

    def charge(self, weight: int) -> None:
        """Count a request. Raises `RestError` -1003 when the minute's weight is used up."""
        minute, within_ms = divmod(self._venue.now_ms(), _MINUTE_MS)
        if minute != self._minute:
            self._minute, self.used = minute, 0
        self.used += weight
        limit = self._venue.weight_limit
        if self.used > limit:
            raise RestError(
                -1003,
                f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API.",
                status=429,
                headers={"Retry-After": str(1 + (_MINUTE_MS - within_ms) // 1000)},
            )


def add_routes(app: web.Application) -> None:
    """Serve the endpoints; market questions are answered in a thread, so that the stream never waits for them."""
    venue = app[VENUE]
    meter, pool = Meter(venue), ThreadPoolExecutor(1, "sim-rest")
    for path, route in ROUTES.items():
        app.router.add_get(f"/api/v3/{path}", _handler(venue, route, meter, pool))
    app.router.add_get("/sim/faults", _show_faults)
    app.router.add_post("/sim/faults", _throw_fault)
    app.router.add_delete("/sim/faults", _clear_faults)

    async def stop_pool(_: web.Application) -> None:
        pool.shutdown(wait=False, cancel_futures=True)

    app.on_cleanup.append(stop_pool)


def _handler(venue: Venue, route: Route, meter: Meter, pool: ThreadPoolExecutor) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        if (refused := refusal(venue, "rest")) is not None:
            return refused
        status, headers = 200, {}
        try:
            meter.charge(route.weight)
            query = _query(request, route)
            body = await asyncio.get_running_loop().run_in_executor(pool, _answer, route, venue, query)
        except RestError as error:
            body = orjson.dumps({"code": error.code, "msg": error.message})
            status, headers = error.status, dict(error.headers or {})
        headers["X-MBX-USED-WEIGHT-1M"] = str(meter.used)
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    return handle


def _answer(route: Route, venue: Venue, query: Query) -> bytes:
    return orjson.dumps(route.answer(venue, query))


def _query(request: web.Request, route: Route) -> Query:
    sent = request.query
    if len(sent) > len(set(sent)):
        raise RestError(-1101, "Duplicate values for a parameter detected.")
    known = sum(name in route.parameters for name in sent)
    if known < len(sent):
        raise RestError(-1101, f"Too many parameters; expected '{known}' and received '{len(sent)}'.")
    return Query(sent)


async def _show_faults(request: web.Request) -> web.Response:
    return web.json_response(request.app[VENUE].faults.in_force())


async def _throw_fault(request: web.Request) -> web.Response:
    faults = request.app[VENUE].faults
    try:
        wanted: Any = orjson.loads(await request.read())
        if not isinstance(wanted, dict) or "fault" not in wanted:
            raise FaultError('body: expected a JSON object such as {"fault": "gap", "symbol": "BTCUSDT", "count": 5}.')
        faults.throw(wanted.pop("fault"), wanted)
    except ValueError as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.json_response(faults.in_force())


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[VENUE].faults.clear()
    return web.json_response(request.app[VENUE].faults.in_force())
