"""The connections of a session: usually one, two while a successor takes over."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from ingest.connection import Connection
from ingest.connector import HEALTHY_S, Connector
from runtime import settings

log = logging.getLogger(__name__)

ROTATE_S = (22.5 * 3600, 23.5 * 3600)
"""Binance cuts every connection at 24 h; ours is replaced before, at a random moment of this hour."""
OVERLAP_S = 10.0


class Links:
    """Opens in the background, replaces before a cut, drops what is silent; works for the session's thread.

    ``changed`` is told of each first connection (True) and of each lost last one (False), with url or reason.
    """

    def __init__(
        self,
        urls: Sequence[str],
        config: settings.Feed,
        *,
        post: Callable[[Callable[[], None]], None],
        changed: Callable[[bool, str], None],
    ):
        self.open: list[Connection] = []
        self._config, self._changed = config, changed
        self._rotate_s = random.uniform(*ROTATE_S)
        self._connector = Connector(
            urls,
            timeout_s=config.connect_timeout_s,
            ca_file=config.ca_file,
            deliver=lambda connection: post(partial(self._opened, connection)),
            failed=lambda reason: post(partial(self._failed, reason)),
        )
        self._connector.want()

    def lost(self, connection: Connection, reason: str) -> None:
        """A connection failed: close it, and open another when it was the last."""
        log.warning("connection lost", extra={"reason": reason})
        connection.close()
        self.open.remove(connection)
        if not self.open:
            self._connector.want(after_failure=time.monotonic() - connection.opened_s < HEALTHY_S)
            self._changed(False, reason)

    def replace(self, connection: Connection, reason: str) -> None:
        """Open a successor; the old connection goes when the new one has run beside it for a while."""
        if self.open and connection is self.open[-1]:
            log.info("replacing the connection", extra={"reason": reason})
            self._connector.want()

    def tidy(self, now_s: float) -> None:
        """Drop what is old or silent."""
        for connection in list(self.open):
            if connection is not self.open[-1] and now_s - self.open[-1].opened_s > OVERLAP_S:
                connection.close()
                self.open.remove(connection)
            elif now_s - connection.last_frame_s > self._config.silent_after_s:
                self.lost(connection, f"no frame for {self._config.silent_after_s:.0f} s")
        if not self.open:
            return
        age_s = now_s - self.open[-1].opened_s
        if age_s > HEALTHY_S:
            self._connector.healthy()
        if age_s > self._rotate_s:
            self._rotate_s = random.uniform(*ROTATE_S)
            self.replace(self.open[-1], "it is nearly a day old")

    def close(self) -> None:
        """Close all, open no more."""
        self._connector.stop()
        for connection in self.open:
            connection.close()

    def _opened(self, connection: Connection) -> None:
        connection.last_frame_s = time.monotonic()
        self.open.append(connection)
        url = connection.url.partition("/stream")[0]
        log.info("connected", extra={"url": url})
        if len(self.open) == 1:
            self._changed(True, url)

    def _failed(self, reason: str) -> None:
        if not self.open:
            self._changed(False, reason)
