"""/api/v1/uploads: bars from a user's file, which then are a symbol like any other, of the venue `upload`."""

from __future__ import annotations

import dataclasses
import difflib
import io
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, BinaryIO, Final

from flask import Response, request

from analytics.market import CLOSE, UPLOAD_VENUE
from analytics.uploads.guess import Guess
from analytics.uploads.look import HEAD_BYTES, SHOWN, Look
from analytics.uploads.parse import parse
from analytics.uploads.plan import Unreadable
from analytics.uploads.report import Parsed
from api import bars, tables
from api.problems import Problem, bad_parameter, explain
from api.route import Context, Route
from api.tables import to_json
from api.upload_settings import DOING, READING, understand
from api.upload_work import Watch, body, limited, streamed, turn
from store.uploads import MAX_BARS, MAX_UPLOADS, Upload

PATH: Final = "/api/v1/uploads"


def _list(context: Context, _values: Mapping[str, Any]) -> Response:
    return _json({"uploads": [describe(upload) for upload in context.store.uploads.all().values()]})


def describe(upload: Upload) -> dict[str, Any]:
    """What is known of an upload, as JSON says it."""
    return {"symbol": upload.symbol, **upload._asdict()}


def _delete(context: Context, values: Mapping[str, Any]) -> Response:
    name = values["name"]
    if context.store.uploads.delete(f"{UPLOAD_VENUE}:{name}"):
        return _json({"deleted": name})
    known = [upload.name for upload in context.store.uploads.all().values()]
    near = difflib.get_close_matches(name[:100], known, n=3)
    detail = f"There is no upload {name[:100]!r}. GET {PATH} lists them."
    raise Problem(HTTPStatus.NOT_FOUND, "unknown-upload", detail, parameter="name", nearest=near)


def _upload(context: Context, values: Mapping[str, Any]) -> Response:
    storing = values["preview"] == "0" and values["dry_run"] == "0"
    if storing:
        _may_store(context, values)
    stack = ExitStack()
    file = stack.enter_context(body(request))

    def work(watch: Watch) -> Response:
        with stack:
            if values["preview"] == "1":
                return _preview(file, values)
            with turn():
                return _take(context, file, values, limited(watch))

    return streamed(work, explain) if values["progress"] == "1" else work(lambda _rows: None)


def _preview(file: BinaryIO, values: Mapping[str, Any]) -> Response:
    """How the file looks, and how its beginning would be read; ``problem`` says why it cannot."""
    head = file.read(HEAD_BYTES)
    seen, guessed = _understood(head, values)
    if len(head) == HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1]
    answer = {"looks": _looks(seen), **_plan(guessed), "problem": "", "report": None, "bars": []}
    try:
        parsed = parse(io.BytesIO(head), guessed.plan)
    except Unreadable as error:
        return _json(answer | {"problem": str(error)})
    shown = next(iter(parsed.frames.values()))[:3]
    return _json(answer | {"report": parsed.report, "bars": tables.rows(bars.columns(shown))})


def _take(context: Context, file: BinaryIO, values: Mapping[str, Any], watch: Watch) -> Response:
    """Read the whole file and, unless it is a dry run, store it."""
    head = file.read(HEAD_BYTES)
    _, guessed = _understood(head, values)
    file.seek(0)
    now_ms = int(time.time() * 1000)
    try:
        parsed = parse(file, guessed.plan, watch, now_ms)
    except Unreadable as error:
        raise _unreadable(error) from None
    report = parsed.report
    counts = {timeframe: len(each) for timeframe, each in parsed.frames.items()}
    answer = {**_plan(guessed), "report": report, "timeframes": counts, "stored": False}
    if report.bad and values["skip_bad"] == "0" and values["dry_run"] == "0":
        detail = (
            f"{report.bad:,} of {report.rows:,} rows cannot be used; `report` tells which and why. Mend them, or leave "
            "them out with `skip_bad=1`."
        )
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad-rows", detail, **answer | {"report": _plain(report)})
    if values["dry_run"] == "1":
        return _json(answer)
    upload = _stored(context, values, parsed, now_ms)
    return _json(answer | describe(upload) | {"stored": True}, HTTPStatus.CREATED)


def _stored(context: Context, values: Mapping[str, Any], parsed: Parsed, now_ms: int) -> Upload:
    report, frames = parsed.report, parsed.frames
    uploads = context.store.uploads
    others = [other for other in uploads.all().values() if other.name != values["name"]]
    held = sum(sum(other.timeframes.values()) for other in others)
    coming = sum(map(len, frames.values()))
    if len(others) >= MAX_UPLOADS or held + coming > MAX_BARS:
        detail = (
            f"There is room for {MAX_UPLOADS} uploads with {MAX_BARS:,} bars in all, longer time frames included; "
            f"{len(others)} hold {held:,}, and this one has {coming:,}. Delete one first."
        )
        raise Problem(HTTPStatus.CONFLICT, "no-room", detail)
    left_out = [f"{report.bad:,} of {report.rows:,} rows were left out."] if report.bad else []
    upload = Upload(
        name=values["name"],
        file=values["file"] or "",
        uploaded_ms=now_ms,
        first_ms=report.first_ms,
        end_ms=report.end_ms,
        last_close=float(next(iter(frames.values()))[-1, CLOSE]),
        timeframes={timeframe: len(each) for timeframe, each in frames.items()},
        notes=[*left_out, *report.notes],
    )
    uploads.put(upload, frames)
    return upload


def _may_store(context: Context, values: Mapping[str, Any]) -> None:
    """Whether the name is there and free: told before a large body is taken."""
    if values["name"] is None:
        raise bad_parameter("name", DOING[0].allowed, "", "It is required, unless `dry_run` or `preview` is 1.")
    if values["replace"] == "0" and f"{UPLOAD_VENUE}:{values['name']}" in context.store.uploads.all():
        detail = f"There is an upload {values['name']!r} already. Choose another name, or `replace=1`."
        raise Problem(HTTPStatus.CONFLICT, "name-taken", detail, parameter="name", got=values["name"])


def _understood(head: bytes, values: Mapping[str, Any]) -> tuple[Look, Guess]:
    try:
        return understand(head, values)
    except Unreadable as error:
        raise _unreadable(error) from None


def _unreadable(error: Unreadable) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable-file", str(error))


def _looks(seen: Look) -> dict[str, Any]:
    rows = [
        {"row": line, "cells": [cell[:60] for cell in row]} for line, row in zip(seen.lines, seen.rows, strict=True)
    ]
    return {"names": seen.names, "width": seen.width, "rows": rows[:SHOWN]}


def _plan(guessed: Guess) -> dict[str, Any]:
    return {"plan": dataclasses.asdict(guessed.plan), "doubts": guessed.doubts}


def _plain(report: Any) -> dict[str, Any]:
    """A report with its named tuples as objects."""
    plain = dataclasses.asdict(report)
    for name in ("faults", "gaps"):
        plain[name] = [each._asdict() for each in getattr(report, name)]
    return plain


def _json(body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    report = body.get("report")
    if report is not None:
        body = body | {"report": _plain(report)}
    return Response(to_json(body), status.value, mimetype="application/json")


_FILE: Final = {"type": "string", "format": "binary"}
_BODY: Final = {
    "description": "The file as it is, or as the field `file` of a form.",
    "content": {
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}},
    },
}
ROUTES: Final = (
    Route(PATH, "What users have uploaded: symbols, time frames, spans and notes.", _list),
    Route(
        PATH,
        "Upload a file of bars (CSV and its like). Its symbol is `upload:NAME` and is used as any other; longer time "
        "frames are made of its bars. A file with bad rows is refused with a list of them, unless `skip_bad` is 1.",
        _upload,
        (*DOING, *READING),
        method="POST",
        body=_BODY,
    ),
    Route(f"{PATH}/<name>", "Forget an upload.", _delete, method="DELETE"),
)
