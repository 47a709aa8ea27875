"""The simulated exchange as its parts share it: market, clock, faults and open connections."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from aiohttp import web

from ingest.sim.connection import Connection
from ingest.sim.faults import Faults
from ingest.sim.market import Market


@dataclass
class Venue:
    """State of one exchange; `connections` belongs to the event loop, the rest may be used from any thread."""

    market: Market
    ping_interval_s: float = 20.0
    """A server ping goes out this often; a connection ends when one is not answered for three intervals."""
    lifetime_s: float = 86_400.0
    """A connection is closed with code 1001 after this long."""
    weight_limit: int = 6000
    """REST request weight allowed in a minute, for all clients together: they share one address."""
    faults: Faults = field(default_factory=Faults)
    connections: set[Connection] = field(default_factory=set)

    def now_ms(self) -> int:
        """The exchange's clock: UTC epoch milliseconds, shifted by the clock fault."""
        return time.time_ns() // 1_000_000 + self.faults.clock_offset_ms


VENUE: web.AppKey[Venue] = web.AppKey("venue", Venue)
"""Where the web application keeps its venue."""


def refusal(venue: Venue, target: str) -> web.Response | None:
    """The HTTP error that a request to ``ws`` or ``rest`` is refused with; None when it is served."""
    refused = venue.faults.refusal(target)
    if refused is None:
        return None
    headers = {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else {}
    if refused.status == 403:
        return web.Response(status=403, text="<html><h1>403 Forbidden</h1></html>", content_type="text/html")
    code, message = {
        418: (-1003, "Way too much request weight used; IP banned. Please use WebSocket Streams to avoid bans."),
        429: (-1003, "Too much request weight used; please use WebSocket Streams for live updates."),
        451: (0, "Service unavailable from a restricted location."),
        504: (-1007, "Timeout waiting for response from backend server."),
    }.get(refused.status, (-1000, "An unknown error occurred while processing the request."))
    return web.json_response({"code": code, "msg": message}, status=refused.status, headers=headers)
