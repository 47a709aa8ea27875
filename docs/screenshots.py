"""Make the pictures in docs/images anew, from a board on the simulated exchange: ``make screenshots``."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.bench_page import free_port
from benchmarks.board import board

IMAGES = Path(__file__).parent / "images"
PAGES = {
    "board": "/",
    "pair": "/pair?y=ETHUSDT&x=BTCUSDT&tf=1m&window=120",
    "correlation": "/correlation",
    "flow": "/microstructure",
    "backtest": "/backtest",
    "data": "/data",
    "workspace": "/workspace",
    "health": "/health",
}
FIRST = {"workspace": "#workspace-empty button"}
"""What is clicked before there is something to see."""
READY = {
    "board": "document.querySelectorAll('.ag-row').length > 15",
    "pair": "/[0-9]/.test(document.getElementById('card-z')?.textContent)",
    "correlation": "document.querySelectorAll('.figure[data-state=drawn]').length >= 3",
    "flow": "document.querySelectorAll('.figure[data-state=drawn]').length >= 4",
    "backtest": "document.querySelectorAll('.figure[data-state=drawn]').length >= 1",
    "data": "document.querySelectorAll('.ag-row').length > 15",
    "workspace": "document.querySelectorAll('.figure[data-state=drawn]').length >= 4",
    "health": "document.querySelectorAll('.ag-row').length > 9",
}


def main() -> None:
    """Every page in both themes, 1440 x 900."""
    with board(free_port()) as target, sync_playwright() as play:
        target.wait("/healthz")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for theme in ("dark", "light"):
            context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            context.add_init_script(f"localStorage.setItem('spreadboard.theme', '{theme}')")
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(target.url + path)
                if name in FIRST:
                    page.click(FIRST[name])
                page.wait_for_function(READY[name])
                page.wait_for_timeout(4000)
                page.screenshot(path=IMAGES / f"{name}-{theme}.png")
        browser.close()


if __name__ == "__main__":
    main()
