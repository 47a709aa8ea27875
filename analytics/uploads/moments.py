"""Times as files write them, many at once: numbers in s, ms, us or ns, and dates in three orders."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.uploads.plan import UNITS

FIRST_MS: Final = 100_000_000_000
LAST_MS: Final = 4_102_444_800_000
"""1973 to 2099: a time outside is a mistake."""
UNKNOWN: Final = np.iinfo(np.int64).min
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATES: Final = {
    "ymd": r"(?P<y>\d{4})[-./ ]?(?P<m>\d{1,2}|[A-Za-z]{3,9})[-./ ]?(?P<d>\d{1,2})",
    "dmy": r"(?P<d>\d{1,2})[-./ ]+(?P<m>\d{1,2}|[A-Za-z]{3,9})[-./, ]+(?P<y>\d{4}|\d{2})",
    "mdy": r"(?P<m>\d{1,2}|[A-Za-z]{3,9})[-./ ]+(?P<d>\d{1,2})[-./, ]+(?P<y>\d{4}|\d{2})",
}
_CLOCK: Final = (
    r"(?:[T ;,_]*(?P<h>\d{1,2}):?(?P<i>\d{2})(?::?(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?: *(?P<p>[AaPp][Mm]))? *(?P<z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)


class Moments(NamedTuple):
    """``ms`` since the epoch, `UNKNOWN` where a cell is no time; ``naive`` where it names no zone and ``dated`` where
    it has no time of day. All of shape (n,)."""

    ms: NDArray[np.int64]
    naive: NDArray[np.bool_]
    dated: NDArray[np.bool_]


def from_numbers(numbers: NDArray[np.float64], whole: NDArray[np.int64] | None, unit: str) -> Moments:
    """Numeric times of one unit; ``whole`` holds them as integers where all of them are, since nanoseconds do not fit
    into a float."""
    per_ms = UNITS[unit] / 1000
    with np.errstate(invalid="ignore"):
        if whole is not None and per_ms >= 1:
            ms = whole // int(per_ms)
        else:
            known = np.isfinite(numbers) & (np.abs(numbers) < 1e21)
            # A millisecond written as a fraction of a second may come out a hair below itself.
            cut = np.floor(np.where(known, numbers, 0.0) / per_ms + 1e-6)
            ms = np.where(known, cut, float(UNKNOWN)).astype(np.int64)
    no = np.zeros(ms.size, np.bool_)
    return Moments(_plausible(ms), no, no)


def from_text(cells: Any, order: str) -> Moments:
    """Written times, a pyarrow array of strings, with the parts of the date in this order.

    >>> import pyarrow as pa
    >>> seen = from_text(pa.array(["2014.05.29 15:00", "2014-05-29T15:00:00.5+02:00", "2014-02-30", "x"]), "ymd")
    >>> seen.ms.tolist()[:2], (seen.ms == UNKNOWN).tolist(), seen.naive.tolist()
    ([1401375600000, 1401368400500], [False, False, True, True], [True, False, True, True])
    """
    import pyarrow as pa  # noqa: PLC0415  # half a second, so only when a file comes
    import pyarrow.compute as pc  # noqa: PLC0415

    found = pc.extract_regex(cells, f"^ *{_DATES[order]}{_CLOCK} *$")
    parts = {name: found.field(name) for name in "ymdhisfpz"}
    known = np.asarray(pc.is_valid(found))
    empty = pa.scalar("")

    def text(name: str) -> Any:
        return pc.fill_null(parts[name], empty)

    def number(name: str) -> NDArray[np.int64]:
        digits = pc.if_else(pc.equal(text(name), empty), pa.scalar("0"), text(name))
        return np.asarray(pc.cast(digits, pa.int64()))

    year, day = number("y"), number("d")
    year = np.where(year < 100, year + np.where(year < 70, 2000, 1900), year)
    month = _month(pc, pa, text("m"))
    ms, fits = _days(year, month, day)
    hour = _hour(number("h"), text("p"), pc)
    minute, second = number("i"), number("s")
    fits &= (hour <= 23) & (minute <= 59) & (second <= 59)
    fraction = np.asarray(pc.cast(pc.utf8_slice_codeunits(pc.utf8_rpad(text("f"), 3, "0"), 0, 3), pa.int64()))
    zone = text("z")
    ms += ((hour * 60 + minute) * 60 + second) * 1000 + fraction - _offset_ms(zone)
    return Moments(
        _plausible(np.where(known & fits, ms, UNKNOWN)),
        np.asarray(pc.equal(zone, empty)),
        np.asarray(pc.equal(text("h"), empty)),
    )


def _plausible(ms: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where((ms >= FIRST_MS) & (ms < LAST_MS), ms, UNKNOWN)


def _month(pc: Any, pa: Any, text: Any) -> NDArray[np.int64]:
    """1 to 12 from a number or a name; 0 for anything else."""
    named = pc.index_in(pc.utf8_lower(pc.utf8_slice_codeunits(text, 0, 3)), pa.array(_MONTHS))
    digits = pc.match_substring_regex(text, r"^\d+$")
    numbers = pc.cast(pc.if_else(digits, text, pa.scalar("0")), pa.int64())
    return np.where(np.asarray(digits), np.asarray(numbers), np.asarray(pc.fill_null(named, -1)) + 1)


def _days(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Epoch milliseconds of the days, and whether there are such days."""
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (year > 0)
    months = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    start = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - start
    return (start + day - 1) * 86_400_000, fits & (day <= length)


def _hour(hour: NDArray[np.int64], half: Any, pc: Any) -> NDArray[np.int64]:
    half = pc.utf8_lower(half)
    pm, am = (np.asarray(pc.equal(half, word)) for word in ("pm", "am"))
    if not (pm.any() or am.any()):
        return hour
    # 13 PM is no time; 12 AM is midnight.
    hour = np.where((pm | am) & ((hour < 1) | (hour > 12)), 99, hour)
    return np.where(pm & (hour < 12), hour + 12, np.where(am & (hour == 12), 0, hour))


def _offset_ms(zone: Any) -> NDArray[np.int64]:
    encoded = zone.dictionary_encode()
    offsets = np.array([_offset(text) for text in encoded.dictionary.to_pylist()], np.int64)
    return offsets[np.asarray(encoded.indices)] if offsets.size else np.zeros(len(zone), np.int64)


def _offset(text: str) -> int:
    if text[:1] not in ("+", "-"):
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return (-minutes if text[0] == "-" else minutes) * 60_000
