"""Log lines: one a record, forged by nobody, and JSON that always parses."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, hook = logging.root, threading.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], threading.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(False)


def record(message: str, **extra: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "ingest.x", "levelname": "INFO", "msg": message, "created": 1.5e9, **extra})


def test_a_text_line_has_time_level_role_message_and_fields() -> None:
    line = logs.TextLines("ingest").format(record("connected", url="wss://h", symbols=12, reason="it is up"))
    assert line == '2017-07-14T02:40:00.000Z INFO    ingest   connected url=wss://h symbols=12 reason="it is up"'


def test_colour_only_on_a_terminal() -> None:
    assert "\x1b" in logs.TextLines("web", colour=True).format(record("x"))
    stream = io.StringIO()
    logs.set_up("web", stream=stream)
    logging.getLogger("t").warning("seen")
    assert "seen" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@given(st.text(), st.text())
def test_what_a_feed_sends_cannot_forge_a_line(message: str, value: str) -> None:
    line = logs.TextLines("ingest").format(record("%s", args=(message,), value=value))
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in line)
    assert "\u2028" not in line


@given(st.text(), st.one_of(st.floats(), st.integers(), st.none(), st.binary(), st.lists(st.floats())))
def test_a_json_line_parses_strictly(message: str, value: Any) -> None:
    line = logs.JsonLines("web").format(record("%s", args=(message,), value=value))
    assert "\n" not in line

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    row = json.loads(line, parse_constant=refuse)
    assert (row["message"], row["role"], row["level"], row["logger"]) == (message, "web", "INFO", "ingest.x")
    assert "value" in row


def test_an_exception_stays_in_its_record() -> None:
    stream = io.StringIO()
    logs.set_up("web", json_lines=True, stream=stream)
    try:
        raise ValueError("no such bar")
    except ValueError:
        logging.getLogger("t").exception("failed", extra={"symbol": "binance:BTCUSDT"})
    row = json.loads(stream.getvalue())
    assert row["symbol"] == "binance:BTCUSDT"
    assert row["exception"].startswith("Traceback")
    assert row["exception"].endswith("ValueError: no such bar")


def test_level_warnings_and_dying_threads() -> None:
    stream = io.StringIO()
    logs.set_up("web", level="WARNING", stream=stream)
    logging.getLogger("t").info("not shown")
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    warnings.warn("take care", UserWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: 1 // 0, name="reader")
    thread.start()
    thread.join()
    out = stream.getvalue()
    assert "not shown" not in out
    assert "take care" in out
    assert "a thread died thread_name=reader" in out
    assert "ZeroDivisionError" in out
    assert sys.stderr.isatty() or "\x1b" not in out
