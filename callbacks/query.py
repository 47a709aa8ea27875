"""The pair page's settings as they stand in the address bar: read with every mistake named, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from analytics.estimators import ESTIMATORS
from analytics.live import PairSpec
from analytics.market import symbol_of
from analytics.parameters import ParameterError, Value
from analytics.spec import METHOD
from callbacks import mistakes
from layouts.options import OPTIONS, shown

Options = tuple[tuple[str, Value], ...]


class PairQuery(NamedTuple):
    """Settings of the pair page; symbols are names without their venue, uploaded ones in full.

    ``options`` are the settings that the method has of its own, by name, all of them.
    """

    y: str
    x: str
    tf: str = "1m"
    window: int = 120
    method: str = "ols"
    scale: str = "level"
    options: Options = ()

    def spec(self, venue: str) -> PairSpec:
        """The pair on a venue. Raises `ParameterError`."""
        legs = symbol_of(venue, self.y), symbol_of(venue, self.x)
        return PairSpec(*legs, self.tf, self.window, self.method, self.scale, self.options)

    def __str__(self) -> str:
        fixed = {name: getattr(self, name) for name in FIELDS}
        return urlencode(fixed | {name: shown(value) for name, value in self.options})


FIELDS: Final = PairQuery._fields[:-1]
_FIELD: Final = {"timeframe": "tf"}
_VENUE: Final = "venue"
_MAX_UNKNOWN: Final = 10


def read(values: Mapping[str, object], default: PairQuery, names: Sequence[str]) -> tuple[PairQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used.

    What is missing or wrong is taken from ``default``. ``names`` are the symbols that are watched.
    """
    given = {name: getattr(default, name) for name in FIELDS}
    problems: list[str] = []
    chosen: set[str] = set()
    for name in FIELDS:
        value = values.get(name)
        if value is None or value == "":
            continue
        if name in ("y", "x") and value not in names:
            problems.append(mistakes.unwatched(name, value, names))
            continue
        given[name] = _whole(value) if name == "window" else value
        chosen.add(name)
    if given["x"] == given["y"] and not {"y", "x"} <= chosen:
        # The leg that nobody asked for gives way.
        free, taken = ("x", given["y"]) if "y" in chosen else ("y", given["x"])
        given[free] = next(name for name in (getattr(default, free), default.x, default.y) if name != taken)
    for _ in FIELDS:
        query = PairQuery(**given)
        try:
            query.spec(_VENUE)
            break
        except ParameterError as error:
            problems.append(_plain(error))
            name = _FIELD.get(error.parameter, error.parameter)
            given |= {"y": default.y, "x": default.x} if name in ("y", "x") else {name: getattr(default, name)}
    query = PairQuery(**given)
    options, wrong = _options(values, query.method, default)
    others = _others([name for name in values if name not in FIELDS], query.method)
    return query._replace(options=options), [*others, *problems, *wrong]


def parse(text: str, default: PairQuery, names: Sequence[str]) -> PairQuery:
    """Settings from a query string; mistakes fall back to ``default`` in silence."""
    return read(dict(parse_qsl(text)), default, names)[0]


def _options(values: Mapping[str, object], method: str, default: PairQuery) -> tuple[Options, list[str]]:
    """The method's own settings: as given, else as the default has them, else as declared."""
    held = dict(default.options) if default.method == method else {}
    found: dict[str, Value] = {}
    problems: list[str] = []
    for each in ESTIMATORS[method].parameters:
        found[each.name] = held.get(each.name, each.default)
        value = values.get(each.name)
        if value is None or value == "":
            continue
        try:
            found[each.name] = each.read(value)
        except ParameterError as error:
            problems.append(str(error))
    return tuple(found.items()), problems


def _whole(value: object) -> object:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else value


def _plain(error: ParameterError) -> str:
    """The message in the address bar's words: `tf`, and symbols without the venue."""
    text = str(error).replace(f"{_VENUE}:", "")
    return text.replace(f"`{error.parameter}`", f"`{_FIELD.get(error.parameter, error.parameter)}`")


def _others(names: Sequence[str], method: str) -> list[str]:
    """One sentence for each name that is no setting here, or one of another method."""
    known = [*FIELDS, *(each.name for each in ESTIMATORS[method].parameters)]
    unknown = [name for name in names if name not in known]
    said = [_unknown(name, method, known) for name in unknown[:_MAX_UNKNOWN]]
    more = len(unknown) - _MAX_UNKNOWN
    return [*said, f"{more} more are not settings of this page; remove them."] if more > 0 else said


def _unknown(name: str, method: str, known: Sequence[str]) -> str:
    owners = [METHOD.choices[owner] for owner, each in OPTIONS.values() if each.name == name]
    if not owners:
        return mistakes.unknown(name, known)
    chosen = METHOD.choices[method]
    return f"`{name}` is a setting of {' and '.join(owners)}, not of {chosen}; choose that method, or leave it out."
