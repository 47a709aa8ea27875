"""`python app.py doctor`: looks at everything a start needs, and says what it means and what to do."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from runtime.checks import CHECKS, Check, Finding
from runtime.settings import Settings

DEADLINE_S: Final = 9.0
COLOURS: Final = {"ok": "32", "warn": "33", "fail": "31"}


def run(settings: Settings, stop: threading.Event) -> int:
    """Print what every check finds; the exit code is 1 when something would stop the start."""
    logging.root.setLevel(logging.WARNING)
    findings = list(examine(settings, CHECKS, stop))
    for finding in findings:
        print(_line(finding))
    failed, warned = (sum(finding.level == level for finding in findings) for level in ("fail", "warn"))
    print(f"\n{failed or 'Nothing'} to be put right before a start, {warned or 'nothing'} to know of.")
    return 1 if failed else 0


def examine(settings: Settings, checks: Sequence[Check], stop: threading.Event) -> Iterable[Finding]:
    """Run the checks side by side; their findings in the order of the checks, within `DEADLINE_S`."""
    queue: SimpleQueue[tuple[Check, list[Finding]]] = SimpleQueue()
    for check in checks:  # daemons: a name server that never answers must not keep the process
        threading.Thread(target=_run_check, args=(check, settings, queue), daemon=True).start()
    found: dict[Check, list[Finding]] = {}
    deadline_s = time.monotonic() + DEADLINE_S
    while len(found) < len(checks) and time.monotonic() < deadline_s and not stop.is_set():
        try:
            check, findings = queue.get(timeout=0.1)
            found[check] = findings
        except Empty:
            continue
    for check in checks:
        late = Finding(
            "warn", _subject(check), f"no result within {DEADLINE_S:g} s", "Try again, or look at the network."
        )
        yield from found.get(check, [late])


def _run_check(check: Check, settings: Settings, queue: SimpleQueue[tuple[Check, list[Finding]]]) -> None:
    try:
        findings = list(check(settings))
    except Exception as error:  # a check that breaks is a finding
        findings = [Finding("warn", _subject(check), f"the check itself failed: {type(error).__name__}: {error}")]
    queue.put((check, findings))


def _subject(check: Check) -> str:
    return check.__name__.removeprefix("check_")


def _line(finding: Finding) -> str:
    level = f"{finding.level:<5}"
    if sys.stdout.isatty():
        level = f"\x1b[{COLOURS[finding.level]}m{level}\x1b[0m"
    line = f"{level} {finding.subject:<9} {finding.says}"
    return f"{line}\n{'':<16}-> {finding.remedy}" if finding.remedy else line
