"""docs/measures.md is what the measures declare; docs/adding_a_measure.md is followed to the letter and works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.registry import measures
from docs.make_measures import TARGET, text

REPO = Path(__file__).resolve().parents[2]
GUIDE = REPO / "docs" / "adding_a_measure.md"
FILE = re.compile(r"`((?:analytics|tests)/[\w/]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```sh\n(.*?)```", re.DOTALL)
MEASURE = "analytics/measures/up_share.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project, as far as a measure needs it, with the files of the guide written into it."""
    for folder in ("analytics", "store", "tests/analytics", "docs"):
        shutil.copytree(REPO / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "images"))
    for file in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(REPO / file, tmp_path / file)
    files = FILE.findall(GUIDE.read_text(encoding="utf-8"))
    assert [path for path, _ in files] == [MEASURE, "tests/analytics/test_up_share.py"]
    for path, code in files:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code, encoding="utf-8")
    return tmp_path


def commands() -> list[list[str]]:
    found = COMMANDS.search(GUIDE.read_text(encoding="utf-8"))
    assert found is not None
    return [line.split() for line in found[1].splitlines()]


def follow(tree: Path, command: list[str]) -> tuple[int, str]:
    assert command[0] == ".venv/bin/python"
    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=tree, capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_document_is_what_the_measures_declare() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run: python -m docs.make_measures"


def test_every_measure_stands_in_it_in_full() -> None:
    written = " ".join(text().replace("\\|", "|").split())
    for name, each in measures().items():
        assert f'<a id="{name}"></a>' in written
        said = [each.summary, each.formula, each.reference, each.oracle, each.tolerance, each.null]
        said += [one.help for one in each.parameters] + [one.help for one in each.outputs]
        for words in said:
            assert " ".join(words.split()) in written, (name, words)


def test_the_guide_works_as_it_stands(tree: Path) -> None:
    for command in commands():
        code, said = follow(tree, command)
        assert code == 0, said
        if "pytest" in command:
            assert re.search(r"[1-9]\d* passed", said), said
            assert "failed" not in said
    assert '<a id="up_share"></a>' in (tree / "docs" / "measures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        (
            "    return UpShare(share)",
            "    return UpShare(share[::-1].copy())",
            "test_what_was_printed_stays[up_share]",
        ),
        ("return window + 1", "return window + 7", "test_its_columns_fit_and_it_speaks_when_it_said[up_share]"),
        ('name="up_share"', 'name="share_up"', "must define MEASURE, a Measure named 'up_share'"),
    ],
)
def test_a_broken_measure_is_caught(tree: Path, right: str, wrong: str, complaint: str) -> None:
    file = tree / MEASURE
    code = file.read_text(encoding="utf-8")
    assert code.count(right) == 1
    file.write_text(code.replace(right, wrong), encoding="utf-8")
    returned, said = follow(tree, commands()[1])
    assert returned != 0
    assert complaint in said
