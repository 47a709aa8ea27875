"""The rows of the data page's tables and its settings: the measure's own values, on the bars that are held."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlparse

import numpy as np
import pytest

from analytics.inputs import Leg
from analytics.market import PARTIAL, SYNTHETIC
from analytics.registry import measure
from callbacks.data import read
from callbacks.tables import DataQuery, Table, Tables
from layouts.tables import FEATURES, SIGNED, flags_in_words
from tests.ui.harness import wait_for
from tests.ui.market import BARS, MINUTE, NAMES, Market, bars

QUERY = DataQuery("ETHUSDT", "1m", 60, "120", "features")


def table(market: Market, query: DataQuery = QUERY) -> Table:
    return Tables(market.cache).of(query, "sim")


def test_features_are_the_measure_on_the_bars_held(market: Market) -> None:
    shown = table(market)
    leg = Leg(market.cache.bars("sim:ETHUSDT", "1m").bars[-180:], MINUTE)
    expected = measure("minute_features").run(leg, window=60)
    assert shown.message["open_ms"] == leg.bars[-120:, 0].tolist()
    for name, column in shown.message["columns"].items():
        np.testing.assert_allclose(np.array(column, float), getattr(expected, name)[-120:], rtol=1e-8, atol=0)
    assert shown.message["end"] == market.first_ms + BARS * MINUTE
    assert "window 60 · 120 rows · as of " in shown.note
    asked = dict(parse_qsl(urlparse(shown.path).query))
    assert asked == {"symbol": "sim:ETHUSDT", "timeframe": "1m", "window": "60", "rows": "180", "limit": "120"}


def test_rows_in_warm_up_are_not_shown_and_a_window_that_is_not_full_says_so(market: Market) -> None:
    few = table(market, QUERY._replace(rows="480"))
    assert len(few.message["open_ms"]) == BARS - 60
    assert None not in few.message["columns"]["z"]
    none = table(market, QUERY._replace(window=1000))
    assert f"Warming up: {BARS} of 1001 1m bars" in none.message["reason"]
    assert none.path == ""
    assert "columns" not in none.message
    assert "No 5m bar has closed yet" in table(market, QUERY._replace(tf="5m", view="bars")).message["reason"]


def test_a_table_is_made_once_a_bar_and_says_what_is_wrong_with_a_bar(market: Market) -> None:
    tables = Tables(market.cache)
    first = tables.of(QUERY, "sim")
    assert tables.of(QUERY, "sim") is first
    late = bars("ETHUSDT", BARS + 2, market.first_ms)[-1]._replace(flags=PARTIAL)
    market.put("ETHUSDT", [late])
    wait_for(lambda: tables.of(QUERY, "sim") is not first)
    message = tables.of(QUERY, "sim").message
    assert message["flags"][-2:] == ["", "partial"]
    # A minute is missing before it: no return leads over the hole, and what is unknown is not 0.
    assert message["columns"]["return_bps"][-1] is None


def test_flags_are_words() -> None:
    assert flags_in_words(PARTIAL | SYNTHETIC) == "partial, klines"


def test_a_column_is_held_against_its_own_quantiles(market: Market) -> None:
    message = table(market).message
    for name, column in message["columns"].items():
        values = np.array(column, float)
        values = values[np.isfinite(values)]
        _digits, *borders = message["looks"][name]
        if name in SIGNED:
            assert borders == pytest.approx(np.quantile(np.abs(values), (0.5, 0.95)))
        else:
            assert borders == pytest.approx(np.quantile(values, (0.05, 0.25, 0.75, 0.95)))
    assert message["looks"]["trades"][0] == 0


def test_every_column_has_its_unit_and_its_help() -> None:
    by_name = {column["field"]: column for column in FEATURES}
    for output in measure("minute_features").outputs:
        column = by_name[output.name]
        assert column["headerTooltip"] == output.help
        assert column["headerName"].endswith("]") == bool(output.unit)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"symbol": "ETHUSD"}, ("`symbol`", "Did you mean ETHUSDT?")),
        ({"tf": "2m"}, ("`tf`", "1s, 1m, 5m", "'2m'")),
        ({"window": "5"}, ("`window`", "20 to 1000", "'5'")),
        ({"rows": "7"}, ("`rows`", "120, 480, 1440")),
        ({"view": "tapes"}, ("`view`", "features, bars, tape")),
        ({"windo": "60"}, ("`windo`", "did you mean `window`?")),
    ],
)
def test_what_cannot_be_used_is_named(given: dict[str, object], words: tuple[str, ...]) -> None:
    query, problems = read(given, NAMES, "ETHUSDT")
    assert query == read({}, NAMES, "ETHUSDT")[0]
    assert len(problems) == 1
    assert all(word in problems[0] for word in words), problems
