"""Errors of the API as RFC 9457 problem documents."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from store import StoreError

CONTENT_TYPE: Final = "application/problem+json"
_LONGEST_ECHO: Final = 100

log = logging.getLogger(__name__)


class Problem(Exception):
    """A request that cannot be answered, and what its sender can do about it.

    ``kind`` makes the ``type`` (a URN); ``members`` are the further members of the document, such as
    ``parameter``, ``allowed``, ``got`` and ``nearest``.
    """

    def __init__(self, status: HTTPStatus, kind: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.document: dict[str, Any] = {
            "type": f"urn:spreadboard:problem:{kind}",
            "title": kind.replace("-", " ").capitalize(),
            "status": status.value,
            "detail": detail,
            **members,
        }

    def response(self) -> Response:
        """The answer that says so."""
        return Response(orjson.dumps(self.document), self.status.value, mimetype=CONTENT_TYPE)


def bad_parameter(parameter: str, allowed: str, got: str, remedy: str = "") -> Problem:
    """A 400 that names the parameter, what is allowed and what came."""
    got = got[:_LONGEST_ECHO]
    detail = f"`{parameter}` must be {allowed}, got {got!r}. {remedy}".strip()
    return Problem(HTTPStatus.BAD_REQUEST, "bad-parameter", detail, parameter=parameter, allowed=allowed, got=got)


def install(blueprint: Blueprint) -> None:
    """Turn whatever goes wrong in a view of ``blueprint`` into a problem document."""
    blueprint.register_error_handler(Exception, explain)


def explain(error: Exception) -> Response:
    """What went wrong, as a problem document."""
    if isinstance(error, Problem):
        return error.response()
    if isinstance(error, StoreError):
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", str(error)).response()
    if isinstance(error, HTTPException) and error.code:
        status = HTTPStatus(error.code)
        return Problem(status, status.phrase.lower().replace(" ", "-"), error.description or "").response()
    log.exception("a request failed", exc_info=error)
    detail = "The server failed on this request; its log has the cause."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", detail).response()
