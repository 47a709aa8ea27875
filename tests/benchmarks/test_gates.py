"""A missed gate is said and makes the run fail; every benchmark ends with its gates."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

import benchmarks
from benchmarks import __main__ as runner
from benchmarks.gates import REPORT, Gate, finish, reported, table
from benchmarks.timing import seconds, versus

FOLDER = Path(benchmarks.__file__).parent


@pytest.mark.parametrize(
    ("gate", "met"),
    [
        (Gate("ratio", 2.0, 2.0), True),
        (Gate("ratio", 1.99, 2.0), False),
        (Gate("time", 5.0, 5.0, "us", at_most=True), True),
        (Gate("time", 5.1, 5.0, "us", at_most=True), False),
        (Gate("ratio", math.nan, 2.0), False),
        (Gate("time", math.nan, 2.0, "us", at_most=True), False),
    ],
)
def test_a_gate_is_met_or_short(gate, met, capsys, monkeypatch):
    monkeypatch.delenv(REPORT, raising=False)
    assert gate.met == met
    assert table([gate]).endswith("ok" if met else "SHORT")
    with pytest.raises(SystemExit) as left:
        finish([gate, Gate("other", 2.0, 1.0)])
    assert left.value.code == (0 if met else 1)
    assert table([gate]) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ([Gate("one", 2.0, 1.0), Gate("two", 3.0, 1.0)], 0, "2 of 2 gates are met"),
        ([Gate("one", 2.0, 1.0), Gate("two", 0.5, 1.0)], 1, "1 of 2 gates are met"),
        ([], 1, "did not run to the end: flow"),
    ],
)
def test_one_run_ends_with_the_gates_of_all(said, code, words, capsys, monkeypatch):
    def run(command, *, check, env):
        assert command[1:] == ["-m", "benchmarks.bench_flow"]
        monkeypatch.setenv(REPORT, env[REPORT])
        if said:
            with pytest.raises(SystemExit):
                finish(said)

    monkeypatch.setattr(runner.subprocess, "run", run)
    assert runner.main(["flow"]) == code
    out = capsys.readouterr().out
    assert words in out
    assert table(said) in out


def test_a_report_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setenv(REPORT, str(tmp_path / "gates"))
    gates = [Gate("one", 2.5, 1.0), Gate("two", 3.0, 5.0, "us", at_most=True)]
    for gate in gates:
        with pytest.raises(SystemExit):
            finish([gate])
    assert reported(tmp_path / "gates") == gates


def test_an_unknown_benchmark_is_named():
    with pytest.raises(SystemExit, match=r"no such benchmark: flaw; known: .*flow"):
        runner.main(["flaw"])


def test_every_benchmark_ends_with_its_gates():
    for path in FOLDER.glob("bench_*.py"):
        text = path.read_text()
        assert "Gate(" in text, path.name
        assert " finish(" in text, path.name


def test_a_ratio_is_how_often_ours_fits_into_the_peers(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "process_time", lambda: clock[0])

    def work(lasts_s):
        clock[0] += lasts_s

    found = versus(lambda: work(0.25), lambda: work(2.0), rounds=3, least_s=1.0)
    assert found == (0.25, 2.0, 8.0)
    # The slowest first call and one slow round do not decide.
    lasts = iter([9.0, 1.0, 7.0, 1.0])
    assert seconds(lambda: work(next(lasts)), rounds=3, least_s=0.5) == [1.0]
