"""The compiled loops get ready behind the page's back, or the plain ones stay and it is said."""

from __future__ import annotations

import logging
import subprocess
import sys
import time

import pytest

from runtime import warm

SCRIPT = """
import time
from analytics import compiled
from runtime import warm
warm.DELAY_S = 0.0
begin = time.monotonic()
warm.start()
print(f"{time.monotonic() - begin:.3f} {compiled.ready()}")
while not compiled.ready() and time.monotonic() - begin < 240:
    time.sleep(0.1)
print(compiled.ready())
"""


@pytest.mark.timeout(300)
def test_nobody_waits_while_the_loops_are_compiled():
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout.split()
    assert float(told[0]) < 0.5
    assert told[1:] == ["False", "True"]


def test_without_a_compiler_it_is_said_and_plain_loops_stay(monkeypatch, caplog):
    monkeypatch.setattr(warm, "DELAY_S", 0.0)
    monkeypatch.setattr(warm.sys, "executable", "/bin/false")
    with caplog.at_level(logging.WARNING):
        warm.start()
        deadline = time.monotonic() + 20
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "loops stay plain Python" in caplog.text
