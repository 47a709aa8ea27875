"""Contrast by WCAG 2.2: of every pair of colours in tokens.css, and of the text on every page as it is drawn."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.ui.harness import Board, until

TOKENS = Path(__file__).resolve().parents[2] / "layouts" / "assets" / "tokens.css"
GROUNDS = ("ground", "panel", "raised", "line-soft")
TEXTS = ("text", "text-2", "text-3", "up", "down", "accent", "warn", "bad", "sim", "leg-y", "leg-x", "spread", "z")
LINES = ("leg-y-soft", "leg-x-soft")
LOOKS = list(itertools.product(("dark", "light"), ("standard", "safe")))
PAGES = {
    "/": "#board-scanner .ag-row",
    "/pair": "#pair-page[data-drawn='1'] .kpi:not(.loading)",
    "/correlation": "#correlation-matrix[data-state='drawn']",
    "/microstructure": ".figure[data-state='drawn']",
    "/backtest": "#backtest-curves[data-state='drawn']",
    "/data": "#data-features .ag-row",
    "/health": "#health-roles tr",
}
WEAK = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


def tokens(theme: str, palette: str) -> dict[str, str]:
    """Colours by name, as the cascade leaves them."""
    held: dict[str, str] = {}
    for selectors, body in re.findall(r"^([^{}@/]+)\{([^}]*)\}", TOKENS.read_text(encoding="utf-8"), re.MULTILINE):
        asked = [re.findall(r'data-([\w-]+)="(\w+)"', each) for each in selectors.split(",")]
        looks = {"bs-theme": theme, "palette": palette}
        if any(all(looks.get(name) == value for name, value in each) for each in asked):
            held.update(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", body))
    return held


def luminance(colour: str) -> float:
    """Relative, of ``#rrggbb``."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize(("theme", "palette"), LOOKS)
def test_every_token_can_be_read_on_every_ground(theme: str, palette: str) -> None:
    held = tokens(theme, palette)
    pairs = [*itertools.product(TEXTS, GROUNDS), ("on-accent", "accent")]
    weak = {pair: contrast(held[pair[0]], held[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in weak.items() if ratio < 4.5} == {}
    graphics = {name: contrast(held[name], held["panel"]) for name in LINES}
    assert {name: round(ratio, 2) for name, ratio in graphics.items() if ratio < 3} == {}


def test_the_safe_palette_is_another_one_in_both_themes() -> None:
    for theme in ("dark", "light"):
        usual, safe = tokens(theme, "standard"), tokens(theme, "safe")
        assert all(usual[name] != safe[name] for name in ("up", "down", "leg-x", "spread", "z"))


@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
def test_the_text_of_every_page_can_be_read(page: Page, board: Board, path: str) -> None:
    page.goto(f"{board.url}{path}")
    page.wait_for_selector(PAGES[path])
    until(page, "document.getElementById('badge').dataset.level === 'sim'")
    weak: dict[tuple[str, str], list[str]] = {}
    for theme, palette in LOOKS:
        page.evaluate(f"sb.looks.set('theme', '{theme}'); sb.looks.set('palette', '{palette}'); sb.figures.restyle()")
        page.wait_for_timeout(500)
        looked, found = page.evaluate(WEAK)
        assert looked > 30, path
        if found:
            weak[theme, palette] = found
    assert weak == {}
