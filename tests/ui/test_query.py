"""Settings in the address bar: whatever comes, the page gets usable settings and every mistake a sentence."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.estimators import ESTIMATORS
from analytics.market import TIMEFRAME_MS
from analytics.parameters import Choice, Integer, Number, Parameter, Value
from callbacks.query import FIELDS, PairQuery, parse, read
from layouts.options import OPTIONS, shown

NAMES = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
DEFAULT = PairQuery("ETHUSDT", "BTCUSDT")
OPTION_NAMES = sorted({each.name for _, each in OPTIONS.values()})

usable = st.builds(
    PairQuery,
    y=st.sampled_from(NAMES),
    x=st.sampled_from(NAMES),
    tf=st.sampled_from(list(TIMEFRAME_MS)),
    window=st.integers(20, 1000),
    method=st.sampled_from(list(ESTIMATORS)),
    scale=st.sampled_from(["level", "log"]),
).filter(lambda query: query.y != query.x)


def values_of(parameter: Parameter) -> st.SearchStrategy[Value]:
    if isinstance(parameter, Choice):
        return st.sampled_from(list(parameter.choices))
    assert isinstance(parameter, Integer | Number)
    if isinstance(parameter, Integer):
        return st.integers(parameter.low, parameter.high)
    # As many digits as an address carries.
    return st.floats(parameter.low, parameter.high).map(lambda value: float(shown(value)))


@st.composite
def complete(draw: st.DrawFn) -> PairQuery:
    """Usable settings with every option of their method."""
    query = draw(usable)
    return query._replace(
        options=tuple((each.name, draw(values_of(each))) for each in ESTIMATORS[query.method].parameters)
    )


@given(complete())
def test_what_is_written_is_read_back(query: PairQuery) -> None:
    assert read(dict(parse_qsl(str(query))), DEFAULT, NAMES) == (query, [])


anything = st.one_of(st.none(), st.text(), st.integers())


@given(st.dictionaries(st.sampled_from([*FIELDS, *OPTION_NAMES, "wndow"]), anything))
def test_anything_gives_usable_settings(values: dict[str, object]) -> None:
    query, problems = read(values, DEFAULT, NAMES)
    query.spec("sim")
    assert all(problems)
    asked = {name: getattr(query, name) for name in values if name in FIELDS}
    if query != DEFAULT._replace(**asked, options=query.options):
        # Only a leg that had to give way to the other may change without having been asked for.
        assert "y" in values or "x" in values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"window": "5"}, ("`window`", "20 to 1000", "got 5")),
        ({"window": "12.5"}, ("`window`", "whole number", "got '12.5'")),
        ({"tf": "7m"}, ("`tf`", "1s, 1m, 5m", "got '7m'")),
        ({"method": "magic"}, ("`method`", "ols", "'magic'")),
        ({"scale": "cube"}, ("`scale`", "level, log", "'cube'")),
        ({"y": "ethusd"}, ("`y`", "BTCUSDT, ETHUSDT, SOLUSDT", "Did you mean ETHUSDT?")),
        ({"y": "BTCUSDT", "x": "BTCUSDT"}, ("`x`", "another symbol", "'BTCUSDT'")),
        ({"wndow": "60"}, ("`wndow`", "did you mean `window`?")),
        ({"delta": "0.001"}, ("`delta`", "a setting of Kalman, not of OLS", "leave it out")),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed_and_what_came(
    values: dict[str, object], words: tuple[str, ...]
) -> None:
    query, problems = read(values, DEFAULT, NAMES)
    assert query == DEFAULT
    assert len(problems) == 1
    assert all(word in problems[0] for word in words), problems


def test_one_leg_alone_takes_another_partner_than_itself() -> None:
    query, problems = read({"y": "BTCUSDT"}, DEFAULT, NAMES)
    assert (query.y, query.x, problems) == ("BTCUSDT", "ETHUSDT", [])


@pytest.mark.parametrize("name", NAMES)
def test_either_leg_alone_is_enough(name: str) -> None:
    for leg in ("y", "x"):
        query, problems = read({leg: name}, DEFAULT, NAMES)
        assert (getattr(query, leg), problems) == (name, [])
        assert query.y != query.x
    assert read({"x": "ETHUSDT"}, DEFAULT, NAMES)[0] == DEFAULT._replace(y="BTCUSDT", x="ETHUSDT")
    assert len(read({"y": "BTCUSDT", "x": "NOPE"}, DEFAULT, NAMES)[1]) == 1


def test_a_flood_of_unknown_settings_is_cut_short() -> None:
    problems = read({f"k{at}": 1 for at in range(5_000)}, DEFAULT, NAMES)[1]
    assert len(problems) == 11
    assert problems[-1].startswith("4990 more")


def test_a_query_string_of_junk_is_the_default() -> None:
    assert parse("%%%&=&window=-1", DEFAULT, NAMES) == DEFAULT


def test_an_option_that_is_wrong_is_named_and_its_default_taken() -> None:
    kalman = {"method": "kalman"}
    usual = read(kalman, DEFAULT, NAMES)[0]
    query, problems = read(kalman | {"delta": "7"}, DEFAULT, NAMES)
    assert query == usual
    assert len(problems) == 1
    assert all(word in problems[0] for word in ("`delta`", "a number from", "got '7'"))
    assert dict(read(kalman | {"delta": "1e-3"}, DEFAULT, NAMES)[0].options)["delta"] == 0.001


def test_options_stay_while_the_method_does() -> None:
    held = read({"method": "kalman", "delta": "1e-3"}, DEFAULT, NAMES)[0]
    assert read({"window": "60"}, held, NAMES)[0].options == held.options
    assert read({"method": "ols"}, held, NAMES)[0].options == DEFAULT.options
