"""Gates: what a benchmark measured and what was asked of it, in one table; a missed one makes the run fail."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

REPORT: Final = "BENCHMARK_GATES"
"""The variable that names a file to add gates to, where one run of several benchmarks wants them all."""


class Gate(NamedTuple):
    """One demand: at least, or with ``at_most`` at most, so much."""

    name: str
    measured: float
    asked: float
    unit: str = "x"
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is kept; what is NaN never is."""
        return self.measured <= self.asked if self.at_most else self.measured >= self.asked


def tell(values: Mapping[str, float]) -> None:
    """What was measured without a demand on it, a line each."""
    for name, value in values.items():
        print(f"{name:46} {value:12.4g}", flush=True)


def table(gates: Iterable[Gate]) -> str:
    """Name, measured, asked, and ok or SHORT."""
    lines = [f"{'gate':46} {'measured':>12} {'asked':>16}"]
    for gate in gates:
        asked = f"{'<=' if gate.at_most else '>='} {gate.asked:,.6g} {gate.unit}"
        lines.append(f"{gate.name:46} {gate.measured:12,.5g} {asked:>16}  {'ok' if gate.met else 'SHORT'}")
    return "\n".join(lines)


def finish(gates: Iterable[Gate]) -> NoReturn:
    """The end of a benchmark: its table, or for the whole run's table its gates; exit code 1 if one is missed."""
    gates = list(gates)
    if REPORT in os.environ:
        with Path(os.environ[REPORT]).open("a") as report:
            report.writelines(json.dumps(gate) + "\n" for gate in gates)
    else:
        print(table(gates))
    sys.exit(not all(gate.met for gate in gates))


def reported(path: Path) -> list[Gate]:
    """The gates that benchmarks have added to a file."""
    return [Gate(*json.loads(line)) for line in path.read_text().splitlines()]
