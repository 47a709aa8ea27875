"""The pair page's settings as they stand in the address bar: read with every mistake named, and written back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from analytics.live import PairSpec
from analytics.parameters import ParameterError


class PairQuery(NamedTuple):
    """Settings of the pair page; symbols are names without their venue."""

    y: str
    x: str
    tf: str = "1m"
    window: int = 120
    method: str = "ols"
    scale: str = "level"

    def spec(self, venue: str) -> PairSpec:
        """The pair on a venue. Raises `ParameterError`."""
        return PairSpec(f"{venue}:{self.y}", f"{venue}:{self.x}", self.tf, self.window, self.method, self.scale)

    def __str__(self) -> str:
        return urlencode(self._asdict())


_FIELD: Final = {"timeframe": "tf"}
_VENUE: Final = "venue"
_MAX_UNKNOWN: Final = 10


def read(values: Mapping[str, object], default: PairQuery, names: Sequence[str]) -> tuple[PairQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used.

    What is missing or wrong is taken from ``default``. ``names`` are the symbols that are watched.
    """
    problems = _all_unknown([name for name in values if name not in PairQuery._fields])
    given = default._asdict()
    chosen: set[str] = set()
    for name in PairQuery._fields:
        value = values.get(name)
        if value is None or value == "":
            continue
        if name in ("y", "x") and value not in names:
            problems.append(_unwatched(name, value, names))
            continue
        given[name] = _whole(value) if name == "window" else value
        chosen.add(name)
    if given["x"] == given["y"] and not {"y", "x"} <= chosen:
        # The leg that nobody asked for gives way.
        free, taken = ("x", given["y"]) if "y" in chosen else ("y", given["x"])
        given[free] = next(name for name in (getattr(default, free), default.x, default.y) if name != taken)
    for _ in PairQuery._fields:
        query = PairQuery(**given)
        try:
            query.spec(_VENUE)
            break
        except ParameterError as error:
            problems.append(_plain(error))
            name = _FIELD.get(error.parameter, error.parameter)
            given |= {"y": default.y, "x": default.x} if name in ("y", "x") else {name: getattr(default, name)}
    return PairQuery(**given), problems


def parse(text: str, default: PairQuery, names: Sequence[str]) -> PairQuery:
    """Settings from a query string; mistakes fall back to ``default`` in silence."""
    return read(dict(parse_qsl(text)), default, names)[0]


def _whole(value: object) -> object:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else value


def _plain(error: ParameterError) -> str:
    """The message in the address bar's words: `tf`, and symbols without the venue."""
    text = str(error).replace(f"{_VENUE}:", "")
    return text.replace(f"`{error.parameter}`", f"`{_FIELD.get(error.parameter, error.parameter)}`")


def _unwatched(name: str, value: object, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(value).upper(), names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "Choose one of these."
    return f"`{name}` must be a watched symbol ({', '.join(names)}), got {str(value)[:40]!r}. {hint}"


def _all_unknown(names: Sequence[str]) -> list[str]:
    more = len(names) - _MAX_UNKNOWN
    said = [_unknown(name) for name in names[:_MAX_UNKNOWN]]
    return [*said, f"{more} more are not settings of this page; remove them."] if more > 0 else said


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, PairQuery._fields, n=1, cutoff=0.4)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(PairQuery._fields)}."
    return f"`{name[:40]}` is not a setting of this page; {hint}"
