"""Gets the compiled loops ready behind the page's back: another process compiles, a thread here reads its cache."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from analytics import compiled
from store.server_files import die_with_parent

log = logging.getLogger(__name__)

DELAY_S: Final = 3.0
"""The first pages go first."""
_NICE: Final = 19
_PATIENCE_S: Final = 300.0
_ROOT: Final = Path(__file__).resolve().parents[1]


def start() -> None:
    """Return at once; the loops turn fast when they are ready. Until then, and if they never are, plain ones do."""
    threading.Thread(target=_warm, name="warm", daemon=True).start()


def _warm() -> None:
    time.sleep(DELAY_S)
    begin = time.monotonic()
    command = [sys.executable, "-c", f"import os; os.nice({_NICE}); from analytics import compiled; compiled.load()"]
    try:
        subprocess.run(  # noqa: S603 - our own program
            command,
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
            cwd=_ROOT,
            preexec_fn=die_with_parent(),
        )
        compiled.load()
    except (OSError, subprocess.SubprocessError, ImportError) as error:
        output = getattr(error, "stderr", None) or b""
        log.warning(
            "loops stay plain Python, which is exact but slower: %s %s", error, output.decode(errors="replace")[-300:]
        )
        return
    log.info("loops compiled in %.1f s", time.monotonic() - begin)
