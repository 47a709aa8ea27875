"""Backoff of a role that keeps ending, and when it is given up."""

from __future__ import annotations

import os
import sys
import time

import pytest

from runtime import child
from runtime.child import Child


def mind_until_next_end(kept: Child) -> float:
    """Seconds until the next start that the end brings."""
    exits = kept.restarts
    while True:
        if kept.mind() and not kept.pid:
            return kept.restarts_in_s
        assert kept.restarts - exits <= 1
        time.sleep(0.002)


def exiting(code: str) -> Child:
    made = Child("ingest", [sys.executable, "-S", "-c", code], os.environ)
    made.start()
    return made


def test_the_delay_doubles_up_to_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "BACKOFF_S", 0.001)
    monkeypatch.setattr(child, "BACKOFF_MAX_S", 0.005)
    kept = exiting("raise SystemExit(1)")
    assert [mind_until_next_end(kept) for _ in range(5)] == [0.001, 0.002, 0.004, 0.005, 0.005]
    assert (kept.restarts, kept.exit, kept.hopeless) == (4, 1, False)
    mind_until_next_end(kept)
    assert kept.hopeless


def test_a_long_life_forgets_failures_and_is_never_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "BACKOFF_S", 0.001)
    monkeypatch.setattr(child, "HEALTHY_S", 0.01)
    kept = exiting("import time; time.sleep(0.05); raise SystemExit(2)")
    assert [mind_until_next_end(kept) for _ in range(3)] == [0.001] * 3
    assert not kept.hopeless


def test_refused_settings_are_hopeless_at_once_but_being_killed_never_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "BACKOFF_S", 0.0001)
    refused = exiting("raise SystemExit(2)")
    mind_until_next_end(refused)
    assert refused.hopeless
    killed = exiting("import os; os.kill(os.getpid(), 9)")
    for _ in range(child.HOPELESS + 1):
        mind_until_next_end(killed)
    assert (killed.exit, killed.hopeless) == (-9, False)
