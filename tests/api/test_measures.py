"""/api/v1/measures: what is declared, and what each measure says of the bars and trades held."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from analytics.inputs import Leg, Pair, Panel, TradePair, Trades
from analytics.measure import Measure
from analytics.registry import measures
from api.measures import LIMIT, ROWS
from tests.api.harness import BARS, FIRST_MS, MINUTE, Site, make_bars
from tests.api.test_errors import problem

PATH = "/api/v1/measures"
WHICH = {
    Leg: "symbol=ETHUSDT",
    Pair: "y=ETHUSDT&x=BTCUSDT",
    Trades: "symbol=ETHUSDT",
    TradePair: "y=ETHUSDT&x=BTCUSDT",
    Panel: "symbols=ETHUSDT,BTCUSDT",
}
ALL = list(measures().values())


def named(each: Measure) -> str:
    return each.name


def test_the_list_says_what_is_declared(site: Site) -> None:
    answer = site.get(PATH)
    assert answer.status_code == 200
    assert "NaN" not in answer.text
    said = {one["name"]: one for one in answer.json()["measures"]}
    assert list(said) == list(measures())
    window = next(one for one in said["volatility"]["parameters"] if one["name"] == "window")
    assert (window["default"], window["unit"], window["schema"]["minimum"]) == (120, "bars", 20)
    assert said["volatility"]["warmup"] == 121
    for name, each in measures().items():
        assert [one["name"] for one in said[name]["outputs"]] == [one.name for one in each.outputs]
        assert said[name]["path"] == f"{PATH}/{name}"


@pytest.mark.parametrize("each", ALL, ids=named)
def test_every_measure_answers(site: Site, each: Measure) -> None:
    answer = site.get(f"{PATH}/{each.name}?{WHICH[each.takes]}&rows=150")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["settings"] == each.settings({})
    assert body["state"] in {"ready", "warming", "untestable"}
    assert body["simulated"] is False
    assert body["warmup"] == each.warmup(**body["settings"])
    assert (body["state"] == "warming") == (body["rows"] < body["warmup"])
    assert bool(body["reason"]) == (body["state"] != "ready")
    assert body["partial_rows"] == (0 if each.takes in (Leg, Pair) else None)
    assert not any(word in answer.text for word in ("NaN", "Infinity"))
    if each.per_row:
        assert {output.name for output in each.outputs} <= set(body["values"][-1])
    elif body["state"] == "ready":
        assert set(body["values"]) == {output.name for output in each.outputs}
    else:
        assert body["values"] is None


@pytest.mark.parametrize("each", ALL, ids=named)
def test_its_own_parameters_do_not_clash_with_the_paths(each: Measure) -> None:
    own = {one.name for one in each.parameters}
    assert not own & {"y", "x", "symbol", "symbols", "timeframe", "rows", "limit", "format"}


def test_values_are_those_of_the_measure_on_the_newest_bars(site: Site) -> None:
    body = site.get(f"{PATH}/volatility?symbol=ETHUSDT&window=30&estimator=parkinson&limit=50").json()
    high, low = (np.array([getattr(bar, name) for bar in make_bars(2, 3_000.0)]) for name in ("high", "low"))
    squares = np.log(high / low)[-30:] ** 2
    assert math.isclose(body["values"][-1]["volatility"], math.sqrt(squares.mean() / (4 * math.log(2))), rel_tol=1e-12)
    assert body["settings"] == {"window": 30, "estimator": "parkinson"}
    assert len(body["values"]) == 50
    assert body["truncated"] is True
    assert body["values"][-1]["open_ms"] == FIRST_MS + (BARS - 1) * MINUTE
    assert body["as_of_ms"] == FIRST_MS + BARS * MINUTE
    assert (body["state"], body["rows"], body["warmup"]) == ("ready", BARS, 30)


def test_what_says_nothing_of_the_newest_row_is_not_called_ready(site: Site) -> None:
    """Buys and sells are always alike in these bars: there is no slope on their difference."""
    body = site.get(f"{PATH}/kyle_lambda?symbol=ETHUSDT&window=30").json()
    assert body["values"][-1]["slope"] is None
    assert (body["state"], body["reason"]) == ("untestable", "nothing can be said of the newest row")


def test_bars_that_miss_trades_are_counted(site: Site) -> None:
    for query in ("volatility?symbol=ETHUSDT", "ols?y=ETHUSDT&x=BTCUSDT"):
        assert site.get(f"{PATH}/{query}").json()["partial_rows"] == 1
        assert site.get(f"{PATH}/{query}&rows={BARS - 1}").json()["partial_rows"] == 0


def test_what_has_too_few_rows_says_how_many(site: Site) -> None:
    body = site.get(f"{PATH}/volatility?symbol=ETHUSDT&window=500").json()
    assert (body["state"], body["reason"]) == ("warming", f"warming up {BARS}/501")
    assert all(row["volatility"] is None for row in body["values"])
    assert site.get(f"{PATH}/volatility?symbol=ETHUSDT&window=20&rows=20").json()["reason"] == "warming up 20/21"


def test_csv_and_simulated_are_marked(site: Site) -> None:
    answer = site.get(f"{PATH}/volatility?symbol=sim:ETHUSDT&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == ["open_ms", "time", "volatility"]
    assert rows[0]["volatility"] == ""
    assert answer.headers["X-Spreadboard-Simulated"] == "1"
    assert "volatility_sim-ETHUSDT_1m_SIMULATED.csv" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("symbol=ETHUSDT&window=5", "window", "a whole number from 20 to 1000, got '5'. The default is 120."),
        ("symbol=ETHUSDT&estimator=parkinsons", "estimator", "Did you mean parkinson?"),
        ("symbol=ETHUSDT&windwo=50", "windwo", "did you mean `window`?"),
        (f"symbol=ETHUSDT&rows={ROWS.high + 1}", "rows", f"1 to {ROWS.high}"),
        (f"symbol=ETHUSDT&limit={LIMIT.high + 1}", "limit", f"1 to {LIMIT.high}"),
        ("", "symbol", "required"),
    ],
)
def test_a_bad_parameter_is_named(site: Site, query: str, parameter: str, words: str) -> None:
    body = problem(site.get(f"{PATH}/volatility?{query}"), 400)
    assert body["parameter"] == parameter
    assert words in str(body["detail"])


def test_an_unknown_measure_gets_the_nearest(site: Site) -> None:
    body = problem(site.get(f"{PATH}/volatilty"), 404)
    assert f"did you mean {PATH}/volatility?" in str(body["detail"])


def test_openapi_has_every_measure_with_its_parameters(site: Site) -> None:
    paths = site.get("/api/v1/openapi.json").json()["paths"]
    assert PATH in paths
    for name, each in measures().items():
        described = {one["name"]: one for one in paths[f"{PATH}/{name}"]["get"]["parameters"]}
        for one in each.parameters:
            assert described[one.name]["schema"]["default"] == one.default
            assert one.allowed in described[one.name]["description"]
