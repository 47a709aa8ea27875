"""Puts the API on a Flask server."""

from __future__ import annotations

import difflib
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from flask import Blueprint, Flask, Response, request

from analytics.live import PairBook
from api import (
    backtest,
    bars,
    correlation,
    health,
    measures,
    openapi,
    pair,
    problems,
    scan,
    symbols,
    ticks,
    uploads,
    workspaces,
)
from api.guard import same_site
from api.parameters import parse
from api.problems import Problem
from api.route import Context, Route
from api.tables import to_json
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache

ROUTES: Final = (
    symbols.ROUTE,
    bars.ROUTE,
    ticks.ROUTE,
    pair.ROUTE,
    correlation.ROUTE,
    scan.ROUTE,
    *backtest.ROUTES,
    *uploads.ROUTES,
    *workspaces.ROUTES,
    *measures.routes(),
)
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_DASHES: Final = str.maketrans("/.", "--")


def register(server: Flask, cache: MarketCache, book: PairBook, store: Store, settings: Settings) -> None:
    """Add `ROUTES`, the OpenAPI document, /healthz and /metrics to ``server``; it may serve pages besides."""
    blueprint = Blueprint("api", __name__)
    context = Context(store, book, settings)
    for route in ROUTES:
        _add(blueprint, route, context)
    described = to_json(openapi.document(ROUTES, _version()))
    blueprint.add_url_rule(openapi.PATH, "openapi", lambda: Response(described, mimetype="application/json"))
    blueprint.add_url_rule("/api/<path:rest>", "nothing", _nothing, methods=_METHODS)
    problems.install(blueprint)
    health.install(blueprint, store, cache)
    blueprint.after_request(_private)
    server.register_blueprint(blueprint)


def _add(blueprint: Blueprint, route: Route, context: Context) -> None:
    def answer(**parts: str) -> Response:
        if route.method != "GET":
            same_site(request)
        return route.view(context, parse(route.parameters, request.args) | parts)

    endpoint = f"{route.method}-{route.path.strip('/').translate(_DASHES)}"
    blueprint.add_url_rule(route.path, endpoint, answer, methods=[route.method])


def _nothing(rest: str) -> Response:
    """Whatever else is asked for below /api, so that it never falls through to the pages."""
    path = f"/api/{rest}"
    known = [*(route.path for route in ROUTES), openapi.PATH]
    methods = [route.method for route in ROUTES if _fits(route.path, path)] + ["GET"] * (path == openapi.PATH)
    if methods:
        allowed = " and ".join(methods)
        problem = Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"{path} answers {allowed}.",
            allowed=allowed,
            got=request.method,
        )
        response = problem.response()
        response.headers["Allow"] = ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
        return response
    near = difflib.get_close_matches(path, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"{openapi.PATH} lists what there is."
    raise Problem(HTTPStatus.NOT_FOUND, "unknown-path", f"There is no {path[:100]}; {hint}", nearest=near)


def _fits(rule: str, path: str) -> bool:
    """Whether a path is one of a rule's, whatever stands for the parts in ``<>``."""
    parts, given = rule.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == value or part.startswith("<") for part, value in zip(parts, given, strict=True)
    )


def _private(response: Response) -> Response:
    """Answers change all the time and may be behind a login: nobody keeps them."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _version() -> str:
    try:
        return version("spreadboard")
    except PackageNotFoundError:  # run from a checkout
        return "0"
