"""The backtest page's settings as they stand in the address bar: read with every mistake named, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from analytics.backtest.pair import RULES
from analytics.backtest.rules import Contradiction, Rules
from analytics.estimators import ESTIMATORS
from analytics.market import TIMEFRAME_MS
from analytics.parameters import Parameter, ParameterError, Value
from callbacks import query as pair_query
from callbacks.correlation_query import iso, moment
from callbacks.mistakes import unknown
from callbacks.query import PairQuery
from layouts.backtest import JOB_SETTINGS
from layouts.options import shown

SPAN: Final = ("start", "end")
_MAX_UNKNOWN: Final = 10
_OPTIONS: Final = {parameter.name for each in ESTIMATORS.values() for parameter in each.parameters}
_PAIR: Final = frozenset((*pair_query.FIELDS, *_OPTIONS))

_JOBS: Final = tuple((each.name, each.default) for each in JOB_SETTINGS)


class BacktestQuery(NamedTuple):
    """Settings of the page. ``jobs`` are those of the tests that are run on demand, by name.

    ``start_ms`` and ``end_ms`` hold the test to the bars that open from the one and before the other; None: to all
    that are kept.
    """

    pair: PairQuery
    rules: Rules = Rules()
    jobs: tuple[tuple[str, Value], ...] = _JOBS
    start_ms: int | None = None
    end_ms: int | None = None

    @property
    def job(self) -> dict[str, Any]:
        """The settings of the tests on demand by name."""
        return dict(self.jobs)

    @property
    def step_ms(self) -> int:
        """Length of a bar."""
        return TIMEFRAME_MS[self.pair.tf]

    def test(self) -> str:
        """What the result rests on beside the bars, as a query string."""
        return f"{self.pair}&{urlencode(rules_in_words(self.rules))}"

    def __str__(self) -> str:
        text = f"{self.test()}&{urlencode({name: shown(value) for name, value in self.jobs})}"
        span = {name: iso(at) for name, at in zip(SPAN, (self.start_ms, self.end_ms), strict=True) if at is not None}
        return f"{text}&{urlencode(span)}" if span else text


def rules_in_words(rules: Rules) -> dict[str, str]:
    """The page's rules by name, as an address carries them."""
    return {each.name: shown(getattr(rules, each.name)) for each in RULES}


def read(values: Mapping[str, object], default: BacktestQuery, names: Sequence[str]) -> tuple[BacktestQuery, list[str]]:
    """Settings from what a user or a link gave, and one sentence for each thing that could not be used.

    What is missing or wrong is taken from ``default``. ``names`` are the symbols that are watched.
    """
    pair, problems = pair_query.read({k: v for k, v in values.items() if k in _PAIR}, default.pair, names)
    found = _checked(RULES, values, rules_of(default.rules), problems)
    try:
        rules = Rules(**found)
    except Contradiction as error:
        problems.append(str(error))
        rules = default.rules
    jobs = _checked(JOB_SETTINGS, values, default.job, problems)
    if jobs["rows"] == jobs["columns"]:
        problems.append(f"`columns` must be another parameter than `rows`, got {jobs['rows']!r} twice. Choose two.")
        jobs |= {name: default.job[name] for name in ("rows", "columns")}
    span = [_moment(name, values.get(name), problems) for name in SPAN]
    if None not in span and span[0] >= span[1]:  # type: ignore[operator]
        problems.append("`end` must be after `start`. The newest bars are used.")
        span = [None, None]
    known = {*_PAIR, *SPAN, *(each.name for each in (*RULES, *JOB_SETTINGS))}
    others = [unknown(name, sorted(known)) for name in values if name not in known][:_MAX_UNKNOWN]
    return BacktestQuery(pair, rules, tuple(jobs.items()), *span), [*others, *problems]


def parse(text: str, default: BacktestQuery, names: Sequence[str]) -> BacktestQuery:
    """Settings from a query string; mistakes fall back to ``default`` in silence."""
    return read(dict(parse_qsl(text)), default, names)[0]


def rules_of(rules: Rules) -> dict[str, Value]:
    """The page's rules by name."""
    return {each.name: getattr(rules, each.name) for each in RULES}


def _checked(
    declared: Sequence[Parameter], values: Mapping[str, object], default: Mapping[str, Value], problems: list[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in declared:
        value = values.get(each.name)
        found[each.name] = default[each.name]
        if value is None or value == "":
            continue
        try:
            found[each.name] = each.read(value)
        except ParameterError as error:
            problems.append(str(error))
    return found


def _moment(name: str, given: object, problems: list[str]) -> int | None:
    if given in (None, ""):
        return None
    found = moment(given)
    if found is None:
        problems.append(f"`{name}` must be a time such as 2026-01-31T14:05:00Z, got {str(given)[:40]!r}.")
    return found
