"""The health page's numbers: read from the store every two seconds while somebody looks, once for all who do."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import dash
from dash import ClientsideFunction, Input, Output

from callbacks import health_rows as rows
from callbacks.health_rows import Fields
from callbacks.latency import EDGES_MS, SPAN_S, Latencies
from runtime import metrics
from runtime.metrics import Snapshot, number
from store import Store, StoreError, open_store
from store.cache import INGEST_ROLE, RESAMPLE_ROLE

if TYPE_CHECKING:
    from runtime.settings import Settings
    from store.cache import MarketCache

READ_EVERY_S: Final = 1.5
STORE_TIMEOUT_S: Final = 1.0
RATE_S: Final = 60.0
RATE_LEAST_S: Final = 3.0
COUNTED: Final = ("received", "stored", "read", "bars")


def register(app: dash.Dash, cache: MarketCache, settings: Settings) -> None:
    """Tie the page's clock to its numbers. ``sent`` goes back with the answer, and how long it was worked on: the
    browser times the way, and sets its clock, with both."""
    view = HealthView(cache, settings)

    @app.callback(Output("health-message", "data"), Input("health-ask", "data"), prevent_initial_call=True)
    def health(sent: object) -> Fields:
        began_s = time.perf_counter()
        message = view.message()
        return {**message, "sent": sent, "work": round(1000 * (time.perf_counter() - began_s), 1)}

    app.clientside_callback(
        ClientsideFunction("sb", "askHealth"),
        Output("health-ask", "data"),
        Input("health-clock", "n_intervals"),
    )
    app.clientside_callback(
        ClientsideFunction("sb", "health"), Input("health-message", "data"), prevent_initial_call=True
    )


class Rates:
    """How fast counters grow over the last minute; a counter that fell has begun anew, and so does the measuring."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, dict[str, float]]] = deque()

    def take(self, counts: dict[str, float], now_s: float) -> None:
        """Note the counters as they are at ``now_s``."""
        if self._taken:
            before = self._taken[-1][1]
            if before.keys() != counts.keys() or any(counts[name] < before[name] for name in counts):
                self._taken.clear()
        self._taken.append((now_s, counts))
        while now_s - self._taken[0][0] > RATE_S:
            self._taken.popleft()

    def per_s(self) -> dict[str, float | None]:
        """Growth a second of each of `COUNTED`; None until it has been watched for some seconds."""
        (first_s, first), (last_s, last) = self._taken[0], self._taken[-1]
        span_s = last_s - first_s
        return {
            name: round((last[name] - first[name]) / span_s, 2) if name in last and span_s >= RATE_LEAST_S else None
            for name in COUNTED
        }


class HealthView:
    """What every viewer of the page is sent; thread-safe."""

    def __init__(self, cache: MarketCache, settings: Settings) -> None:
        self._cache = cache
        self._url = settings.redis.url
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._read_s = -READ_EVERY_S
        self._rates = Rates()
        self._held: Fields = {}
        self.latencies = Latencies(lambda: number(cache.feed(), "clock_offset_ms") or 0.0)

    def message(self) -> Fields:
        """The page's whole content, read anew when older than `READ_EVERY_S`; ``store``: why that failed, or empty."""
        with self._lock:
            if time.monotonic() - self._read_s >= READ_EVERY_S:
                try:
                    self._held = self._read() | {"store": ""}
                except StoreError as error:
                    self._held = {**self._held, "store": str(error), "troubles": [f"store: {error}"]}
                self._read_s = time.monotonic()
            exchange_ms = metrics.exchange_now_ms(self._cache.feed())
            return {**self._held, "now": round(time.time() * 1000), "exchange": round(exchange_ms)}

    def _read(self) -> Fields:
        if self._store is None:
            self._store = open_store(self._url, STORE_TIMEOUT_S)
        store = self._store
        self.latencies.listen(store)
        snapshot, info = metrics.read(store, rows.BEATING), store.info()
        since_ms = int(number(snapshot.roles.get(INGEST_ROLE, {}), "since_ms") or 0)
        holes = store.status.hole_counts(snapshot.live, since_ms)
        self._rates.take(_counts(snapshot), time.monotonic())
        latency = self.latencies.summary()
        return {
            "at": round(time.time() * 1000),
            "troubles": rows.troubles(snapshot, self._cache.connected),
            "stages": rows.stages(snapshot, self._cache, self._rates.per_s(), latency),
            "latency": {"edges": EDGES_MS, "span_ms": 1000 * SPAN_S, "kinds": latency},
            "symbols": [
                rows.symbol_row(snapshot, self._cache, symbol, holes[symbol]) for symbol in sorted(snapshot.live)
            ],
            "late": number(snapshot.beats[RESAMPLE_ROLE], "too_late"),
            "roles": [rows.role_row(snapshot, role) for role in dict.fromkeys((*rows.BEATING, *snapshot.roles))],
            "memory": rows.memory(snapshot, info),
        }


def _counts(snapshot: Snapshot) -> dict[str, float]:
    """Counters under names that change with the watched symbols, so that rates begin anew with them."""
    ingest, resample = snapshot.beats[INGEST_ROLE], snapshot.beats[RESAMPLE_ROLE]
    told = {
        "received": number(ingest, "received"),
        "read": number(resample, "ticks"),
        "bars": number(resample, "bars"),
        "stored": sum(number(fields, "ticks") or 0 for fields in snapshot.live.values()),
    }
    return {name: count for name, count in told.items() if count is not None} | dict.fromkeys(snapshot.live, 0.0)
