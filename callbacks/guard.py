"""Requests that no page of ours makes: told what is wrong with them, with one line in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import dash
import orjson
from dash.exceptions import PreventUpdate
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

View = Callable[..., Any]


def register(app: dash.Dash) -> None:
    """Stand before the views of ``app`` that trust whatever they are sent; call it when all callbacks are known."""
    server = app.server

    def update(view: View, **values: Any) -> Any:
        body = _body()
        output = body.get("output") if isinstance(body, dict) else None
        if not isinstance(output, str) or output not in app.callback_map:
            known = "a JSON object whose `output` is one of /_dash-dependencies"
            return _refuse(
                HTTPStatus.BAD_REQUEST, f"The body must be {known}, got {str(output)[:60]!r}. Reload the page."
            )
        return _attempt(view, values, HTTPStatus.BAD_REQUEST, "The body does not fit its `output`. Reload the page.")

    def part(view: View, **values: Any) -> Any:
        return _attempt(view, values, HTTPStatus.NOT_FOUND, "There is no such file. Reload the page.")

    def page(view: View, **values: Any) -> Any:
        answer = view(**values)
        known = {entry["path"].strip("/") for entry in dash.page_registry.values()}
        return answer if values["path"].strip("/") in known else (answer, HTTPStatus.NOT_FOUND.value)

    _wrap(server, "/_dash-update-component", update)
    _wrap(server, "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>", part)
    _wrap(server, "/<path:path>", page)


def _wrap(server: Flask, path: str, around: Callable[..., Any]) -> None:
    """Let ``around`` answer for the view at ``path``; it gets that view and the values of the path."""
    endpoint = next(rule.endpoint for rule in server.url_map.iter_rules() if rule.rule == path)
    view = server.view_functions[endpoint]
    server.view_functions[endpoint] = lambda **values: around(view, **values)


def _body() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None


def _attempt(view: View, values: dict[str, Any], status: HTTPStatus, detail: str) -> Any:
    """The view's answer. A callback that fails is caught before it gets here, so what comes is the request's fault."""
    try:
        return view(**values)
    except (HTTPException, PreventUpdate):
        raise
    except Exception as error:
        return _refuse(status, detail, f" ({type(error).__name__})")


def _refuse(status: HTTPStatus, detail: str, cause: str = "") -> Response:
    log.warning("%s %r refused with %d%s: %s", request.method, request.path[:80], status, cause, detail)
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return Response(orjson.dumps(body), status.value, mimetype="application/problem+json")
