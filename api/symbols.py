"""GET /api/v1/symbols, and how a symbol in a request is understood."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Response

from analytics.market import BUILT, UPLOAD_VENUE, UPLOADED_STATE, is_uploaded, name_of, venue_of
from api.problems import Problem, bad_parameter
from api.route import Context, Route
from api.tables import to_json
from runtime.metrics import age_ms, exchange_now_ms, number
from store.uploads import Upload

SIMULATED_VENUE: Final = "sim"
MAX_SYMBOLS: Final = 100
"""In one request."""


def resolve(context: Context, parameter: str, text: str) -> str:
    """The full name of a symbol that is being watched; a bare one means the active venue.

    Raises `Problem` (404) with the nearest names.
    """
    known = [*context.store.status.symbols(), *(context.store.uploads.all() if is_uploaded(text) else ())]
    symbol = text if ":" in text else f"{active_venue(context)}:{text}"
    if symbol in known:
        return symbol
    text = text[:100]
    near = difflib.get_close_matches(name_of(symbol)[:100].upper(), {name_of(name) for name in known}, n=3)
    nearest = [name for name in known if name_of(name) in near]
    hint = f"Nearest: {', '.join(nearest)}." if nearest else "GET /api/v1/symbols lists them."
    raise Problem(
        HTTPStatus.NOT_FOUND,
        "unknown-symbol",
        f"`{parameter}`: no symbol {text!r} is being watched. {hint}",
        parameter=parameter,
        allowed="a symbol of /api/v1/symbols",
        got=text,
        nearest=nearest,
    )


def several(context: Context, text: str | None) -> tuple[list[str], bool]:
    """The symbols of a list with commas, or all of the active venue; and whether there were more than are taken.

    Raises `Problem`.
    """
    if text is None:
        venue = active_venue(context)
        watched = [one for one in context.store.status.symbols() if one.startswith(f"{venue}:")]
        return watched[:MAX_SYMBOLS], len(watched) > MAX_SYMBOLS
    names = [name.strip() for name in text.split(",") if name.strip()]
    which = [resolve(context, "symbols", name) for name in names[: MAX_SYMBOLS + 1]]
    if not 2 <= len(which) <= MAX_SYMBOLS or len(set(which)) < len(which):
        raise bad_parameter("symbols", f"2 to {MAX_SYMBOLS} different symbols with commas between them", text)
    return which, False


def active_venue(context: Context) -> str:
    """The venue of the feed that runs now; before one has started, the configured one."""
    return context.store.status.feed().get("venue") or context.settings.feed.source


def is_simulated(context: Context, symbol: str) -> bool:
    """Whether the trades of a symbol are made up."""
    feed = context.store.status.feed()
    venue = venue_of(symbol)
    return venue == SIMULATED_VENUE or (feed.get("simulated") == "1" and feed.get("venue") == venue)


def _symbols(context: Context, _values: Mapping[str, Any]) -> Response:
    feed = context.store.status.feed()
    symbols = context.store.status.symbols()
    live = context.store.live.read_many(symbols) if symbols else {}
    now_ms = exchange_now_ms(feed)
    simulated = feed.get("simulated") == "1"
    body = {
        "feed": {name: feed.get(name) for name in ("source", "venue", "state")} | {"simulated": simulated},
        "timeframes": list(BUILT),
        "symbols": [
            *(_row(symbol, live.get(symbol, {}), now_ms) for symbol in symbols),
            *map(_uploaded, context.store.uploads.all().values()),
        ],
    }
    response = Response(to_json(body), mimetype="application/json")
    if simulated:
        response.headers["X-Spreadboard-Simulated"] = "1"
    return response


def _row(symbol: str, fields: Mapping[str, str], now_ms: float) -> dict[str, Any]:
    time_ms = number(fields, "time_ms")
    age = age_ms(fields, now_ms)
    return {
        "symbol": symbol,
        "venue": venue_of(symbol),
        "name": name_of(symbol),
        "state": fields.get("state", "INIT"),
        "price": number(fields, "price"),
        "time_ms": None if time_ms is None else int(time_ms),
        "age_ms": None if age is None else round(age),
    }


def _uploaded(upload: Upload) -> dict[str, Any]:
    """The past has an end, but no age."""
    return {
        "symbol": upload.symbol,
        "venue": UPLOAD_VENUE,
        "name": upload.name,
        "state": UPLOADED_STATE,
        "price": upload.last_close,
        "time_ms": upload.end_ms,
        "age_ms": None,
    }


ROUTE: Final = Route(
    "/api/v1/symbols",
    "The symbols that are being watched, with their last price and state; then those that users uploaded (UPLOADED).",
    _symbols,
)
