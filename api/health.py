"""GET /healthz and GET /metrics: whether the board can be trusted right now."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response

from api.tables import to_json
from runtime import metrics
from runtime.metrics import Snapshot, age_ms, exchange_now_ms, number
from store import Store, StoreError
from store.cache import MarketCache

NEEDED_ROLES: Final = ("ingest", "resample")
"""Without these no number on the page is current."""
PATIENCE_S: Final = 0.7
"""Probes give up after a second or so; a store that hangs must be reported within that."""


class Probe:
    """Asks the store with a bound on the wait; askers that come meanwhile share the answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._lock = threading.Lock()
        self._asking: Future[Snapshot] | None = None

    def read(self) -> Snapshot | str:
        """What the store says, or in words why it says nothing."""
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = self._worker.submit(metrics.read, self._store, NEEDED_ROLES)
            asking = self._asking
        try:
            return asking.result(PATIENCE_S)
        except TimeoutError:
            return f"no answer within {PATIENCE_S} s"
        except StoreError as error:
            return str(error)


def install(blueprint: Blueprint, store: Store, cache: MarketCache) -> None:
    """Add both paths."""
    probe = Probe(store)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """200 when everything that a current number needs is in order, else 503; the reasons are in the body."""
        report = judge(probe.read(), cache.connected)
        status = HTTPStatus.SERVICE_UNAVAILABLE if report["reasons"] else HTTPStatus.OK
        return Response(to_json(report), status.value, mimetype="application/json")

    @blueprint.get("/metrics")
    def prometheus() -> Response:
        """Prometheus' text format."""
        answer = probe.read()
        text = metrics.render(answer if isinstance(answer, Snapshot) else None)
        return Response(text, content_type=metrics.CONTENT_TYPE)


def judge(answer: Snapshot | str, cache_connected: bool) -> dict[str, Any]:
    """The health document; ``reasons`` is empty when all is well."""
    reasons = [] if cache_connected else ["web: the pages' connection to the store is down"]
    if isinstance(answer, str):
        return _document([*reasons, f"redis: {answer}"], None, {})
    roles = {role: _role(answer, role) for role in NEEDED_ROLES}
    roles["web"] = {**answer.roles.get("web", {}), "alive": cache_connected}
    silent_s = metrics.BEAT_LIMIT_MS / 1000
    reasons += [f"{role}: no heartbeat in the past {silent_s:g} s" for role in NEEDED_ROLES if not roles[role]["alive"]]
    if answer.feed.get("state") != "LIVE":
        reasons.append(f"feed: {answer.feed.get('state', 'not started')} {answer.feed.get('reason', '')}".rstrip())
    return _document(reasons, answer, roles)


def _document(reasons: list[str], answer: Snapshot | None, roles: Mapping[str, Any]) -> dict[str, Any]:
    feed = answer.feed if answer else {}
    exchange_ms = exchange_now_ms(feed)
    return {
        "status": "unavailable" if reasons else "ok",
        "reasons": reasons,
        "feed": {
            "source": feed.get("source"),
            "venue": feed.get("venue"),
            "state": metrics.feed_state(answer) if answer else "UNKNOWN",
            "simulated": feed.get("simulated") == "1" if feed else None,
        },
        "redis": "ok" if answer else "down",
        "roles": roles,
        "symbols": {name: _symbol(fields, exchange_ms) for name, fields in answer.live.items()} if answer else {},
    }


def _role(answer: Snapshot, role: str) -> dict[str, Any]:
    age = metrics.beat_age_ms(answer, role)
    told = answer.roles.get(role, {})
    return {**told, "alive": metrics.is_alive(answer, role), "beat_age_ms": None if age is None else round(age)}


def _symbol(fields: Mapping[str, str], exchange_ms: float) -> dict[str, Any]:
    age = age_ms(fields, exchange_ms)
    counts = {name: int(number(fields, name) or 0) for name in ("ticks", "gaps", "duplicates")}
    return {"state": fields.get("state", "INIT"), "age_ms": None if age is None else round(age), **counts}
