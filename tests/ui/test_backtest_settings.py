"""The backtest page's settings: from the address, the controls, a cell and the buttons, and back into the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from dash import no_update

from analytics.backtest.rules import Rules
from callbacks import backtest as backtest_page
from callbacks.backtest_choice import FIELDS, VALUES, Held, choose, span_of
from callbacks.backtest_query import BacktestQuery, parse, read
from callbacks.query import PairQuery
from tests.ui.backtest_page import EASY, data_of, query_of
from tests.ui.market import BARS, MINUTE, Market

NAMES = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
DEFAULT = BacktestQuery(PairQuery("ETHUSDT", "BTCUSDT"))


def test_an_address_round_trips_and_every_mistake_is_named() -> None:
    pair = PairQuery("SOLUSDT", "BTCUSDT", "5m", 60, "kalman", "log", (("delta", 0.001), ("noise", 1.0)))
    rules = Rules(entry=2.5, exit=-0.25, stop=4.0, time_stop_half_lives=1.5, sides="long", fee_bps=0.5, gross=500.0)
    jobs = {"rows": "exit", "columns": "stop", "show": "sharpe", "train": 600, "test": 60}
    full = BacktestQuery(pair, rules, tuple(jobs.items()), 1_767_225_600_000, 1_767_229_200_000)
    assert parse(str(full), DEFAULT, NAMES) == full
    wrong = {
        "y": "SOLUSD",
        "entry": "x",
        "exit": "99",
        "sides": "shrt",
        "rows": "exit",
        "columns": "exit",
        "entri": "1",
    }
    query, problems = read(wrong | {"start": "noon"}, DEFAULT, NAMES)
    said = " ".join(problems)
    for part in ("Did you mean SOLUSDT?", "`entry` must", "`exit` must", "Did you mean short?", "`columns` must be"):
        assert part in said
    assert "`entri` is not a setting of this page; did you mean `entry`?" in said
    assert "`start` must be a time" in said
    assert query == DEFAULT
    clash, problems = read({"entry": "2", "exit": "2"}, DEFAULT, NAMES)
    assert (clash, problems) == (DEFAULT, ["`exit` must be below `entry`, got 2.0. `entry` is 2."])
    assert read({"start": "2026-01-02", "end": "2026-01-01"}, DEFAULT, NAMES)[1] == [
        "`end` must be after `start`. The newest bars are used."
    ]


def held(by: str, spec: str, changes: dict[str, Any] | None = None, **more: Any) -> Held:
    """The page with these settings, of which the user changed some."""
    given = dict(parse_qsl(spec)) | (changes or {})
    controls = [given.get(id.removeprefix("backtest-")) for id in VALUES]
    return Held(by, {}, controls, spec, more.get("span"), more.get("load"), more.get("newest"))


def test_controls_cells_and_buttons_change_the_settings(market: Market) -> None:
    spec = str(query_of(market))
    first = choose(Held("", dict(parse_qsl(EASY)), [None] * len(VALUES), "", None, None), market.live)
    assert (first.spec, first.problem, first.held) == (spec, "", "false")
    assert dict(zip(VALUES, first.values, strict=True))["backtest-entry"] == "1"
    changed = choose(held("backtest-entry", spec, {"entry": "1.5"}), market.live)
    assert "entry=1.5&" in changed.spec
    loaded = choose(held("backtest-load", spec, load={"entry": "1.25", "window": "45"}), market.live)
    assert {"entry=1.25", "window=45"} <= set(loaded.spec.split("&"))
    swapped = choose(held("backtest-swap", spec), market.live)
    assert swapped.spec.startswith("y=BTCUSDT&x=ETHUSDT")
    refused = choose(held("backtest-exit", spec, {"exit": "3"}), market.live)
    assert refused.spec is no_update
    assert "`exit` must be below `entry`" in refused.problem
    assert [id for id, look in zip(FIELDS, refused.looks, strict=True) if "wrong" in look] == ["backtest-exit"]
    assert "`fee_bps` is empty" in choose(held("backtest-fee_bps", spec, {"fee_bps": ""}), market.live).problem


def test_a_span_is_held_in_the_address_and_let_go(market: Market) -> None:
    query = query_of(market)
    page = backtest_page.made(query, market.live, data_of(market), None, None)
    span = span_of(page.span, query)
    assert span == (market.first_ms, market.first_ms + BARS * MINUTE)
    pinned = choose(held("backtest-hold", str(query), span=page.span), market.live)
    assert pinned.held == "true"
    there = query_of(market, pinned.spec)
    assert (there.start_ms, there.end_ms) == span
    assert span_of(page.span, there) == span
    assert choose(held("backtest-hold", pinned.spec, span=page.span), market.live).spec == str(query)
    newest = choose(held("backtest-newest", pinned.spec, span=page.span, newest=3), market.live)
    assert (newest.spec, newest.fresh) == (str(query), 3)
    moved = choose(held("backtest-tf", pinned.spec, {"tf": "5m"}, span=page.span), market.live)
    assert "start=" not in moved.spec
    elsewhere = there._replace(start_ms=market.first_ms + 20 * MINUTE)
    assert span_of(page.span, elsewhere) is None
    part = backtest_page.made(elsewhere, market.live, data_of(market), page.span, None)
    assert part.span["start"] == market.first_ms + 20 * MINUTE
