"""Estimators and tests on the pair page, in a real browser over the running board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from analytics.estimators import ESTIMATORS
from callbacks.query import FIELDS
from layouts.evidence import LINES
from layouts.options import shown
from tests.ui.harness import Board, open_pair, text, until
from tests.ui.test_pair_page import settings

pytestmark = pytest.mark.browser


def choose_method(page: Page, label: str) -> None:
    page.locator("#pair-method").click()
    page.locator(".dash-dropdown-option", has_text=label).click()


@pytest.mark.parametrize("method", list(ESTIMATORS))
def test_every_estimator_can_be_chosen_and_linked_to(page: Page, board: Board, method: str) -> None:
    label = ESTIMATORS[method].label
    open_pair(page, board, f"?method={'tls' if method == 'ols' else 'ols'}")
    choose_method(page, label)
    until(page, f"location.search.includes('method={method}')")
    expect(page.locator("#card-hedge-note")).to_have_text(label)
    expect(page.locator("#pair-chart-note")).to_contain_text(label)
    expect(page.locator("#card-z")).not_to_have_text("–")
    declared = {each.name: shown(each.default) for each in ESTIMATORS[method].parameters}
    shared = settings(page)
    assert {name: shared[name] for name in declared} == declared
    assert set(shared) == {*FIELDS, *declared}
    expect(page.locator(".options:visible label")).to_have_count(len(declared))
    page.reload()
    expect(page.locator("#pair-method")).to_contain_text(label)
    until(page, f"location.search.includes('method={method}')")
    assert settings(page) == shared


def test_an_estimators_own_setting_is_read_from_the_address_and_checked_in_place(page: Page, board: Board) -> None:
    open_pair(page, board, "?method=kalman&delta=0.001")
    field = page.locator("#pair-option-kalman-delta")
    expect(field).to_have_value("0.001")
    expect(page.locator("#pair-chart-note")).to_contain_text("delta 0.001")
    before = page.url
    field.fill("7")
    field.press("Enter")
    expect(page.locator("#pair-problem")).to_contain_text("`delta` must be a number from")
    expect(page.locator("#pair-option-kalman-delta-field")).to_have_class(re.compile("wrong"))
    assert page.url == before
    field.fill("0.01")
    field.press("Enter")
    until(page, "location.search.includes('delta=0.01')")
    expect(page.locator("#pair-problem")).to_be_empty()
    expect(page.locator("#pair-option-kalman-delta-field")).not_to_have_class(re.compile("wrong"))


def test_a_setting_of_another_estimator_is_explained(page: Page, board: Board) -> None:
    open_pair(page, board, "?method=ols&delta=0.001")
    expect(page.locator("#pair-problem")).to_contain_text("`delta` is a setting of Kalman, not of OLS")


def test_the_tests_of_the_window_are_made_on_a_click(page: Page, board: Board) -> None:
    open_pair(page, board)
    rows = page.locator("#pair-tests tbody tr")
    expect(rows).to_have_count(len(LINES))
    expect(rows.nth(0)).to_contain_text("not tested yet")
    button = page.locator("#pair-test")
    expect(button).to_be_enabled()
    button.click()
    expect(page.locator("#pair-test-result")).to_contain_text(re.compile(r"p [01]\.\d{4}.*Engle-Granger"))
    expect(rows.nth(0)).to_contain_text(re.compile(r"−?\d+\.\d{3}.*that the legs are cointegrated"))
    assert "not tested yet" not in text(page, "pair-tests")
    assert "NaN" not in text(page, "pair-evidence")
    expect(page.locator("#pair-tests .verdict")).to_contain_text("120 bars")
    expect(page.locator("#pair-tests .note")).to_contain_text("Rests on the newest 120 shared 1m bars")
    expect(page.locator("#pair-estimators table")).to_be_hidden()
    page.locator("#pair-tab input[value='estimators']").click()
    expect(page.locator("#pair-estimators tbody tr")).to_have_count(len(ESTIMATORS))
    expect(page.locator("#pair-tests table")).to_be_hidden()


def test_results_say_when_they_are_outdated(page: Page, board: Board) -> None:
    open_pair(page, board, "?tf=1s")
    page.locator("#pair-test-again").click()
    outdated = page.locator("#pair-outdated")
    expect(outdated).to_contain_text(re.compile(r"Outdated: \d+ bars? ha(s|ve) closed since"))
    page.locator("#pair-window").fill("60")
    page.locator("#pair-window").press("Enter")
    expect(outdated).to_have_text("Outdated: made for ETHUSDT/BTCUSDT, 120 1s bars, level")
    expect(page.locator("#pair-evidence")).to_have_class(re.compile("foreign"))
    page.locator("#pair-test-again").click()
    expect(page.locator("#pair-evidence")).not_to_have_class(re.compile("foreign"))


def test_a_test_that_needs_more_bars_says_how_many_and_comes_by_itself(page: Page, board: Board) -> None:
    open_pair(page, board, "?window=40")
    first = page.locator("#pair-tests tbody tr").nth(0)
    expect(first).to_contain_text("needs 50 shared bars, the window has 40")
    tell = "(fields) => sb.pair.apply({ a: [0, 0, 0], n: fields, snap: null })"
    page.locator("#pair-window").fill("120")
    page.locator("#pair-window").press("Enter")
    expect(first).to_contain_text("not tested yet")
    # Between two messages of the server the page stands as it would with so few bars.
    look = "document.querySelector('#pair-tests [data-need]').textContent"
    assert page.evaluate(f"(fields) => {{ ({tell})(fields); return {look}; }}", {"ready": 31}) == (
        "needs 50 shared bars, has 31"
    )
    assert page.evaluate(f"(fields) => {{ ({tell})(fields); return {look}; }}", {"ready": 50}) == "not tested yet"
