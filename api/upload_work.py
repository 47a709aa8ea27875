"""The work of an upload: bounded in size and time, one at a time, told as it goes, stopped when nobody waits."""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, BinaryIO, Final, cast

from flask import Request, Response

from api.problems import Problem
from api.tables import to_json

MAX_BYTES: Final = 256_000_000
MAX_S: Final = 120.0
"""Reading a file of a million rows takes a few seconds; whatever takes so long is no such file."""
WAIT_S: Final = 10.0
_PORTION: Final = 1_048_576
# One file at a time: reading takes some hundred megabytes, and must not take the threads that answer the pages.
_turn: Final = threading.Lock()

Watch = Callable[[int], None]
Work = Callable[[Watch], Response]


class Stopped(Exception):
    """Whoever asked has gone."""


@contextmanager
def body(request: Request) -> Iterator[BinaryIO]:
    """The uploaded file: the field ``file`` of a form, or the body as it is. Raises `Problem` (413)."""
    if (request.content_length or 0) > MAX_BYTES:
        raise _too_large()
    request.max_content_length = MAX_BYTES
    source: Any = request.stream
    if request.mimetype == "multipart/form-data":
        source = request.files.get("file")
        if source is None:
            raise Problem(HTTPStatus.BAD_REQUEST, "no-file", "The form has no field `file`.", parameter="file")
    with tempfile.TemporaryFile() as file:
        # Copied, since it may be read when the request is over.
        shutil.copyfileobj(source, file, _PORTION)
        file.seek(0)
        yield cast("BinaryIO", file)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other file is being read. Raises `Problem` (503)."""
    if not _turn.acquire(timeout=WAIT_S):
        detail = f"Another file is being read; nothing was free within {WAIT_S:g} s. Try again."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
    try:
        yield
    finally:
        _turn.release()


def limited(watch: Watch) -> Watch:
    """``watch``, and an end to what takes too long."""
    end = time.monotonic() + MAX_S

    def told(rows: int) -> None:
        if time.monotonic() > end:
            detail = f"The file could not be read within {MAX_S:g} s. Split it."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "too-slow", detail)
        watch(rows)

    return told


def streamed(work: Work, explain: Callable[[Exception], Response]) -> Response:
    """Answer with what ``work`` tells as it goes, a JSON object a line; it is stopped when its reader goes away."""
    lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    gone = threading.Event()

    def watch(rows: int) -> None:
        if gone.is_set():
            raise Stopped
        lines.put({"rows": rows})

    def run() -> None:
        try:
            answer = work(watch)
        except Stopped:
            return
        except Exception as error:
            answer = explain(error)
        lines.put({"status": answer.status_code, "body": answer.get_json()})
        lines.put(None)

    def told() -> Iterator[bytes]:
        threading.Thread(target=run, name="upload", daemon=True).start()
        try:
            while (line := lines.get()) is not None:
                yield to_json(line) + b"\n"
        finally:
            gone.set()

    return Response(told(), mimetype="application/x-ndjson", headers={"X-Accel-Buffering": "no"})


def _too_large() -> Problem:
    detail = f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
