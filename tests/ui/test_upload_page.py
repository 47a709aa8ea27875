"""The upload dialog in a real browser: a file is looked at, corrected, sent, and used like any symbol."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import FilePayload, Page, expect

from callbacks.uploads import frames, nearest
from tests.ui.harness import Board, text, until, wait_for

pytestmark = pytest.mark.browser
API = "/api/v1/uploads"
START_MS = 1_704_067_200_000
HOUR = 3_600_000


def table(count: int = 300, level: float = 100.0, bad: int = 0) -> bytes:
    rng = random.Random(level)
    rows = ["time,open,high,low,close,volume"]
    for at in range(count):
        close = round(level + rng.random(), 3)
        low = "x" if 100 <= at < 100 + bad else level - 2
        rows.append(f"{START_MS + at * HOUR},{level},{level + 2},{low},{close},{at + 1}")
    return "\n".join(rows).encode()


def named(name: str, body: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": body}


@pytest.fixture(autouse=True)
def nothing_uploaded(board: Board) -> Iterator[None]:
    yield
    for each in requests.get(board.url + API, timeout=10).json()["uploads"]:
        requests.delete(f"{board.url}{API}/{each['name']}", timeout=10)


def put(board: Board, name: str, body: bytes) -> None:
    answer = requests.post(board.url + API, body, params={"name": name, "file": f"{name}.csv"}, timeout=30)
    assert answer.status_code == 201, answer.text


def open_dialog(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/data")
    page.wait_for_selector("#data-panel[data-view]", timeout=40_000)
    page.locator("#upload-open").click()
    expect(page.locator("#upload")).to_be_visible()


def choose(page: Page, file: FilePayload | Path) -> None:
    page.locator("#upload-file input").set_input_files(file)
    expect(page.locator("#upload")).to_have_attribute("data-step", "check")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_file_is_looked_at_sent_and_opened(page: Page, board: Board, theme: str) -> None:
    page.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
    open_dialog(page, board)
    choose(page, named("gold 2024.csv", table()))
    words = "Read as 300 bars of 1h from 2024-01-01 00:00 to 2024-01-13 12:00 UTC, no gaps."
    expect(page.locator("#upload-found")).to_contain_text(words)
    expect(page.locator("#upload-name input")).to_have_value("GOLD_2024")
    assert page.locator("#upload-times option").first.text_content() == "as guessed: milliseconds"
    assert page.locator("#upload-table tbody tr").first.locator("th").text_content() == "2"
    page.locator("#upload-go").click()
    expect(page.locator("#upload-result")).to_contain_text("upload:GOLD_2024 is there")
    page.locator("#upload-links a").first.click()
    page.wait_for_selector("#data-panel[data-view='bars']", timeout=40_000)
    expect(page.locator("#data-note")).to_contain_text("upload:GOLD_2024 · UPLOADED · 1h bars")
    until(page, "dash_ag_grid.getApi('data-bars').getDisplayedRowCount() === 300")
    until(page, "document.body.classList.contains('uploaded')")
    shown = page.evaluate("dash_ag_grid.getApi('data-bars').getDisplayedRowAtIndex(0).data")
    answer = page.request.get(board.url + str(page.locator("#data-json").get_attribute("href"))).json()
    newest: dict[str, Any] = answer["bars"][-1]
    assert [shown[name] for name in ("open", "high", "low", "close", "volume", "trades")] == [
        newest[name] for name in ("open", "high", "low", "close", "volume", "trades")
    ]
    assert (shown["trades"], shown["flags"]) == (None, "uploaded")


def test_each_guess_can_be_changed(page: Page, board: Board) -> None:
    open_dialog(page, board)
    choose(page, named("x.csv", table()))
    expect(page.locator("#upload-found")).to_contain_text("First bar: 2024-01-01 00:00:00 UTC")
    page.locator("#upload-stamp").select_option("close")
    expect(page.locator("#upload-found")).to_contain_text("First bar: 2023-12-31 23:00:00 UTC")
    page.locator("#upload-times").select_option("s")
    expect(page.locator("#upload-found")).to_contain_text("it looks like milliseconds")
    expect(page.locator("#upload-go")).to_be_disabled()
    page.locator("#upload-times").select_option("auto")
    page.locator("#upload-table select").nth(5).select_option("")
    expect(page.locator("#upload-found")).to_contain_text("V unknown")
    page.locator("#upload-table select").nth(1).select_option("high")
    expect(page.locator("#upload-found")).to_contain_text("No column is chosen for: open")
    page.locator("#upload-zone input").fill("Mars/Olympus")
    page.locator("#upload-zone input").press("Tab")
    expect(page.locator("#upload-problem")).to_contain_text("`zone` must be a time zone")
    page.complaints.clear()  # type: ignore[attr-defined]


def test_bad_rows_are_listed_and_left_out_only_when_told(page: Page, board: Board) -> None:
    open_dialog(page, board)
    choose(page, named("bad.csv", table(bad=3)))
    expect(page.locator("#upload-found")).to_contain_text("3 rows of 300 cannot be used")
    page.locator("#upload-go").click()
    result = page.locator("#upload-result")
    expect(result).to_contain_text("Nothing was stored.")
    expect(result.locator("li").first).to_have_text("Row 102: low 'x' is not a number")
    assert requests.get(board.url + API, timeout=10).json() == {"uploads": []}
    page.locator("#upload-links button").click()
    expect(result).to_contain_text("upload:BAD is there: 297 bars")
    expect(result).to_contain_text("3 bars are missing in 1 gap")


def test_what_is_no_table_is_explained(page: Page, board: Board) -> None:
    open_dialog(page, board)
    for body, words in ((b"", "The file is empty"), (b"\0\1\2", "binary"), (b"PK\x03\x04xx", "Excel")):
        choose(page, named("wrong.csv", body))
        expect(page.locator("#upload-problem")).to_contain_text(words)
        expect(page.locator("#upload-go")).to_be_disabled()
        page.locator("#upload-back").click()
    # The browser notes each refusal.
    page.complaints[:] = [each for each in page.complaints if "422" not in each]  # type: ignore[attr-defined]


def test_sending_can_be_cancelled(page: Page, board: Board) -> None:
    open_dialog(page, board)
    choose(page, named("large.csv", table(60_000)))
    expect(page.locator("#upload-found")).to_contain_text("The beginning reads as")
    page.route("**/api/v1/uploads?progress=1*", lambda route: page.locator("#upload-cancel").click())
    page.locator("#upload-go").click()
    expect(page.locator("#upload")).to_have_attribute("data-step", "check")
    assert requests.get(board.url + API, timeout=10).json() == {"uploads": []}


def test_uploads_are_listed_replaced_and_deleted(page: Page, board: Board) -> None:
    put(board, "GOLD", table())
    open_dialog(page, board)
    expect(page.locator("#upload-held li")).to_contain_text("upload:GOLD1h, 4h · 2024-01-01 00:00")
    choose(page, named("gold.csv", table(200)))
    expect(page.locator("#upload-go")).to_have_text("Replace upload:GOLD")
    page.locator("#upload-go").click()
    expect(page.locator("#upload-result")).to_contain_text("200 bars")
    page.locator("#upload-again").click()
    page.locator("#upload-held button").click()
    page.locator("#upload-held button").click()
    expect(page.locator("#upload-none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#upload")).to_be_hidden()


def test_a_pair_of_uploads_is_the_past(page: Page, board: Board) -> None:
    put(board, "GOLD", table())
    put(board, "SILVER", table(level=20.0))
    page.goto(f"{board.url}/pair?y=upload:GOLD&x=upload:SILVER&tf=1m&window=100")
    expect(page.locator("#pair-problem")).to_contain_text("`tf` must be one of 1h, 4h, of which there are bars")
    expect(page.locator("#pair-tf input[value='1h']")).to_be_checked(timeout=40_000)
    expect(page.locator("#pair-state-word")).to_have_text("Uploaded")
    expect(page.locator("#card-y-title")).to_have_text("upload:GOLD")
    expect(page.locator("#card-z-below")).to_have_text("no signal")
    query = "y=upload:GOLD&x=upload:SILVER&timeframe=1h&window=100&limit=1"
    newest = requests.get(f"{board.url}/api/v1/pair?{query}", timeout=10).json()["series"][0]
    wait_for(lambda: text(page, "card-z").replace("−", "-").lstrip("+") == f"{newest['z']:.2f}", 15)
    assert [each.text_content() for each in page.locator("#pair-tf label").all()] == ["1h", "4h"]


def test_correlation_of_uploads_is_as_of_their_end(page: Page, board: Board) -> None:
    put(board, "GOLD", table())
    put(board, "SILVER", table(level=20.0))
    page.goto(f"{board.url}/correlation?y=upload:GOLD&x=upload:SILVER&window=100")
    expect(page.locator("#correlation-at-words")).to_contain_text("2024-01-13 12:00:00 UTC", timeout=40_000)
    expect(page.locator("#correlation-matrix-note")).to_contain_text("2 symbols, 100 returns of 1h", timeout=40_000)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(page: Page, board: Board) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_dialog(page, board)
    choose(page, named("x.csv", table()))
    expect(page.locator("#upload-found")).to_contain_text("Read as")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.getElementById('upload').scrollWidth") <= 390


def test_the_nearest_time_frame_is_taken() -> None:
    held = {"upload:A": ["1h", "4h"]}
    assert frames(held, ["upload:A", "BTCUSDT"]) == ["1s", "1m", "5m", "1h", "4h"]
    assert nearest("5m", frames(held, ["upload:A"])) == "1h"
    assert nearest("1d", frames(held, ["upload:A"])) == "4h"
