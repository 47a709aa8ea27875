"""Every benchmark of this folder, or those named: ``python -m benchmarks [name ...]``; code 1 if a gate is missed."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.gates import REPORT, Gate, reported, table


def machine() -> str:
    """The machine in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def main(names: list[str]) -> int:
    """Run them one after another, each in a process of its own; the gates of all in one table at the end."""
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; known: {', '.join(known)}")
    print(machine())
    gates: list[Gate] = []
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "gates")
        report.touch()
        environ = os.environ | {REPORT: str(report), "OPENBLAS_NUM_THREADS": "1"}
        for name in names or known:
            print(f"\n== {name}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
            subprocess.run(command, check=False, env=environ)
            told = reported(report)[len(gates) :]
            gates += told
            broken += [] if told else [name]
    met = sum(gate.met for gate in gates)
    print(f"\n{table(gates)}\n{met} of {len(gates)} gates are met")
    if broken:
        print(f"did not run to the end: {', '.join(broken)}")
    return int(bool(broken) or met < len(gates))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
