"""Control messages on a stream connection: what a client asks, and what the exchange answers."""

from __future__ import annotations

import json
import re
from typing import Any, Final

MAX_STREAMS: Final = 1024
_METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS")
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{0,36}")


class Malformed(Exception):
    """A control message that cannot be understood."""


def answer(text: str, streams: dict[str, None]) -> dict[str, Any]:
    """The reply to a control message; ``streams``, an ordered set of stream names, is changed as asked.

    A stream name is never checked: a misspelt one is acknowledged and stays silent, as on the real exchange.
    """
    try:
        request = json.loads(text)
    except ValueError:
        return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
    request_id = request.get("id") if isinstance(request, dict) else None
    try:
        return {"result": _obey(request, streams), "id": request_id}
    except Malformed as error:
        reply: dict[str, Any] = {"code": 2, "msg": f"Invalid request: {error}"}
        return reply if request_id is None or not _is_id(request_id) else {**reply, "id": request_id}


def _obey(request: Any, streams: dict[str, None]) -> list[str] | None:
    if not isinstance(request, dict):
        raise Malformed("expected an object")
    if not _is_id(request.get("id")):
        raise Malformed("request ID must be an integer, an alphanumeric string of up to 36 characters or null")
    method, names = request.get("method"), request.get("params", [])
    if method is None:
        raise Malformed("missing field `method`")
    if method not in _METHODS:
        expected = ", ".join(f"`{known}`" for known in _METHODS)
        raise Malformed(f"unknown variant `{method}`, expected one of {expected}")
    if method == "LIST_SUBSCRIPTIONS":
        return list(streams)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Malformed("params must be a list of stream names")
    if len(streams.keys() | set(names)) > MAX_STREAMS:
        raise Malformed("too many parameters")
    if method == "SUBSCRIBE":
        streams.update(dict.fromkeys(names))
    else:
        for name in names:
            streams.pop(name, None)
    return None


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return bool(_WORD.fullmatch(value))
    return value is None or (type(value) is int and -(2**63) <= value < 2**63)
