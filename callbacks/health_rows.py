"""What the store says of feed, roles and symbols, as rows of the health page: words, levels, counts."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any, Final

from analytics.live import MarketView
from analytics.market import FLAGS, OPEN_MS, REVISED, TIMEFRAME_MS, name_of
from runtime import metrics
from runtime.metrics import Snapshot, number
from runtime.process import supervised
from store.cache import INGEST_ROLE, RESAMPLE_ROLE

BEATING: Final = ("supervisor", INGEST_ROLE, RESAMPLE_ROLE, "web")
BEHIND_MS: Final = 2_000
NO_BAR_MS: Final = 3 * TIMEFRAME_MS["1m"]

Fields = dict[str, Any]
Rate = dict[str, float | None]


def stages(snapshot: Snapshot, market: MarketView, per_s: Rate, latency: Mapping[str, Any]) -> Fields:
    """The way of a trade, stage by stage; ``per_s`` is how fast each stage's counter grows."""
    return {
        "exchange": _exchange(snapshot),
        "ingest": _ingest(snapshot, per_s),
        "ticks": {
            "word": "OK",
            "level": "ok",
            "value": per_s["stored"],
            "lag": latency["store"]["p50"],
            "held": sum(snapshot.stream_lengths.values()),
        },
        "resample": _resample(snapshot, per_s),
        "bars": _bars(snapshot, market, per_s) | {"lag": latency["bar"]["p50"]},
    }


def symbol_row(snapshot: Snapshot, market: MarketView, symbol: str, holes: tuple[int, int]) -> Fields:
    """One symbol; ``holes``: how many are kept, and how many of them are of this ingestor's time."""
    fields = snapshot.live[symbol]
    state = fields.get("state", "INIT") if metrics.is_alive(snapshot, INGEST_ROLE) else "DOWN"
    counts = {name: number(fields, name) for name in ("ticks", "gaps", "duplicates", "quarantined")}
    flags = market.bars(symbol, "1m").bars[:, FLAGS].astype(int)
    age_ms = metrics.age_ms(fields, metrics.exchange_now_ms(snapshot.feed))
    return {
        "id": symbol,
        "name": name_of(symbol),
        "state": state,
        "dim": state not in ("LIVE", "QUIET"),
        "age": None if age_ms is None else round(age_ms),
        **counts,
        "filled": None if counts["gaps"] is None else filled(counts["gaps"], holes[1], state == "GAP"),
        "unsure": holes[1] > 0,
        "holes": holes[0],
        "revised": int(((flags & REVISED) > 0).sum()),
        "held": snapshot.stream_lengths.get(symbol),
    }


def filled(gaps: float, holes: int, is_open: bool) -> int:
    """Gaps that were filled: exact while none was given up, else the least it can be, as a gap may leave many holes."""
    return max(0, round(gaps) - holes - is_open)


def troubles(snapshot: Snapshot, connected: bool) -> list[str]:
    """What is wrong, in the words of /healthz; empty when all is well."""
    found = [] if connected else ["web: the pages' connection to the store is down"]
    silent_s = metrics.BEAT_LIMIT_MS / 1000
    found += [
        f"{role}: no heartbeat in the past {silent_s:g} s"
        for role in (INGEST_ROLE, RESAMPLE_ROLE)
        if not metrics.is_alive(snapshot, role)
    ]
    if snapshot.feed.get("state") != "LIVE":
        found.append(f"feed: {snapshot.feed.get('state', 'not started')} {snapshot.feed.get('reason', '')}".rstrip())
    return found


def _exchange(snapshot: Snapshot) -> Fields:
    feed, state = snapshot.feed, metrics.feed_state(snapshot)
    simulated = state == "LIVE" and feed.get("simulated") == "1"
    exchange_ms = metrics.exchange_now_ms(feed)
    ages = [age for fields in snapshot.live.values() if (age := metrics.age_ms(fields, exchange_ms)) is not None]
    return {
        "word": "SIMULATED" if simulated else state,
        "level": "sim" if simulated else {"LIVE": "ok", "STARTING": "wait"}.get(state, "bad"),
        "value": min(ages, default=None),
        "venue": feed.get("venue") or None,
        "offset": number(feed, "clock_offset_ms"),
    }


def _ingest(snapshot: Snapshot, per_s: Rate) -> Fields:
    alive = metrics.is_alive(snapshot, INGEST_ROLE)
    return {
        **_role_word(snapshot, INGEST_ROLE),
        "value": per_s["received"] if alive else None,
        "lag": number(snapshot.feed, "latency_ms") if alive else None,
        "reconnects": number(snapshot.feed, "reconnects"),
        "refused": number(snapshot.feed, "refused_frames"),
    }


def _resample(snapshot: Snapshot, per_s: Rate) -> Fields:
    beat, alive = snapshot.beats[RESAMPLE_ROLE], metrics.is_alive(snapshot, RESAMPLE_ROLE)
    lag_ms = number(beat, "lag_ms")
    behind = alive and (lag_ms or 0) > BEHIND_MS
    return {
        **({"word": "BEHIND", "level": "warn"} if behind else _role_word(snapshot, RESAMPLE_ROLE)),
        "value": per_s["read"] if alive else None,
        "lag": lag_ms if alive else None,
        "late": number(beat, "too_late"),
        "revised": number(beat, "revised"),
    }


def _bars(snapshot: Snapshot, market: MarketView, per_s: Rate) -> Fields:
    held = (market.bars(symbol, "1m").bars for symbol in snapshot.live)
    ended_ms = max((int(bars[-1, OPEN_MS]) + TIMEFRAME_MS["1m"] for bars in held if len(bars)), default=None)
    rate, word, level = per_s["bars"], "OK", "ok"
    if ended_ms is None:
        word, level = "NONE YET", "wait"
    elif metrics.exchange_now_ms(snapshot.feed) - ended_ms > NO_BAR_MS:
        word, level = "STALE", "warn"
    value = None if rate is None else round(60 * rate, 1)
    return {"word": word, "level": level, "value": value, "ended": ended_ms}


def _role_word(snapshot: Snapshot, role: str) -> Fields:
    if metrics.beat_age_ms(snapshot, role) is None:
        return {"word": "NOT STARTED", "level": "wait"}
    if not metrics.is_alive(snapshot, role):
        return {"word": "SILENT", "level": "bad"}
    return {"word": "RUNNING", "level": "ok"}


def role_row(snapshot: Snapshot, role: str) -> Fields:
    """One role: what the supervisor says of it, and what it said itself."""
    told, beat = snapshot.roles.get(role, {}), snapshot.beats.get(role, {})
    word = _role_word(snapshot, role)
    # A supervisor that is gone cannot take back what it said.
    if metrics.is_alive(snapshot, "supervisor") and told.get("state") not in (None, "running"):
        word = {"word": str(told["state"]).upper(), "level": "bad"}
    elif role not in BEATING:
        word = {"word": str(told.get("state", "")).upper(), "level": "ok"}
    # The web role's own word comes from the worker, whose memory it is; the supervisor knows its master.
    pid = int(number(beat, "pid") or number(told, "pid") or 0)
    here = supervised() and metrics.is_alive(snapshot, "supervisor")
    return {
        "role": role,
        **word,
        "pid": pid or None,
        "since": number(told, "since_ms") or number(beat, "since_ms"),
        "restarts": number(told, "restarts"),
        "exit": _exit(told.get("exit")) if told else None,
        "beat": metrics.beat_age_ms(snapshot, role),
        "memory": metrics.resident_bytes(pid) if here and pid else None,
    }


def _exit(code: object) -> str:
    """An exit code as people say it.

    >>> _exit(""), _exit(2), _exit(-9)
    ('none', 'code 2', 'SIGKILL')
    """
    if not isinstance(code, int):
        return "none"
    try:
        return signal.Signals(-code).name if code < 0 else f"code {code}"
    except ValueError:
        return f"signal {-code}"


def memory(snapshot: Snapshot, info: Mapping[str, str]) -> Fields:
    """What store (its INFO) and web process hold, in bytes, and how busy the store is."""
    return {
        "store": number(info, "used_memory"),
        "peak": number(info, "used_memory_peak"),
        "limit": number(info, "maxmemory") or None,
        "clients": number(info, "connected_clients"),
        "commands": number(info, "instantaneous_ops_per_sec"),
        "ping": round(snapshot.ping_ms, 2),
        "web": metrics.resident_bytes(os.getpid()),
        "held": sum(snapshot.stream_lengths.values()),
        "streams": len(snapshot.stream_lengths),
    }
