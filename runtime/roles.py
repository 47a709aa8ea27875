"""The table of roles: what each process of the board is called, and where its code is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, NamedTuple

from runtime.settings import Settings

Run = Callable[[Settings, threading.Event], int]
"""A role's entry point: works until the event is set, then returns the exit code of its process."""


class Role(NamedTuple):
    """A role: ``entry`` is ``module:function``, imported only by the process that runs it."""

    entry: str
    help: str

    def load(self) -> Run:
        """Import the entry point."""
        module, _, name = self.entry.partition(":")
        run: Run = getattr(import_module(module), name)
        return run


ROLES: Final[Mapping[str, Role]] = {
    "web": Role("runtime.web:run", "the page and the API"),
    "ingest": Role("ingest.ingestor:run", "trades from the feed into the tick streams"),
    "resample": Role("ingest.resampler:run", "tick streams into 1s, 1m and 5m bars"),
    "sim": Role("ingest.sim.server:run", "the simulated exchange on its own port"),
    "doctor": Role("runtime.doctor:run", "check this machine and say what to do"),
}
SUPERVISOR: Final = Role("runtime.supervisor:run", "all that the board needs")
"""What runs when no role is named."""

STARTED: Final = ("ingest", "resample", "web")
"""The roles that the supervisor starts."""
