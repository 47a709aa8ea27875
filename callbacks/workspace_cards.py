"""Cards of workspaces: what the pair page's live message says of a pair, of its leg y, or of several pairs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from analytics.market import symbol_of
from analytics.spec import METHOD
from callbacks.correlation_words import clock, signed
from callbacks.live import Live
from callbacks.query import PairQuery
from callbacks.watched import watched_pairs
from callbacks.words import UNKNOWN, figures, number, span

MAX_PAIRS: Final = 20
_PAIR: Final = re.compile(r"([A-Za-z0-9_:\-]+)\s*/\s*([A-Za-z0-9_:\-]+)")
_SIGNALS: Final = {"short": ("▼ short entry", "down"), "long": ("▲ long entry", "up"), "inside": ("inside", "")}

Card = dict[str, Any]


class Source(NamedTuple):
    """Where cards take their numbers from, and the pairs of the board as they are configured."""

    live: Live
    pairs: Sequence[tuple[str, str]] = ()


class _Seen(NamedTuple):
    """A pair's live numbers: what does not change, what does, and the ages of both legs."""

    about: Mapping[str, Any]
    now: Mapping[str, Any]
    ages: list[int | None]


def pair_card(source: Source, query: PairQuery, _text: str) -> Card:
    """z and what it rests on."""
    seen = _seen(source.live, query)
    now, about = seen.now, seen.about
    signal, tone = _signal(now)
    error = "" if now["hedgeSe"] is None else f" ± {figures(now['hedgeSe'], 2)}"
    rows = [
        ["z", _signed(now["z"], 2), "σ", tone],
        ["Signal", signal, "", tone],
        ["Spread", figures(now["spread"]), "", ""],
        ["Hedge ratio", f"{figures(now['hedge'])}{error}", "", ""],
        ["Correlation", _signed(now["corr"], 3), "", ""],
        ["Half-life", _half(now, about["step"]), "" if now["sure"] else "too long to tell", ""],
        ["Round trip", UNKNOWN if now["cost"] is None else number(now["cost"], 2), "σ", ""],
    ]
    traded = f"last trade {clock(now['time'])} · " if now["time"] else ""
    note = f"{traded}{about['tf']} bars, {about['fit']}"
    return {"rows": rows, "note": note, **_state(now)}


def symbol_card(source: Source, query: PairQuery, _text: str) -> Card:
    """Last trade of leg y."""
    seen = _seen(source.live, query)
    now, age = seen.now, seen.ages[0]
    change, minutes = now["yChange"], now["ySpan"]
    tone = "" if not change else "up" if change > 0 else "down"
    mark = "" if not change else "▲ " if change > 0 else "▼ "
    over = "24 h" if minutes >= 1439 else span(60_000 * minutes)
    state = source.live.market.state(symbol_of(source.live.venue(), query.y))
    rows = [
        ["Last trade", UNKNOWN if now["y"] is None else f"{now['y']:,.{seen.about['yDigits']}f}", "", ""],
        ["Change", UNKNOWN if change is None else f"{mark}{signed(change, 2)} %", f"over {over}", tone],
        ["Came in", UNKNOWN if age is None else f"{span(age)} ago", "", ""],
        ["Feed", state.replace("_", " "), "", ""],
    ]
    silent = state not in ("LIVE", "QUIET", "UPLOADED")
    return {"rows": rows, "note": "last trade, each second", "state": "stale" if silent else "live", "reason": ""}


def watch_card(source: Source, query: PairQuery, text: str) -> Card:
    """One line for each pair that ``text`` names, or for those of the board."""
    pairs, problems = named(source, text)
    lines = [_line(source.live, query._replace(y=y, x=x)) for y, x in pairs[:MAX_PAIRS]]
    if len(pairs) > MAX_PAIRS:
        problems.append(f"Only the first {MAX_PAIRS} of {len(pairs)} pairs are shown.")
    note = f"{query.tf} bars, {METHOD.choices[query.method]}, window {query.window}"
    return {"table": lines, "note": note, "state": "live", "reason": " ".join(problems)}


def named(source: Source, text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs of a watch list, and one sentence for each that cannot be watched."""
    lines = [line.strip() for line in re.split(r"[\n,;]", text) if line.strip()]
    if not lines:
        return watched_pairs(source.pairs, source.live.watched())[0], []
    pairs: list[tuple[str, str]] = []
    problems: list[str] = []
    for line in lines:
        found = _PAIR.fullmatch(line)
        if found is None:
            problems.append(f"{line[:40]!r} is no pair: write it as ETHUSDT/BTCUSDT.")
            continue
        query, wrong = source.live.read(dict(zip(("y", "x"), found.groups(), strict=True)))
        problems += wrong
        if not wrong:
            pairs.append((query.y, query.x))
    return pairs, problems


CARDS: Final[Mapping[str, Callable[[Source, PairQuery, str], Card]]] = {
    "card-pair": pair_card,
    "card-symbol": symbol_card,
    "card-watch": watch_card,
}
"""The cards that are renewed every second."""


def _seen(live: Live, query: PairQuery) -> _Seen:
    message = live.message("pair", str(query), "")
    assert message is not None, "a viewer who has nothing is always told something"
    return _Seen(message["snap"], message["n"], message["a"][1:])


def _line(live: Live, query: PairQuery) -> list[Any]:
    seen = _seen(live, query)
    now = seen.now
    signal, tone = _signal(now)
    state = f"warming up {now['ready']}/{query.window}" if now["state"] == "warming" else now["state"]
    return [
        str(query),
        f"{seen.about['y']} / {seen.about['x']}",
        _signed(now["z"], 2),
        signal,
        _half(now, seen.about["step"]),
        state,
        tone,
    ]


def _state(now: Mapping[str, Any]) -> Card:
    return {"state": now["state"], "reason": now["reason"]}


def _signal(now: Mapping[str, Any]) -> tuple[str, str]:
    words, tone = _SIGNALS.get(now["signal"], (UNKNOWN, ""))
    return (f"{words} · partial" if tone and now["state"] == "partial" else words), tone


def _half(now: Mapping[str, Any], step_ms: int) -> str:
    if now["half"] is None:
        return UNKNOWN
    words = span(now["half"] * step_ms)
    return words if now["sure"] else f"({words})"


def _signed(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else signed(value, digits)
