"""Where trades come from: the live venue first, the simulated exchange when asked for or when nothing live answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ingest.connection import Connection, ConnectionLost, ConnectionRefused
from ingest.feeds.base import Feed
from ingest.feeds.binance import BinanceFeed
from ingest.rest import RestClient
from runtime.process import SUPERVISED
from runtime.settings import Feed as FeedSettings
from runtime.settings import Settings, environment

APP = Path(__file__).resolve().parent.parent / "app.py"
SIM_READY_S = 10.0
PROBE_EVERY_S = 15.0


def live_feed(settings: Settings, stop: threading.Event) -> Feed:
    """Binance spot at the configured endpoints."""
    config = settings.feed
    rest = RestClient(config.rest_url, timeout_s=config.connect_timeout_s, ca_file=config.ca_file)
    return BinanceFeed(config.ws_url, rest, stop=stop)


class SimulatedExchange:
    """The simulated exchange as a child process, on the same port whenever it is started again."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._port = settings.sim.port
        self._url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start it unless it runs; its base URL. Raises RuntimeError when it does not come up."""
        if self._process and self._process.poll() is None:
            return self._url
        environ = os.environ | environment(self._settings)
        environ |= {"SPREADBOARD_SIM__PORT": str(self._port), SUPERVISED: "1"}  # it ends when its input does
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(APP), "sim"], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._url = self._await_url(self._process)
        self._port = int(self._url.rpartition(":")[2])
        return self._url

    def stop(self) -> None:
        """Stop it."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def feed(self, stop: threading.Event) -> Feed:
        """A feed of the venue ``sim``: same protocol, own symbols, never mixed with live data."""
        url = self.start()
        return BinanceFeed(
            [url.replace("http", "ws", 1)], RestClient([url], weight_limit=1_000_000), venue="sim", stop=stop
        )

    @staticmethod
    def _await_url(process: subprocess.Popen[str]) -> str:
        if process.stdout is None:
            raise RuntimeError("the simulated exchange has no output to tell its address by")
        killer = threading.Timer(SIM_READY_S, process.kill)
        killer.start()
        try:
            for line in process.stdout:
                if line.startswith("listening on "):
                    threading.Thread(target=process.stdout.read, daemon=True).start()
                    return line.split()[-1]
        finally:
            killer.cancel()
        raise RuntimeError(f"the simulated exchange ended with code {process.wait()} before it listened")


class LiveProbe:
    """While simulated data are shown: asks now and then whether a live endpoint answers."""

    def __init__(self, config: FeedSettings, answered: Callable[[bool], None]):
        self._config, self._answered = config, answered
        self._stop = threading.Event()
        threading.Thread(target=self._work, name="probe", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()

    def _work(self) -> None:
        while not self._stop.wait(PROBE_EVERY_S):
            self._answered(any(self._answers(base) for base in self._config.ws_url))

    def _answers(self, base: str) -> bool:
        url = f"{base.rstrip('/')}/stream?streams={self._config.symbols[0].lower()}@trade"
        try:
            Connection.open(url, timeout_s=self._config.connect_timeout_s, ca_file=self._config.ca_file).close()
        except (ConnectionLost, ConnectionRefused):
            return False
        return True
