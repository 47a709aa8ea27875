"""Write docs/measures.md from what the measures declare: ``python -m docs.make_measures``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from analytics.gather import TAKES
from analytics.measure import Measure
from analytics.parameters import Parameter
from analytics.registry import measures

TARGET = Path(__file__).with_name("measures.md")

HEAD = """# Measures

Every measure in `analytics/measures/`, as it declares itself. Made by `python -m docs.make_measures`; a test fails when
this file is not what the declarations say. [Adding a measure](adding_a_measure.md) tells how a new one gets here.
`GET /api/v1/measures` answers the same as JSON, and `GET /api/v1/measures/<name>` runs one on the bars held.

Warm-up is the number of rows before the first value, with the defaults. A measure **per row** has a value at each row,
which rests on rows up to it; a measure **of the whole** says one thing about all the rows it is given.
"""


def text() -> str:
    """The whole document."""
    parts = [HEAD, _contents()]
    for group, members in _groups():
        parts += [f"## {group.capitalize()}\n", *map(_section, members)]
    return "\n".join(parts)


def _groups() -> Iterator[tuple[str, list[Measure]]]:
    for group, members in itertools.groupby(measures().values(), key=lambda each: each.group):
        yield group, list(members)


def _contents() -> str:
    lines = [
        f"* {group.capitalize()}: " + ", ".join(f"[{each.title}](#{each.name})" for each in members)
        for group, members in _groups()
    ]
    return "\n".join([*lines, ""])


def _section(each: Measure) -> str:
    kind = "per row" if each.per_row else "of the whole"
    warmup = each.warmup(**each.settings({}))
    facts = {
        "Takes": f"{TAKES[each.takes]}; {kind}",
        "Warm-up": f"{warmup} {'row' if warmup == 1 else 'rows'}",
        "Null hypothesis": each.null,
        "Formula": f"`{each.formula}`",
        "Reference": each.reference,
        "Tested against": f"{each.oracle}; tolerance {each.tolerance}",
    }
    lines = [f'<a id="{each.name}"></a>', f"### {each.title}: `{each.name}`", "", f"{_sentence(each.summary)}", ""]
    lines += [f"* **{name}:** {fact}" for name, fact in facts.items() if fact]
    if each.parameters:
        lines += ["", "| parameter | label | default | must be | unit | what it does |", "|---|---|---|---|---|---|"]
        lines += [
            _row(f"`{one.name}`", one.label, _default(one), one.allowed, one.unit, one.help) for one in each.parameters
        ]
    lines += ["", "| output | label | unit | what it says |", "|---|---|---|---|"]
    lines += [_row(f"`{output.name}`", output.label, output.unit, output.help) for output in each.outputs]
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |"


def _default(parameter: Parameter) -> str:
    return f"{parameter.default:g}" if isinstance(parameter.default, float) else str(parameter.default)


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
