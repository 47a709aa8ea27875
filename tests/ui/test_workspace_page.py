"""The workspace page: widgets of any page in the user's own order, kept, shared and renewed at their own bars."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from callbacks.widgets import Desk, Drawn, Widget, widgets
from callbacks.workspace import answer
from callbacks.workspace_cards import Source, named
from callbacks.workspace_draw import FAILED, Drawings
from layouts.workspace import CARDS, STARTERS
from store.workspaces import mistakes
from tests.ui.full_market import Full
from tests.ui.harness import Board, changes, text, until, wait_for

SET = {"y": "ETHUSDT", "x": "BTCUSDT", "tf": "1m", "window": 60, "method": "ols"}
KEY = "spreadboard.workspaces"
DRAWN = "document.getElementById('workspace-w{}').dataset.state === 'drawn'"
SMALL: dict[str, Any] = {
    "version": 1,
    "name": "Small",
    "pair": {**SET, "scale": "level"},
    "widgets": [
        {"kind": "pair-z", "x": 0, "y": 0, "w": 6, "h": 8, "set": {}},
        {"kind": "card-pair", "x": 6, "y": 0, "w": 3, "h": 8, "set": {"window": 40}},
        {"kind": "card-notes", "x": 9, "y": 0, "w": 3, "h": 8, "set": {}, "text": "mind the gap"},
    ],
}


def wants(kind: str, have: str = "", id: str = "workspace-w1", **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "set": SET, "text": "", "key": "k", "have": have} | more


def ask(full: Full, drawings: Drawings, *wanted: dict[str, Any]) -> dict[str, Any]:
    """Ask until everything is drawn."""
    source = Source(full.live, [("ETHUSDT", "BTCUSDT")])
    last: dict[str, Any] = {}

    def done() -> bool:
        last.update(answer(source, drawings, {"at": 1, "widgets": list(wanted)}))
        return not last["rest"]

    wait_for(done)
    return last


def test_every_starting_point_is_a_good_layout_of_known_widgets() -> None:
    known = {*widgets(), *CARDS}
    for each in STARTERS.values():
        assert {place[0] for place in each.widgets} <= known
        placed: list[dict[str, Any]] = [
            dict(zip(("kind", "x", "y", "w", "h"), place, strict=True)) for place in each.widgets
        ]
        assert mistakes({"version": 1, "name": each.name, "pair": {**each.settings}, "widgets": placed}) == []
        cells = [(p["x"] + x, p["y"] + y) for p in placed for x in range(p["w"]) for y in range(p["h"])]
        assert len(cells) == len(set(cells)), "no widget lies on another"


def test_what_the_page_has_already_is_not_sent_again(full: Full) -> None:
    drawings = Drawings(full.desk)
    first = ask(full, drawings, wants("pair-z"))["made"][0]
    expected = widgets()["pair-z"].draw(full.desk, full.live.read(SET)[0].spec("sim"))
    assert first["figure"] == expected.record("workspace-w1")
    assert first["note"] == expected.note
    assert ask(full, drawings, wants("pair-z", first["version"]))["made"] == []
    other = wants("pair-z", first["version"], set=SET | {"window": 40})
    assert ask(full, drawings, other)["made"][0]["version"] != first["version"]


def test_a_slow_widget_holds_up_nothing_else(full: Full, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def slow(desk: Desk, spec: Any) -> Drawn:
        gate.wait(30)
        return Drawn(reason="late")

    def broken(desk: Desk, spec: Any) -> Drawn:
        raise RuntimeError("no")

    more = {name: Widget(name, name, "", "/pair", draw) for name, draw in (("slow", slow), ("broken", broken))}
    monkeypatch.setattr("callbacks.workspace_draw.widgets", lambda: {**widgets(), **more})
    monkeypatch.setattr("callbacks.workspace.widgets", lambda: {**widgets(), **more})
    drawings = Drawings(full.desk)
    asked = [wants("slow", id="a"), wants("broken", id="b"), wants("card-pair", id="c"), wants("nothing", id="d")]
    found = answer(Source(full.live), drawings, {"at": 7, "widgets": asked})
    assert (found["at"], found["rest"]) == (7, ["a"])
    made = {one["id"]: one for one in found["made"]}
    assert made["b"]["figure"]["reason"] == FAILED
    assert made["d"]["figure"]["reason"] == "There is no widget 'nothing' here. Remove it."
    gate.set()
    assert ask(full, drawings, wants("slow", id="a"))["made"][0]["figure"]["reason"] == "late"


def test_a_mistake_in_the_settings_stands_in_the_widget(full: Full) -> None:
    wrong = wants("pair-z", set=SET | {"y": "NOPE", "window": 5})
    reason = ask(full, Drawings(full.desk), wrong)["made"][0]["figure"]["reason"]
    assert "`y` must be a watched symbol" in reason
    assert "`window` must be a whole number" in reason


def test_cards_say_what_the_pair_page_says(full: Full) -> None:
    made = ask(full, Drawings(full.desk), wants("card-pair", id="a"), wants("card-watch", id="b"))["made"]
    cards = {one["id"]: one["card"] for one in made}
    message = full.live.message("pair", "y=ETHUSDT&x=BTCUSDT&tf=1m&window=60", "")
    assert message is not None
    rows = {row[0]: row[1] for row in cards["a"]["rows"]}
    z = message["n"]["z"]
    assert rows["z"] == ("–" if z is None else f"{z:+.2f}".replace("-", "−"))
    assert rows["Hedge ratio"].startswith(f"{message['n']['hedge']:.3g}"[:4])
    assert cards["a"]["state"] == message["n"]["state"]
    assert cards["b"]["table"][0][1] == "ETHUSDT / BTCUSDT"


def test_a_watch_list_names_what_it_cannot_watch(full: Full) -> None:
    pairs, problems = named(Source(full.live), "BTCUSDT/ETHUSDT\nnonsense\nNOPE / BTCUSDT")
    assert pairs == [("BTCUSDT", "ETHUSDT")]
    assert "'nonsense' is no pair" in problems[0]
    assert "`y` must be a watched symbol" in problems[1]


def open_page(page: Page, board: Board, address: str = "", layout: dict[str, Any] | None = None) -> None:
    """Open the page, in a browser that holds one layout if any."""
    if layout:
        held = {"version": 1, "current": 0, "layouts": [layout]}
        page.add_init_script(f"localStorage['{KEY}'] ||= {json.dumps(json.dumps(held))}")
    page.goto(f"{board.url}/workspace{address}")
    page.wait_for_selector("#workspace-tabs [aria-current]")
    until(page, "Boolean(sb.workspaceView.about())")


def place(page: Page, at: int) -> list[int]:
    found: list[int] = page.evaluate(f"(({{x, y, w, h}}) => [x, y, w, h])(sb.workspace.widgets()[{at}])")
    return found


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_starting_point_is_drawn_in_both_themes(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_page(page, board)
    expect(page.locator("#workspace-empty")).to_contain_text("This workspace is empty")
    page.locator("[data-starter='stat-arb']").click()
    until(page, DRAWN.format(2))
    expect(page.locator("#workspace-w2-note")).to_contain_text(re.compile(r"as of \d\d:\d\d:00 UTC"))
    expect(page.locator("#workspace-w1-panel .workspace-facts")).to_contain_text("Hedge ratio")
    expect(page.locator("#workspace-tabs [aria-current]")).to_have_text("Stat-arb")
    assert "NaN" not in text(page, "workspace-grid")
    page.reload()
    until(page, "document.querySelectorAll('#workspace-grid > .panel').length === 7")


@pytest.mark.browser
def test_what_is_drawn_is_what_the_api_says(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    until(page, DRAWN.format(1))

    # A bar may close between the two looks.
    def agree() -> bool:
        said = page.request.get(f"{board.url}/api/v1/pair?y=ETHUSDT&x=BTCUSDT&timeframe=1m&window=60&limit=1").json()
        newest = page.evaluate("document.getElementById('workspace-w1').data[0].y.at(-1)")
        return bool(newest == pytest.approx(said["series"][-1]["z"], rel=1e-5))

    wait_for(agree)
    expect(page.locator("#workspace-w2-panel .note").first).to_contain_text("OLS of the 40 before each")


@pytest.mark.browser
def test_widgets_are_moved_by_hand_and_by_keys(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    page.wait_for_selector("#workspace-w3-panel")
    title = page.locator("#workspace-w3-panel h2").bounding_box()
    assert title is not None
    page.mouse.move(title["x"] + 5, title["y"] + 5)
    page.mouse.down()
    page.mouse.move(title["x"] - 400, title["y"] + 10, steps=4)
    page.mouse.move(title["x"] - 1010, title["y"] + 10, steps=4)
    page.mouse.up()
    assert place(page, 2) == [0, 0, 3, 8]
    assert place(page, 0) == [0, 8, 6, 8], "what lay there made way"
    corner = page.locator("#workspace-w3-panel .workspace-corner").bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + 8, corner["y"] + 8)
    page.mouse.down()
    page.mouse.move(corner["x"] + 8 + 115, corner["y"] + 8 - 88, steps=4)
    page.mouse.up()
    assert place(page, 2) == [0, 0, 4, 6]
    page.locator("#workspace-w3-panel .panel-head").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place(page, 2) == [1, 0, 5, 6]
    page.keyboard.press("ArrowDown")
    assert (place(page, 0), place(page, 2)) == ([0, 0, 6, 8], [1, 8, 5, 6])
    page.keyboard.press("Delete")
    expect(page.locator("#workspace-w3-panel")).to_have_count(0)
    page.locator("#workspace-undo button").click()
    expect(page.locator("#workspace-w3-panel textarea")).to_have_value("mind the gap")


@pytest.mark.browser
def test_widgets_are_found_added_set_and_doubled(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    page.wait_for_selector("#workspace-w1-panel")
    page.keyboard.press("a")
    page.locator("#workspace-search input").fill("rolling beta")
    expect(page.locator("#workspace-kinds .kind strong")).to_have_text(["Rolling beta"])
    page.keyboard.press("Enter")
    expect(page.locator("#workspace-picked")).to_have_text("Added Rolling beta")
    page.keyboard.press("Escape")
    page.locator("#workspace-w4-panel [data-own='settings']").click()
    page.locator("#workspace-pop label", has_text="Time frame").locator("select").select_option("5m")
    page.locator("#workspace-pop input").fill("30")
    page.locator("#workspace-pop input").press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#workspace-w4-note")).to_contain_text("30 returns of 5m")
    page.locator("#workspace-w4-panel [data-own='double']").click()
    expect(page.locator("#workspace-w5-panel .workspace-of")).to_have_text("ETHUSDT / BTCUSDT · 5m")
    page.locator("#workspace-swap").click()
    expect(page.locator("#workspace-w5-panel .workspace-of")).to_have_text("BTCUSDT / ETHUSDT · 5m")
    page.locator("#workspace-tf label", has_text="1s").click()
    expect(page.locator("#workspace-w1-panel .workspace-of")).to_have_text("BTCUSDT / ETHUSDT · 1s")
    expect(page.locator("#workspace-w5-panel .workspace-of")).to_have_text("BTCUSDT / ETHUSDT · 5m")
    expect(page.locator("#quiet-page")).to_have_attribute("data-timeframe", "1s")


@pytest.mark.browser
def test_each_time_frame_is_renewed_at_its_own_bar(page: Page, board: Board) -> None:
    fast = {"kind": "pair-z", "x": 0, "y": 0, "w": 6, "h": 8, "set": {"tf": "1s"}}
    slow = {"kind": "pair-z", "x": 6, "y": 0, "w": 6, "h": 8, "set": {"tf": "5m"}}
    open_page(page, board, layout=SMALL | {"widgets": [fast, slow]})
    until(page, DRAWN.format(1))
    until(page, "document.getElementById('workspace-w2-note').textContent.includes('as of')")
    before = text(page, "workspace-w1-note"), text(page, "workspace-w2-note")
    until(page, f"document.getElementById('workspace-w1-note').textContent !== {before[0]!r}")
    assert re.search(r"as of \d\d:\d[05]:00 UTC", text(page, "workspace-w2-note"))


@pytest.mark.browser
def test_a_frozen_workspace_stands_still(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    facts = page.locator("#workspace-w2-panel .workspace-facts")
    expect(facts).to_contain_text("Hedge ratio")
    page.keyboard.press("f")
    before = facts.text_content()
    for _ in range(4):
        changes(page, "utc")
    assert facts.text_content() == before
    page.keyboard.press("f")
    expect(facts).not_to_have_text(before or "")


@pytest.mark.browser
def test_a_workspace_is_kept_on_the_server_and_opened_by_its_name(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    page.wait_for_selector("#workspace-w1-panel")
    page.locator("#workspace-save").click()
    until(page, "location.search === '?name=Small'")
    assert page.request.get(f"{board.url}/api/v1/workspaces/Small").json() == json.loads(
        page.evaluate("JSON.stringify(sb.workspaceBook.plain(sb.workspaceBook.current()))")
    )
    page.evaluate(f"localStorage['{KEY}'] = '{{}}'")
    page.goto(f"{board.url}/workspace?name=Small")
    expect(page.locator("#workspace-tabs [aria-current]")).to_have_text("Small")
    expect(page.locator("#workspace-grid textarea")).to_have_value("mind the gap")
    assert page.url.endswith("?name=Small")
    page.goto(f"{board.url}/workspace?name=Smal")
    expect(page.locator("#workspace-problem")).to_contain_text("There is no workspace “Smal” on the server")


@pytest.mark.browser
def test_a_link_carries_a_whole_workspace(page: Page, board: Board) -> None:
    open_page(page, board, layout=SMALL)
    page.wait_for_selector("#workspace-w1-panel")
    packed = page.evaluate("sb.workspaceBook.pack(sb.workspaceBook.current())")
    before = page.evaluate("JSON.stringify(sb.workspaceBook.plain(sb.workspaceBook.current()))")
    page.evaluate(f"localStorage['{KEY}'] = '{{}}'")
    page.evaluate(f"history.replaceState(null, '', '/workspace#layout={packed}')")
    page.reload()
    expect(page.locator("#workspace-tabs [aria-current]")).to_have_text("Small")
    assert page.evaluate("JSON.stringify(sb.workspaceBook.plain(sb.workspaceBook.current()))") == before
    until(page, "location.hash === ''")
    page.goto(f"{board.url}/workspace#layout={packed[:40]}")
    expect(page.locator("#workspace-problem")).to_contain_text("does not hold a whole workspace")
    page.goto(f"{board.url}/workspace#layout={packed}")
    expect(page.locator("#workspace-tabs button[aria-current]")).to_have_text("Small 2")


@pytest.mark.browser
def test_files_come_and_go_and_every_mistake_is_named(page: Page, board: Board, tmp_path: Path) -> None:
    open_page(page, board, layout=SMALL)
    page.wait_for_selector("#workspace-w1-panel")
    page.locator("#workspace-more").click()
    with page.expect_download() as download:
        page.locator("#workspace-pop button", has_text="Export").click()
    saved = json.loads(Path(download.value.path()).read_text())
    assert [each["kind"] for each in saved["widgets"]] == ["pair-z", "card-pair", "card-notes"]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(saved | {"pair": {"tf": "2m"}, "widgets": [{"kind": 5}]}))
    good = tmp_path / "good.json"
    good.write_text(json.dumps(saved | {"name": "<b>Imported"}))
    for file in (bad, good):
        page.locator("#workspace-more").click()
        with page.expect_file_chooser() as chooser:
            page.locator("#workspace-pop button", has_text="Import").click()
        chooser.value.set_files(file)
        if file is bad:
            for part in ("bad.json cannot be used", "`pair.tf` must be one of", "`widgets[0].kind`", "`widgets[0].x`"):
                expect(page.locator("#workspace-problem")).to_contain_text(part)
    expect(page.locator("#workspace-problem")).to_be_empty()


@pytest.mark.browser
def test_a_phone_needs_no_sideways_scrolling(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, board, layout=SMALL)
    until(page, DRAWN.format(1))
    assert page.evaluate("document.getElementById('main').scrollWidth") <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
