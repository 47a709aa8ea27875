"""GET requests to an exchange: fail-over between hosts, rate limits and bans honoured to the letter."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import urllib3

from ingest.feeds.base import FeedError, UnknownSymbol

log = logging.getLogger(__name__)

BARRED_S = 900.0
"""How long a host that refuses us for where we are (451, 403) is left alone."""
LACKING_S = 3600.0
"""How long a host that does not serve a path is not asked for it."""
FAILED_S = 20.0
"""How long a host that did not answer waits behind the others."""


class RestClient:
    """JSON over HTTPS from the first host that answers.

    * 429 and 418: every call waits until ``Retry-After`` is over (limits are per IP, so all hosts share it).
    * 451 and 403: the host is left alone for 15 minutes and the next one asked.
    * 404, or 400 from something other than the exchange: this host does not serve the path; the next one is asked.
    * Network errors and 5xx: the next host is asked, and the failing one goes to the back for a while.

    Thread-safe. Half of the exchange's weight budget is the most it spends.
    """

    def __init__(self, bases: Sequence[str], *, timeout_s: float = 8.0, ca_file: str = "", weight_limit: int = 3000):
        self._bases = list(bases)
        self._lock = threading.Lock()
        self._not_before: dict[str, float] = {}
        self._lacking: dict[tuple[str, str], float] = {}
        self._quiet_until = self._complain_after = 0.0
        self._weight_limit = weight_limit
        context = ssl.create_default_context(cafile=ca_file or None)
        self._pool = urllib3.PoolManager(
            maxsize=8,
            retries=False,
            ssl_context=context,
            timeout=urllib3.Timeout(connect=min(timeout_s, 5.0), read=timeout_s),
        )

    def get(self, path: str, params: Mapping[str, str | int], *, stop: threading.Event | None = None) -> Any:
        """Answer of ``path``, decoded. Raises `UnknownSymbol`, or `FeedError` when no host gave an answer."""
        problems = []
        for base in self._candidates(path):
            if stop and stop.is_set():
                break
            self._await_quota(stop)
            try:
                answer = self._pool.request("GET", base + path, fields={k: str(v) for k, v in params.items()})
            except urllib3.exceptions.HTTPError as error:
                self._set_back(base, FAILED_S)
                problems.append(f"{base}: {type(error).__name__}")
                continue
            if answer.status == 200:
                self._note_weight(answer.headers.get("X-MBX-USED-WEIGHT-1M"))
                try:
                    return orjson.loads(answer.data)
                except orjson.JSONDecodeError:
                    problems.append(f"{base}: answer is not JSON")
                    continue
            problems.append(self._refused(base, path, answer))
        problem = f"GET {path}: no host answered ({'; '.join(problems) or 'all are barred for now'})"
        if not (stop and stop.is_set()):
            self._complain(problem)
        raise FeedError(problem)

    def _complain(self, problem: str) -> None:
        """Log a failure, the first of each half minute."""
        with self._lock:
            if time.monotonic() < self._complain_after:
                return
            self._complain_after = time.monotonic() + 30
        log.warning(problem)

    def _refused(self, base: str, path: str, answer: urllib3.BaseHTTPResponse) -> str:
        """Act on a status other than 200; the text of the problem."""
        status, text = answer.status, answer.data[:200].decode("utf-8", "replace")
        if status == 400 and '"code":-' in text.replace(" ", ""):  # the exchange itself: every host would say so
            raise (UnknownSymbol if '"code":-1121' in text.replace(" ", "") else FeedError)(f"GET {path}: {text}")
        if status in (418, 429):
            seconds = _seconds(answer.headers.get("Retry-After"), 60.0)
            with self._lock:
                self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)
            log.warning("rate limit: no requests for a while", extra={"status": status, "seconds": seconds})
            raise FeedError(f"GET {path}: status {status}, asked to wait {seconds:.0f} s")
        if status in (400, 404):
            with self._lock:
                self._lacking[base, path] = time.monotonic() + LACKING_S
        elif status in (403, 451):
            self._set_back(base, BARRED_S)
        else:
            self._set_back(base, FAILED_S)
        return f"{base}: status {status} {text[:80]}"

    def _candidates(self, path: str) -> list[str]:
        """Hosts that serve ``path``: the free ones in order, then those that failed lately; barred ones not at all."""
        now = time.monotonic()
        with self._lock:
            usable = [base for base in self._bases if self._lacking.get((base, path), 0.0) <= now]
            waits = {base: self._not_before.get(base, 0.0) - now for base in usable}
        return sorted((base for base in usable if waits[base] <= FAILED_S), key=lambda base: waits[base] > 0)

    def _set_back(self, base: str, seconds: float) -> None:
        with self._lock:
            self._not_before[base] = time.monotonic() + seconds

    def _await_quota(self, stop: threading.Event | None) -> None:
        wait = self._quiet_until - time.monotonic()
        if wait <= 0:
            return
        if wait > 90 or stop is None:
            raise FeedError(f"the exchange asked for silence, {wait:.0f} s more")
        if stop.wait(wait):
            raise FeedError("stopped")

    def _note_weight(self, used: str | None) -> None:
        if used and used.isdigit() and int(used) > self._weight_limit:
            seconds = 60 - time.time() % 60
            with self._lock:
                self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)
            log.warning(
                "half of the request weight is used: waiting", extra={"weight": used, "seconds": round(seconds)}
            )


def _seconds(text: str | None, default: float) -> float:
    try:
        return max(0.0, float(text)) if text else default
    except ValueError:
        return default
