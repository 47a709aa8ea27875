"""Logging: one line a record, for people on a terminal or as JSON for machines."""

from __future__ import annotations

import json
import logging
import math
import sys
import threading
from datetime import UTC, datetime
from typing import Any, Final, TextIO

COLOURS: Final = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
OWN_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# A feed's garbage must not move the cursor, colour the terminal or forge a line of the log.
CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))} | {
    10: "\\n",
    13: "\\r",
    9: "\\t",
}


def set_up(role: str, level: str = "INFO", json_lines: bool = False, stream: TextIO | None = None) -> None:
    """Send all records of this process to ``stream`` (standard error), marked with the role's name.

    Fields given as ``extra={...}`` become ``key=value``, or keys of the JSON object. Python warnings and the
    exceptions that end a thread are records too.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(role) if json_lines else TextLines(role, colour=stream.isatty()))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_end


class TextLines(logging.Formatter):
    """``2026-01-31T09:30:00.123Z INFO    ingest   connected url=wss://... symbols=12``, then any traceback."""

    def __init__(self, role: str, colour: bool = False) -> None:
        super().__init__()
        self.role, self.colour = role, colour

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback follows on lines of its own."""
        level = f"{record.levelname:<7}"
        if self.colour:
            level = f"\x1b[{COLOURS.get(record.levelname, '0')}m{level}\x1b[0m"
        fields = "".join(f" {key}={_quote(value)}" for key, value in _fields(record).items())
        line = f"{_time(record)} {level} {self.role:<8} {record.getMessage().translate(CONTROL)}{fields}"
        trace = _trace(record)
        return f"{line}\n{trace}" if trace else line


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, role, logger, message, the extra fields, exception."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON; what JSON cannot say (NaN, objects) is said in words."""
        row: dict[str, Any] = {key: _plain(value) for key, value in _fields(record).items()}
        row |= {"time": _time(record), "level": record.levelname, "role": self.role, "logger": record.name}
        row["message"] = record.getMessage()
        if trace := _trace(record):
            row["exception"] = trace
        first = ("time", "level", "role", "logger", "message")
        return json.dumps({key: row[key] for key in first} | row, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in OWN_FIELDS}


def _trace(record: logging.LogRecord) -> str:
    formatter = logging.Formatter()
    parts = [formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return "\n".join(parts)


def _quote(value: Any) -> str:
    text = str(value).translate(CONTROL)
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text else text


def _plain(value: Any) -> Any:
    known = value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if known else str(value)


def _log_thread_end(end: threading.ExceptHookArgs) -> None:
    if end.exc_value is None or issubclass(end.exc_type, SystemExit):
        return
    name = end.thread.name if end.thread else "?"
    exc_info = (end.exc_type, end.exc_value, end.exc_traceback)
    logging.getLogger(__name__).error("a thread died", extra={"thread_name": name}, exc_info=exc_info)
