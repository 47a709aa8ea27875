"""Runs the simulated exchange: in a thread of its own for tests, and as the role ``sim``."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
import threading
from types import TracebackType

from aiohttp import web

from ingest.sim import rest, stream
from ingest.sim.emitter import Emitter
from ingest.sim.faults import Faults
from ingest.sim.market import Market
from ingest.sim.venue import VENUE, Venue
from runtime.settings import Settings

log = logging.getLogger(__name__)


class SimExchange:
    """A simulated exchange on a socket, running while the ``with`` block does.

    ``port`` 0 takes a free one. Raises `OSError` on entry when the port cannot be bound.
    """

    def __init__(
        self,
        seed: int = 1,
        rate: float = 10.0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        ping_interval_s: float = 20.0,
        lifetime_s: float = 86_400.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.market = Market(seed, rate)
        # A refill of the same time span needs more calls when more is traded.
        self.venue = Venue(self.market, ping_interval_s, lifetime_s, weight_limit=round(6000 * max(1.0, rate)))
        self.ws_url = self.rest_url = ""
        self._ssl_context = ssl_context
        self._address = host, port
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sim-exchange", daemon=True)

    @property
    def faults(self) -> Faults:
        """The fault switches."""
        return self.venue.faults

    @property
    def alive(self) -> bool:
        """Whether it is being served."""
        return self._thread.is_alive()

    def __enter__(self) -> SimExchange:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.alive:
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(10)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            log.debug("simulated exchange stopped")
        except Exception as error:
            self._failure = error
            if self._ready.is_set():
                log.exception("simulated exchange failed")
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.ensure_future(self._pump())
        await self._main

    async def _pump(self) -> None:
        app = web.Application()
        app[VENUE] = self.venue
        stream.add_routes(app)
        rest.add_routes(app)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, *self._address, ssl_context=self._ssl_context)
            await site.start()
            host, port = runner.addresses[0][:2]
            secure = "s" if self._ssl_context else ""
            self.ws_url, self.rest_url = f"ws{secure}://{host}:{port}", f"http{secure}://{host}:{port}"
            emitter = Emitter(self.venue)
            self._ready.set()
            await emitter.run()
        finally:
            for connection in self.venue.connections:
                connection.transport.abort()
            await runner.cleanup()


def run(settings: Settings, stop: threading.Event) -> int:
    """The role ``sim``: serve until ``stop`` is set; 1 when the exchange failed.

    One line on standard output, ``listening on http://...``, says that it is ready.
    """
    sim = settings.sim
    try:
        with SimExchange(sim.seed, sim.rate, host=sim.host, port=sim.port) as exchange:
            sys.stdout.write(f"listening on {exchange.rest_url}\n")
            sys.stdout.flush()
            log.info("simulated exchange: seed %d, rate %g, %s", sim.seed, sim.rate, exchange.rest_url)
            while exchange.alive:
                if stop.wait(0.5):
                    return 0
    except OSError as error:
        log.error("sim.port: a free port on %s is needed, got %d (%s). Take 0 for any.", sim.host, sim.port, error)
    return 1
