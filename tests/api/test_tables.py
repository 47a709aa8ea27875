"""CSV cells and file names, whatever the text."""

from __future__ import annotations

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from api.tables import defuse, to_csv, to_json

text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)


@given(st.lists(text, min_size=1))
def test_no_text_cell_begins_like_a_formula(cells: list[str]) -> None:
    written = to_csv({"note": np.array(cells, dtype=object)}).decode()
    read = [row[0] if row else "" for row in csv.reader(io.StringIO(written, newline=""))][1:]
    assert read == [defuse(cell) for cell in cells]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in read)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_stay_numbers(numbers: list[float]) -> None:
    written = to_csv({"value": np.array(numbers)}).decode().splitlines()[1:]
    assert [float(cell) for cell in written] == numbers


def test_json_has_no_nan() -> None:
    assert to_json({"a": float("nan"), "b": np.float64("inf")}) == b'{"a":null,"b":null}'
