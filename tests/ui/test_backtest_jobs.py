"""The backtest page's jobs: shared, bounded, ended in time; and what the tests on demand find."""

from __future__ import annotations

import threading
from typing import Any

from analytics.backtest.look_ahead import Difference
from analytics.measure import NotTestable
from callbacks import backtest as backtest_page
from callbacks import backtest_panels as panels
from callbacks.backtest_data import Span
from callbacks.backtest_jobs import Looked, asked, key, work
from callbacks.backtest_results import RESULTS
from callbacks.jobs import FORGOTTEN_S, MAX_WAITING, Cancelled, Jobs, Progress
from tests.ui.backtest_page import EASY, data_of, query_of, study_of
from tests.ui.harness import wait_for
from tests.ui.market import Market


class Clock:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_jobs_are_shared_bounded_and_end_when_nobody_waits() -> None:
    clock, jobs, go = Clock(), None, threading.Event()
    jobs = Jobs(1, clock)
    runs = []

    def slow(tell: Any) -> str:
        runs.append(1)
        tell(1, 3)
        assert go.wait(10)
        tell(2, 3)
        return "found"

    assert jobs.ask("a", "me").state == ""
    jobs.start("a", slow, "me")
    jobs.start("a", slow, "you")
    wait_for(lambda: jobs.ask("a", "me").done == 1, 5)
    assert jobs.leave("a", "me").state == "cancelled"
    go.set()
    wait_for(lambda: jobs.ask("a", "you").state == "done", 5)
    assert jobs.ask("a", "you") == Progress("done", result="found")
    assert jobs.start("a", slow, "later").state == "done"
    assert runs == [1]

    go.clear()
    jobs.start("b", slow, "me")
    wait_for(lambda: jobs.ask("b", "me").done == 1, 5)
    for at in range(MAX_WAITING - 1):
        assert jobs.start(f"waits {at}", lambda tell: tell(0, 1), "me").state == "waiting"
    assert jobs.start("too much", slow, "me").state == "full"
    assert jobs.leave("b", "me").state == "cancelled"
    go.set()
    wait_for(lambda: jobs.ask("b", "me").state == "cancelled", 5)
    jobs.close()


def test_a_job_whose_viewers_left_is_given_up_and_a_failure_is_told() -> None:
    clock = Clock()
    jobs = Jobs(1, clock)
    seen: list[BaseException] = []

    def abandoned(tell: Any) -> None:
        clock.now += FORGOTTEN_S + 1
        try:
            tell(1, 2)
        except Cancelled as error:
            seen.append(error)
            raise

    def broken(_tell: Any) -> None:
        raise ValueError("no window leaves a bar to trade")

    jobs.start("gone", abandoned, "me")
    wait_for(lambda: jobs.ask("gone", "me").state == "cancelled", 5)
    assert len(seen) == 1
    jobs.start("bad", broken, "me")
    wait_for(lambda: jobs.ask("bad", "me").state == "failed", 5)
    assert jobs.ask("bad", "me").error == "no window leaves a bar to trade"
    jobs.close()


def test_every_test_on_demand_agrees_with_the_single_run(market: Market) -> None:
    data = data_of(market)
    query = query_of(market, f"{EASY}&rows=entry&columns=exit&train=80&test=40")
    span = data.newest(query.pair.spec("sim"))
    assert span
    single = study_of(market)
    made = {kind: work(kind, asked(kind, query, "sim", span), data)(lambda _done, _total: None) for kind in RESULTS}
    heat = made["heat"].heat
    at = heat.rows.values.index(1.0), heat.columns.values.index(0.0)
    assert heat.net[at] == single.run.equity[-1]
    assert heat.trades[at] == len(single.run.trades)
    assert made["estimators"]["ols"].run.equity[-1] == single.run.equity[-1]
    assert made["look"].differences == ()
    assert [len(made["walk"].found.folds), made["walk"].train, made["walk"].test] == [3, 80, 40]
    what = asked("heat", query, "sim", span)
    # Loading a cell does not make another heatmap of it; a value that is no cell, or another rule, does.
    moved = [query_of(market, f"{EASY}&{more}") for more in ("exit=0.5", "exit=0.51", "stop=4")]
    keys = [key("heat", what._replace(rules=each.rules)) == key("heat", what) for each in moved]
    assert keys == [True, False, False]
    shown = RESULTS["heat"](made["heat"], what, "net")
    trace = shown.figure["traces"][0]
    assert trace["customdata"][at[0]][at[1]] == "entry=1&exit=0"
    assert trace["z"][at[0]][at[1]] == heat.net[at]
    # An exit at or above the entry was not run, and a cell without a trade says nothing.
    assert trace["z"][0][heat.columns.values.index(1.0)] is None
    best = [axis.values[at] for axis, at in zip((heat.rows, heat.columns), heat.best, strict=True)]
    assert shown.best == dict(zip(("entry", "exit"), map("{:g}".format, best), strict=True))
    windows = query_of(market, f"{EASY}&rows=window&columns=entry")
    found = work("heat", asked("heat", windows, "sim", span), data)(lambda _done, _total: None)
    assert found.left_out == (240.0, 360.0, 480.0, 720.0, 1000.0)
    assert found.from_row == 180


def test_a_panel_waits_runs_ends_and_clears(market: Market) -> None:
    data, jobs, query = data_of(market), Jobs(1), query_of(market)
    page = backtest_page.made(query, market.live, data, None, None)

    def look(by: str, shown: str = "", spec: str = str(query)) -> panels.Panel:
        return panels.panel("look", panels.Ask(by, spec, page.ran, page.span, "me", shown), market.live, data, jobs)

    before = look("ran")
    assert (before.ready, before.idle, before.body.startswith("Not run for these settings")) == (True, True, True)
    assert look("ran", before.shown) == panels.Panel(ready=True)
    # Another test than the one on the page: 1.5 begins as 1 does.
    other = look("spec", spec=str(query_of(market, EASY.replace("entry=1", "entry=1.5"))))
    assert other == panels.Panel(ready=False)
    nothing = panels.panel("look", panels.Ask("ran", str(query), "nothing", None, "me", ""), market.live, data, jobs)
    assert (nothing.ready, nothing.body) == (False, "There is nothing to test above")
    started = look("run", before.shown)
    assert (started.idle, started.shown) == (False, "")
    wait_for(lambda: look("poll").idle, 20)
    done = look("poll")
    assert done.note == "none of 200 bars differ"
    assert look("poll", done.shown) == panels.Panel(ready=True)
    jobs.close()


def test_a_value_that_knew_the_future_is_listed() -> None:
    found = Looked((Difference("z", 7, 9, 1.0, 2.0), Difference("equity", 7, 9, 0.0, 3.5)), 100, ("z", "equity"), 20)
    shown = RESULTS["look"](found, None)
    assert shown.note == "1 of 100 bars differs"
    assert "half" not in str(shown.body)
    assert "equity" in str(shown.body[1])
    assert RESULTS["look"](Looked((), 100, ("z",), 20), None).note == "none of 100 bars differ"


def test_too_short_for_a_walk_forward_is_said(market: Market) -> None:
    data, query = data_of(market), query_of(market, f"{EASY}&train=300")
    span = data.newest(query.pair.spec("sim"))
    assert span
    found = work("walk", asked("walk", query, "sim", span), data)(lambda _done, _total: None)
    assert isinstance(found.found, NotTestable)
    assert "300 bars" in RESULTS["walk"](found, None).figure["reason"]
    assert Span(*span) == span
