"""Figures of workspaces, drawn in the background: one piece of work for all who ask for the same."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, NamedTuple

from analytics.live import PairSpec
from callbacks.flow_study import renewal
from callbacks.widgets import Desk, Drawn, widgets

log = logging.getLogger(__name__)

THREADS: Final = 2
PATIENCE_S: Final = 0.1
"""What takes longer comes with a later answer, and holds up nothing else."""
MAX_HELD: Final = 128
FAILED: Final = "This could not be drawn; the server's log has the cause."


class Sketch(NamedTuple):
    """A figure in the making; ``version`` is another with every bar of either leg."""

    version: str
    drawn: Future[Drawn]


class Drawings:
    """Thread-safe; at most `MAX_HELD` figures, the least recently asked for forgotten first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="workspace")
        self._held: OrderedDict[tuple[str, PairSpec], Sketch] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, kind: str, spec: PairSpec) -> Sketch:
        """The figure as of the newest bar, or the one before it as long as that is still being drawn."""
        y, x = (self._desk.cache.bars(symbol, spec.timeframe) for symbol in (spec.y, spec.x))
        version = f"{kind} {spec} {renewal(y, x, spec.step_ms)}"
        with self._lock:
            held = self._held.get((kind, spec))
            if held is None or (held.version != version and held.drawn.done()):
                held = Sketch(version, self._pool.submit(self._draw, kind, spec))
                self._held[kind, spec] = held
            self._held.move_to_end((kind, spec))
            while len(self._held) > MAX_HELD:
                self._held.popitem(last=False)
        return held

    def _draw(self, kind: str, spec: PairSpec) -> Drawn:
        try:
            return widgets()[kind].draw(self._desk, spec)
        except Exception:
            log.exception("the widget %s could not be drawn for %s", kind, spec)
            return Drawn(reason=FAILED)


def ready(sketches: Sequence[Sketch]) -> None:
    """Wait until all are drawn, but no longer than `PATIENCE_S`."""
    wait([each.drawn for each in sketches], PATIENCE_S)
