"""Prometheus metrics: what this web process counts, and what the store says of everybody else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from store import Store
from store.cache import INGEST_ROLE, SILENT_S

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BEAT_LIMIT_MS: Final = 1000 * SILENT_S
"""A role whose last heartbeat is older is taken for dead, and the feed with its ingestor."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_registry = CollectorRegistry()
ProcessCollector(registry=_registry)
_durations = Histogram(
    "spreadboard_request_seconds",
    "Time to answer, by route.",
    ("method", "route", "status"),
    registry=_registry,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
)
_streams = Gauge("spreadboard_event_streams", "Open server-sent event streams.", registry=_registry)


class Snapshot(NamedTuple):
    """What the store knew of the feed, the roles and the symbols at one moment."""

    ping_ms: float
    feed: Mapping[str, str]
    roles: Mapping[str, Mapping[str, object]]
    """By role, as the supervisor put it."""
    beats: Mapping[str, Mapping[str, str]]
    """By role, as the role put it; empty when it never spoke."""
    live: Mapping[str, Mapping[str, str]]
    """By symbol."""
    stream_lengths: Mapping[str, int]


def read(store: Store, beating: tuple[str, ...]) -> Snapshot:
    """Ask the store. ``beating`` names the roles whose heartbeat is wanted. Raises `StoreError`."""
    ping_ms = store.ping()
    symbols = store.status.symbols()
    return Snapshot(
        ping_ms=ping_ms,
        feed=store.status.feed(),
        roles=store.status.roles(),
        beats={role: store.status.health(role) for role in beating},
        live=store.live.read_many(symbols) if symbols else {},
        stream_lengths={symbol: store.ticks.length(symbol) for symbol in symbols},
    )


def number(fields: Mapping[str, object], name: str) -> float | None:
    """A field as a number; None when it is absent or is not one."""
    try:
        return float(str(fields[name]))
    except (KeyError, ValueError):
        return None


def exchange_now_ms(feed: Mapping[str, str]) -> float:
    """The exchange's clock: ours plus the offset that the ingestor measured."""
    return time.time() * 1000 + (number(feed, "clock_offset_ms") or 0.0)


def age_ms(fields: Mapping[str, str], exchange_ms: float) -> float | None:
    """Milliseconds since the last trade of a ``live`` hash, by the exchange's clock; None when there was none."""
    traded = number(fields, "time_ms")
    return None if traded is None else max(0.0, exchange_ms - traded)


def beat_age_ms(snapshot: Snapshot, role: str) -> float | None:
    """Milliseconds since a role last spoke; None when it never did."""
    beat = number(snapshot.beats.get(role, {}), "beat_ms")
    return None if beat is None else max(0.0, time.time() * 1000 - beat)


def is_alive(snapshot: Snapshot, role: str) -> bool:
    """Whether a role spoke lately."""
    age = beat_age_ms(snapshot, role)
    return age is not None and age <= BEAT_LIMIT_MS


def feed_state(snapshot: Snapshot) -> str:
    """State of the feed; DOWN when the ingestor, whose words they are, is gone."""
    state = snapshot.feed.get("state", "DOWN")
    return state if is_alive(snapshot, INGEST_ROLE) else "DOWN"


def resident_bytes(pid: int) -> int | None:
    """Memory that a process of this machine holds; None when it is gone, or where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def render(snapshot: Snapshot | None) -> bytes:
    """All metrics in Prometheus' text format; without a snapshot (the store is away) only this process's own."""
    told = CollectorRegistry()
    told.register(_Told(snapshot))
    return generate_latest(_registry) + generate_latest(told)


def observe(server: Flask) -> None:
    """Measure every request of ``server`` and count its open event streams.

    The label is the route's pattern, never what a client wrote.
    """

    def begin() -> None:
        g.metrics_began = time.perf_counter()

    def end(response: Response) -> Response:
        began = g.pop("metrics_began", None)
        if began is not None:
            route = request.url_rule.rule if request.url_rule else "none"
            method = request.method if request.method in _METHODS else "other"
            _durations.labels(method, route, response.status_code).observe(time.perf_counter() - began)
        if response.mimetype == "text/event-stream":
            _streams.inc()
            response.call_on_close(_streams.dec)
        return response

    server.before_request(begin)
    server.after_request(end)


class _Told(Collector):
    """The store's words as metrics."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot
        yield GaugeMetricFamily("spreadboard_store_up", "1 when the store answers.", float(snapshot is not None))
        if snapshot is not None:
            yield GaugeMetricFamily("spreadboard_store_ping_seconds", "Round trip.", snapshot.ping_ms / 1000)
            yield from self._feed(snapshot)
            yield from self._symbols(snapshot)
            yield from self._roles(snapshot)

    def _feed(self, snapshot: Snapshot) -> Iterator[Metric]:
        labels = ("source", "venue")
        values = [snapshot.feed.get(label, "") for label in labels]
        up = GaugeMetricFamily("spreadboard_feed_live", "1 when trades are coming in.", labels=labels)
        up.add_metric(values, float(feed_state(snapshot) == "LIVE"))
        yield up
        simulated = GaugeMetricFamily("spreadboard_feed_simulated", "1 when the trades are simulated.", labels=labels)
        simulated.add_metric(values, float(snapshot.feed.get("simulated") == "1"))
        yield simulated
        latency = number(snapshot.feed, "latency_ms")
        if latency is not None:
            text = "Median from the exchange's event time to receipt."
            yield GaugeMetricFamily("spreadboard_feed_latency_seconds", text, latency / 1000)
        reconnects = number(snapshot.feed, "reconnects")
        if reconnects is not None:
            yield CounterMetricFamily("spreadboard_feed_reconnects", "Connections that had to be replaced.", reconnects)

    def _symbols(self, snapshot: Snapshot) -> Iterator[Metric]:
        for name, text in (
            ("ticks", "Trades stored."),
            ("gaps", "Jumps in trade ids."),
            ("duplicates", "Trades that came again."),
            ("quarantined", "Messages that were refused."),
        ):
            counter = CounterMetricFamily(f"spreadboard_{name}", text, labels=("symbol",))
            for symbol, fields in snapshot.live.items():
                counter.add_metric([symbol], number(fields, name) or 0.0)
            yield counter
        ages = GaugeMetricFamily("spreadboard_last_trade_age_seconds", "Since the last trade.", labels=("symbol",))
        exchange_ms = exchange_now_ms(snapshot.feed)
        for symbol, fields in snapshot.live.items():
            age = age_ms(fields, exchange_ms)
            if age is not None:
                ages.add_metric([symbol], age / 1000)
        yield ages
        lengths = GaugeMetricFamily("spreadboard_stream_length", "Trades held in the tick stream.", labels=("symbol",))
        for symbol, length in snapshot.stream_lengths.items():
            lengths.add_metric([symbol], length)
        yield lengths

    def _roles(self, snapshot: Snapshot) -> Iterator[Metric]:
        lag = number(snapshot.beats.get("resample", {}), "lag_ms")
        if lag is not None:
            text = "How far the resampler is behind the tick streams."
            yield GaugeMetricFamily("spreadboard_resampler_lag_seconds", text, lag / 1000)
        beats = GaugeMetricFamily("spreadboard_role_beat_age_seconds", "Since the last heartbeat.", labels=("role",))
        for role in snapshot.beats:
            age = beat_age_ms(snapshot, role)
            if age is not None:
                beats.add_metric([role], age / 1000)
        yield beats
        restarts = CounterMetricFamily("spreadboard_role_restarts", "Restarts by the supervisor.", labels=("role",))
        for role, told in snapshot.roles.items():
            restarts.add_metric([role], number(told, "restarts") or 0.0)
        yield restarts
