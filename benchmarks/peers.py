"""Peers that are no dependency: each set of them in an environment of its own, made at first use."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parent.parent


def python_with(folder: str, *packages: str) -> str:
    """Interpreter of the environment in ``folder`` of the repository, with these packages."""
    home = REPO / folder
    python, stamp, wanted = home / "bin" / "python", home / "packages.txt", "\n".join(packages)
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        stamp.write_text(wanted)
    return str(python)


def run_inside(module: str, folder: str, *packages: str) -> int:
    """Run a benchmark once more in that environment, its compiled loops apart from ours; its exit code."""
    environ = os.environ | {"NUMBA_CACHE_DIR": f"{tempfile.gettempdir()}/benchmarks-{Path(folder).name}"}
    return subprocess.run([python_with(folder, *packages), "-m", module], check=False, cwd=REPO, env=environ).returncode
