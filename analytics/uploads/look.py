"""What a file looks like, from its beginning: its delimiter, its header and its first rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import Final, NamedTuple

from analytics.uploads.plan import DECIMALS, DELIMITERS, Unreadable

HEAD_BYTES: Final = 262_144
"""So much of a file is looked at."""
SHOWN: Final = 12
_SAMPLE: Final = 2_000
_LEAST: Final = 4
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*")
_COMMA: Final = re.compile(r"\s*[+-]?\d+,\d+\s*")
_MAGIC: Final = {
    b"PK\x03\x04": "a zip archive or an Excel workbook. Unpack it, or save the sheet as CSV",
    b"\x1f\x8b": "compressed with gzip. Unpack it first",
    b"PAR1": "a Parquet file. Save it as CSV",
    b"\xff\xfe": "in UTF-16. Save it as UTF-8",
    b"\xfe\xff": "in UTF-16. Save it as UTF-8",
    b"%PDF": "a PDF",
}


class Look(NamedTuple):
    """``names`` are the header's cells, empty without one; ``rows`` the first rows of data with ``lines``, their line
    numbers. ``first_line`` is the line of the first of them, ``width`` the number of columns."""

    delimiter: str
    decimal: str
    header: bool
    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    first_line: int
    width: int


def look(head: bytes, delimiter: str | None = None, header: bool | None = None, decimal: str | None = None) -> Look:
    r"""What the first `HEAD_BYTES` of a file look like; what is given is not guessed. Raises `Unreadable`.

    >>> seen = look(b"time;open;high;low;close\n1700000000;1,5;2,5;1;2\n1700000060;2;2;2;2\n")
    >>> seen.delimiter, seen.decimal, seen.header, seen.first_line, seen.rows[0][1]
    ('semicolon', 'comma', True, 2, '1,5')
    """
    lines = _lines(head)
    chosen = delimiter or _delimiter(lines)
    table = [row for row in csv.reader(lines, delimiter=DELIMITERS[chosen])]
    width = _width(table)
    if width < _LEAST + 1:
        raise Unreadable(
            f"No column separator was found that gives a time and four prices: line {_first(table, width) + 1} "
            f"has {width} column{'s' * (width != 1)}. Choose the delimiter, or see that the file is CSV."
        )
    start = _first(table, width)
    named = _is_header(table[start]) if header is None else header
    first = start + named
    numbered = [(at + 1, row) for at, row in enumerate(table) if at >= first and len(row) == width]
    if not numbered:
        raise Unreadable("The file has a header and no rows.")
    rows = [row for _, row in numbered]
    return Look(
        delimiter=chosen,
        decimal=decimal or _decimal(rows, chosen),
        header=named,
        names=[name.strip() for name in table[start]] if named else [],
        rows=rows,
        lines=[line for line, _ in numbered],
        first_line=first + 1,
        width=width,
    )


def is_number(text: str) -> bool:
    """Whether a cell holds a number, with a decimal point or a decimal comma."""
    return _NUMBER.fullmatch(text) is not None


def _lines(head: bytes) -> list[str]:
    for magic, words in _MAGIC.items():
        if head.startswith(magic):
            raise Unreadable(f"The file is {words}.")
    if b"\0" in head:
        raise Unreadable("The file is binary, not text. Save the table as CSV.")
    lines = head.decode("utf-8-sig", "replace").splitlines()[: _SAMPLE + 1]
    # The last line may have been cut off in the middle.
    lines = lines[:-1] if len(lines) > _SAMPLE or len(head) >= HEAD_BYTES else lines
    if not any(line.strip() for line in lines):
        raise Unreadable("The file is empty.")
    return lines


def _delimiter(lines: list[str]) -> str:
    """The one that gives most lines the same number of columns. A comma may be a decimal comma, so it comes last."""
    found = "comma"
    best = 0.0
    for name in ("tab", "semicolon", "pipe", "comma"):
        widths = Counter(line.count(DELIMITERS[name]) for line in lines if line.strip())
        width, count = widths.most_common(1)[0]
        share = count / widths.total() if width >= _LEAST else 0.0
        if share > best + 0.2:
            found, best = name, share
    return found


def _width(table: list[list[str]]) -> int:
    return Counter(len(row) for row in table if row).most_common(1)[0][0]


def _first(table: list[list[str]], width: int) -> int:
    return next(at for at, row in enumerate(table) if len(row) == width)


def _is_header(row: list[str]) -> bool:
    return sum(map(is_number, row)) == 0


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    if DELIMITERS[delimiter] == DECIMALS["comma"]:
        return "point"
    cells = [cell for row in rows for cell in row]
    commas, points = (sum(1 for cell in cells if test(cell)) for test in (_COMMA.fullmatch, _is_pointed))
    return "comma" if commas > points else "point"


def _is_pointed(cell: str) -> bool:
    return "." in cell and is_number(cell)
