"""Times without a zone, in the zone that their file was written in: summer time, the hour that is skipped or twice."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Placed(NamedTuple):
    """UTC milliseconds of shape (n,), which of them do not exist, and which exist twice."""

    ms: Ints
    skipped: Bools
    twice: Bools


def is_zone(name: str) -> bool:
    """Whether there is such a time zone.

    >>> is_zone("Europe/Paris"), is_zone("Mars/Olympus"), is_zone("../etc")
    (True, False, False)
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def to_utc(local_ms: Ints, zone: str) -> Placed:
    """Wall-clock times of ``zone`` in the order of their file as UTC.

    Of an hour that comes twice, a time's first mention is the earlier one and its second the later; in a file that
    runs backwards the other way round.

    >>> local = np.array([1_761_438_600_000, 1_761_442_200_000, 1_761_445_800_000, 1_761_445_800_000])
    >>> (to_utc(local, "Europe/Paris").ms - local) // 3_600_000
    array([-2, -2, -2, -1])
    """
    nothing = np.zeros(local_ms.size, np.bool_)
    if zone == "UTC" or not local_ms.size:
        return Placed(local_ms, nothing, nothing)
    import pyarrow as pa  # noqa: PLC0415  # half a second, so only when a file comes
    import pyarrow.compute as pc  # noqa: PLC0415

    stamps = pa.array(local_ms.astype("datetime64[ms]"))

    def at(which: str) -> Ints:
        known = pc.assume_timezone(stamps, zone, ambiguous=which, nonexistent=which)
        return np.asarray(pc.cast(known, pa.int64()))

    early, late = at("earliest"), at("latest")
    differs = early != late
    there = _local(early, zone) == local_ms
    skipped, twice = differs & ~there, differs & there
    which = 0 if local_ms[0] > local_ms[-1] else 1
    second = twice & _repeated(local_ms, twice) & (_mention(local_ms, twice) == which)
    return Placed(np.where(second, late, early), skipped, twice)


def _local(utc_ms: Ints, zone: str) -> Ints:
    """Wall-clock time in the zone."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    return np.asarray(pc.cast(pc.local_timestamp(pa.array(utc_ms, pa.timestamp("ms", zone))), pa.int64()))


def _mention(ms: Ints, among: Bools) -> Ints:
    """How many rows before have the same time, counted where ``among``."""
    result = np.zeros(ms.size, np.int64)
    places = np.flatnonzero(among)
    order = places[np.argsort(ms[places], kind="stable")]
    if order.size:
        fresh = np.concatenate([[True], np.diff(ms[order]) != 0])
        start = np.maximum.accumulate(np.where(fresh, np.arange(order.size), 0))
        result[order] = np.arange(order.size) - start
    return result


def _repeated(ms: Ints, among: Bools) -> Bools:
    values, counts = np.unique(ms[among], return_counts=True)
    return among & np.isin(ms, values[counts > 1])
