"""The Dash application: shell, pages from the page registry, and the callbacks that keep them moving."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dash

import layouts
from analytics.live import PairBook
from callbacks import (
    actions,
    backtest,
    board_choice,
    choices,
    controls,
    correlation,
    data,
    guard,
    health,
    microstructure,
    pair_views,
    stream,
    updates,
    vendor,
    workspace,
)
from callbacks.live import Live
from callbacks.widgets import Desk
from layouts.shell import INDEX, shell

if TYPE_CHECKING:
    from runtime.settings import Settings
    from store.cache import MarketCache

log = logging.getLogger(__name__)
_LAYOUTS: Final = Path(layouts.__file__).parent


def create_app(cache: MarketCache, book: PairBook, settings: Settings) -> dash.Dash:
    """Build the pages over a running cache; ``.server`` of the result is the Flask server.

    Nothing is read before the first request.
    """
    live = Live(cache, book, settings)
    app = dash.Dash(
        "spreadboard",
        assets_folder=str(_LAYOUTS / "assets"),
        assets_ignore="theme.js",
        use_pages=True,
        pages_folder=str(_LAYOUTS / "pages"),
        serve_locally=True,
        compress=False,
        external_stylesheets=[vendor.BOOTSTRAP_URL],
        index_string=INDEX,
        title="Spreadboard",
        update_title=None,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        add_log_handler=False,
        on_error=_log_error,
    )
    app.layout = shell(settings.web.interval_ms, settings.web.push, settings.board.entry_z)
    vendor.register(app.server)
    stream.register(app.server, live, settings.web.threads)
    choices.register(app.server, live, settings)
    updates.register(app, live)
    controls.register(app, live)
    actions.register(app, live, settings)
    health.register(app, cache, settings)
    data.register(app, live, settings)
    board_choice.register(app, live, cache)
    microstructure.register(app, live, book, cache)
    correlation.register(app, live, cache)
    backtest.register(app, live, settings)
    desk = Desk(cache, book, settings.board.entry_z)
    pair_views.register(app, live, desk)
    workspace.register(app, live, desk, settings.board.pairs)
    _complete(app)
    guard.register(app)
    return app


def _complete(app: dash.Dash) -> None:
    """Have Dash add the callbacks of its page container now, not at the first request.

    Their inline script must be there when the page's content security policy is made.
    """
    with app.server.test_request_context():
        app.server.preprocess_request()


def _log_error(error: Exception) -> None:
    """An answer that could not be made leaves the page as it is; the page's own watchdog greys it when that lasts."""
    log.error("a page callback failed", exc_info=error)
