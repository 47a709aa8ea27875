"""Columns of numbers as JSON rows, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import numpy as np
import orjson
from flask import Response
from numpy.typing import NDArray

FORMATS: Final = ("json", "csv", "parquet")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\0")

Columns = Mapping[str, NDArray[Any]]
"""Columns of equal length by name. A datetime64[ms] column is UTC; a missing float is NaN."""


def utc(times_ms: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Epoch milliseconds as a UTC time column."""
    return cast("NDArray[np.datetime64]", times_ms.astype("datetime64[ms]"))


def rows(columns: Columns) -> list[dict[str, Any]]:
    """One dictionary a row, ready for orjson (which writes NaN as null); times as ISO 8601 with a Z."""
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*_values(columns), strict=True)]


def to_csv(columns: Columns) -> bytes:
    """CSV with a header line. Numbers stay numbers, NaN is an empty cell, text that looks like a formula is defused."""
    out = _Lines()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*map(_cells, _values(columns)), strict=True))
    return out.getvalue().encode()


def to_parquet(columns: Columns, notes: Mapping[str, str]) -> bytes:
    """Parquet with typed columns (times: timestamp[ms, UTC], NaN: null) and ``notes`` as the file's metadata."""
    import pyarrow as pa  # noqa: PLC0415  # half a second, so only when asked for
    from pyarrow import parquet  # noqa: PLC0415

    arrays = {
        name: pa.array(values, pa.timestamp("ms", "UTC") if values.dtype.kind == "M" else None, from_pandas=True)
        for name, values in columns.items()
    }
    out = io.BytesIO()
    parquet.write_table(pa.table(arrays).replace_schema_metadata(dict(notes)), out)
    return out.getvalue()


def respond(columns: Columns, form: str, title: str, head: Mapping[str, Any], key: str) -> Response:
    """The answer in one of `FORMATS`.

    ``head`` describes the whole: members beside ``key`` (the rows) in JSON, the metadata of a Parquet file.
    Its ``simulated`` and ``truncated`` also become headers, and ``simulated`` a part of the file name.
    """
    if form == "json":
        response = Response(to_json({**head, key: rows(columns)}), mimetype="application/json")
    else:
        if form == "csv":
            response = Response(to_csv(columns), mimetype="text/csv")
        else:
            notes = {
                name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in head.items()
            }
            response = Response(to_parquet(columns, notes), mimetype="application/vnd.apache.parquet")
        marked = f"{title}_SIMULATED" if head["simulated"] else title
        name = f"{marked}.{form}".replace(":", "-")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    for mark in ("simulated", "truncated"):
        if head.get(mark):
            response.headers[f"X-Spreadboard-{mark.capitalize()}"] = "1"
    return response


def to_json(value: object) -> bytes:
    """JSON without NaN; dataclasses and numpy values are understood."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def defuse(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it (OWASP, CSV injection).

    >>> defuse("=HYPERLINK(1)"), defuse("BTCUSDT")
    ("'=HYPERLINK(1)", 'BTCUSDT')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


class _Lines(io.StringIO):
    """Ends rows with a bare line feed. The writer must not do it: it quotes only the line ends that it knows of."""

    def write(self, row: str) -> int:
        return super().write(row.removesuffix("\r\n") + "\n")


def _values(columns: Columns) -> Iterable[list[Any]]:
    for values in columns.values():
        if values.dtype.kind == "M":
            yield np.datetime_as_string(values, unit="ms", timezone="UTC").tolist()
        else:
            yield values.tolist()


def _cells(values: list[Any]) -> list[Any]:
    first = values[0] if values else None
    if isinstance(first, str):
        return [defuse(value) for value in values]
    if isinstance(first, bool):
        return ["true" if value else "false" for value in values]
    if isinstance(first, float):
        return ["" if math.isnan(value) else value for value in values]
    return values
