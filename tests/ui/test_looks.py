"""The settings in the header: zone of times, density and colours, on the pages and kept by the browser."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.harness import Board, text, until

pytestmark = pytest.mark.browser
KOLKATA = timedelta(hours=5, minutes=30)


def choose(page: Page, name: str, value: str) -> None:
    """In the header's settings."""
    page.locator("#settings-open").click()
    page.locator(f"#set-{name} label", has=page.locator(f"input[value={value}]")).click()
    page.keyboard.press("Escape")
    expect(page.locator("#settings")).to_be_hidden()


def in_kolkata(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})


def test_local_times_say_their_zone_and_are_the_same_moments(page: Page, board: Board) -> None:
    in_kolkata(page)
    page.goto(f"{board.url}/correlation?window=60&lead=200")
    page.wait_for_selector("#correlation-matrix[data-state='drawn']")
    note = "correlation-matrix-note"
    told = re.search(r"as of (\d\d:\d\d):00 UTC", text(page, note))
    assert told
    choose(page, "zone", "local")
    there = (datetime.strptime(told[1], "%H:%M").replace(tzinfo=UTC) + KOLKATA).strftime("%H:%M")
    later = (datetime.strptime(there, "%H:%M").replace(tzinfo=UTC) + timedelta(minutes=1)).strftime("%H:%M")
    assert re.search(rf"as of ({there}|{later}):00 UTC\+5:30", text(page, note))
    assert not re.search(r"\d UTC(?!\+5:30)", page.locator("body").inner_text())
    assert re.fullmatch(r"\d\d:\d\d:\d\d UTC\+5:30", text(page, "utc"))
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--zone')") == '"UTC+5:30"'
    page.reload()
    page.wait_for_selector("#correlation-matrix[data-state='drawn']")
    expect(page.locator(f"#{note}")).to_contain_text("UTC+5:30")
    choose(page, "zone", "utc")
    expect(page.locator(f"#{note}")).to_contain_text(re.compile(r"as of \d\d:\d\d:00 UTC "))


def test_tables_and_figures_move_with_the_zone_and_files_do_not(page: Page, board: Board) -> None:
    in_kolkata(page)
    page.goto(f"{board.url}/data?view=bars&rows=120")
    cell = page.locator("#data-bars .ag-pinned-left-cols-container .ag-row[row-index='5'] [col-id=time] span")
    cell.wait_for()
    title, utc = cell.get_attribute("title") or "", cell.inner_text()
    assert utc == f"{title[5:10]} {title[11:16]}"
    choose(page, "zone", "local")
    moved = datetime.fromisoformat((cell.get_attribute("title") or "").split()[0]) + KOLKATA
    expect(cell).to_have_text(moved.strftime("%m-%d %H:%M"))
    expect(page.locator("#data-bars .ag-header-cell[col-id=time]")).to_contain_text("Open [UTC+5:30]")
    with page.expect_download() as download:
        page.locator("#data-panel [data-tool=csv]").click()
    own = f"blob:{board.url}/"
    page.complaints[:] = [each for each in page.complaints if not each.startswith(own)]  # type: ignore[attr-defined]
    head, first, *_ = csv.reader(Path(download.value.path()).read_text(encoding="utf-8").splitlines())
    assert head[0] == "Open [UTC]"
    assert abs(datetime.fromisoformat(first[0]) - datetime.now(UTC)) < timedelta(minutes=3)


def test_a_figure_of_times_is_drawn_in_the_zone_and_zoomed_back_into_utc(page: Page, board: Board) -> None:
    in_kolkata(page)
    page.goto(f"{board.url}/microstructure?tf=1m")
    dated = "document.getElementById('flow-imbalance')"
    page.wait_for_selector("#flow-imbalance[data-state='drawn']")
    last = f"Date.parse({dated}.data[0].x.at(-1).replace(' ', 'T') + 'Z')"
    held = page.evaluate(last)
    assert held == page.evaluate("sb.figures.shown('flow-imbalance').traces[0].x.at(-1)")
    choose(page, "zone", "local")
    until(page, f"{dated}.layout.annotations.some((each) => each.text === 'UTC+5:30')")
    drawn = page.evaluate(last)
    assert drawn - held - 19_800_000 in {late * 60_000 for late in range(3)}
    told = f"sb.figures.utc({dated}.data[0].x.at(-1)) - sb.figures.shown('flow-imbalance').traces[0].x.at(-1)"
    assert page.evaluate(told) == 0


def test_settings_are_kept_and_rows_and_colours_follow(page: Page, board: Board) -> None:
    page.goto(board.url)
    row = page.locator("#board-pairs .ag-center-cols-container .ag-row").first
    row.wait_for()
    assert row.bounding_box()["height"] == pytest.approx(26, abs=1)  # type: ignore[index]
    choose(page, "density", "comfortable")
    until(page, "document.querySelector('#board-pairs .ag-row').getBoundingClientRect().height > 33")
    choose(page, "palette", "safe")
    assert page.evaluate("sb.css('--down')") == "#e69f00"
    page.reload()
    row.wait_for()
    until(page, "document.querySelector('#board-pairs .ag-row').getBoundingClientRect().height > 33")
    assert page.evaluate("sb.css('--down')") == "#e69f00"
    page.locator("#settings-open").click()
    expect(page.locator("#set-palette input[value=safe]")).to_be_checked()
    expect(page.locator("#set-theme input[value=dark]")).to_be_checked()
    page.keyboard.press("t")
    expect(page.locator("#set-theme input[value=light]")).to_be_checked()
