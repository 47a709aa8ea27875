"""/api/v1/workspaces: layouts of the workspace page by name, kept for all who use the board."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Response, request

from api.parameters import Choice
from api.problems import Problem
from api.route import Context, Route
from api.tables import to_json
from store.workspaces import MAX_BYTES, MAX_WORKSPACES, mistakes

PATH: Final = "/api/v1/workspaces"
_POST: Final = (
    Choice("check", "1: only say what is wrong with the layout, in `mistakes`", "0", choices=("0", "1")),
    Choice("replace", "1: in place of a layout of the same name", "0", choices=("0", "1")),
)


def _list(context: Context, _values: Mapping[str, Any]) -> Response:
    held = context.store.workspaces.all()
    return _json({"workspaces": [{"name": name, "widgets": len(each["widgets"])} for name, each in held.items()]})


def _one(context: Context, values: Mapping[str, Any]) -> Response:
    held = context.store.workspaces.all()
    name = values["name"]
    if name not in held:
        raise _unknown(name, list(held))
    return _json(held[name])


def _keep(context: Context, values: Mapping[str, Any]) -> Response:
    layout = _body()
    wrong = mistakes(layout)
    if values["check"] == "1":
        return _json({"mistakes": wrong})
    if wrong:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad-workspace", " ".join(wrong), mistakes=wrong)
    held, name = context.store.workspaces.all(), layout["name"]
    if name in held and values["replace"] == "0":
        detail = f"There is a workspace {name!r} already. Choose another name, or `replace=1`."
        raise Problem(HTTPStatus.CONFLICT, "name-taken", detail, got=name)
    if name not in held and len(held) >= MAX_WORKSPACES:
        detail = f"There is room for {MAX_WORKSPACES} workspaces. Delete one first."
        raise Problem(HTTPStatus.CONFLICT, "no-room", detail)
    context.store.workspaces.put(layout)
    return _json({"stored": name}, HTTPStatus.CREATED)


def _delete(context: Context, values: Mapping[str, Any]) -> Response:
    name = values["name"]
    if context.store.workspaces.delete(name):
        return _json({"deleted": name})
    raise _unknown(name, list(context.store.workspaces.all()))


def _body() -> Any:
    """The layout that was sent. Raises `Problem` (413 or 400)."""
    request.max_content_length = MAX_BYTES
    if (request.content_length or 0) > MAX_BYTES:
        detail = f"A workspace must be at most {MAX_BYTES:,} bytes of JSON, got {request.content_length:,}."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "bad-json", f"The body must be JSON: {error}.") from None


def _unknown(name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name[:100], known, n=3)
    detail = f"There is no workspace {name[:100]!r}. GET {PATH} lists them."
    return Problem(HTTPStatus.NOT_FOUND, "unknown-workspace", detail, parameter="name", nearest=near)


def _json(body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(to_json(body), status.value, mimetype="application/json")


ROUTES: Final = (
    Route(PATH, "The layouts of the workspace page that are kept: names and numbers of widgets.", _list),
    Route(
        PATH,
        "Keep a layout, sent as JSON in the form in which the page exports it; every mistake in it is named.",
        _keep,
        _POST,
        method="POST",
        body={"description": "A layout.", "content": {"application/json": {"schema": {"type": "object"}}}},
    ),
    Route(f"{PATH}/<name>", "A layout, as it was kept.", _one),
    Route(f"{PATH}/<name>", "Forget a layout.", _delete, method="DELETE"),
)
