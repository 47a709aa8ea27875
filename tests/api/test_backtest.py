"""/api/v1/backtest: the same numbers as the engine on the stored bars, as JSON, CSV, Parquet and one HTML file."""

from __future__ import annotations

import csv
import io
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from pyarrow import parquet

from analytics.backtest.columns import TABLES
from analytics.backtest.pair import Study, prepare, study
from analytics.backtest.rules import Rules
from analytics.spec import PairSpec
from tests.api.harness import BARS, FIRST_MS, MINUTE, Site, make_bars

LEGS = "y=ETHUSDT&x=BTCUSDT"
TEST = f"{LEGS}&window=30&entry=1&exit=0.25&fee_bps=2&half_spread_bps=0.5"
PATH = f"/api/v1/backtest?{TEST}"
SPEC = PairSpec("binance:ETHUSDT", "binance:BTCUSDT", window=30)
RULES = Rules(entry=1.0, exit=0.25, fee_bps=2.0, half_spread_bps=0.5)


def expected(rows: slice = slice(None)) -> Study:
    bars = [np.array(make_bars(*made), dtype=np.float64)[rows] for made in ((2, 3e3), (1, 6e4))]
    found = study(prepare(bars, SPEC), RULES)  # type: ignore[arg-type]
    assert len(found.run.trades) > 3
    return found


def test_the_report_is_that_of_the_engine(site: Site) -> None:
    body = site.get(PATH).json()
    found = expected()
    assert (body["y"], body["x"], body["window"], body["state"]) == ("binance:ETHUSDT", "binance:BTCUSDT", 30, "ready")
    assert (body["start_ms"], body["end_ms"], body["bars"]) == (FIRST_MS, FIRST_MS + BARS * MINUTE, BARS)
    assert (body["missing_bars"], body["partial_bars"]) == (0, 1)
    assert (body["simulated"], body["truncated"]) == (False, False)
    report = body["report"]
    assert report["net"]["value"] == pytest.approx(float(found.run.equity[-1]), abs=1e-9)
    assert report["trades"] == len(body["trades"]) == len(found.run.trades)
    assert report["sharpe"]["low"] == found.report.sharpe.low
    assert math.fsum(trade["net"] for trade in body["trades"]) == pytest.approx(report["net"]["value"], abs=1e-9)
    assert [each["multiple"] for each in report["stress"]] == [1.0, 2.0, 3.0]
    assert len(report["by_hour"]) == 24
    assert not {"equity", "drawdown"} & report.keys()
    assert body["rules"]["entry"] == 1.0
    assert "cost_multiple" not in body["rules"]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_as_csv_and_parquet(site: Site, table: str) -> None:
    columns = TABLES[table].of(expected())
    answer = site.get(f"{PATH}&table={table}&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == list(TABLES[table].columns)
    for name, column in columns.items():
        given = [row[name] for row in rows]
        if column.dtype.kind == "f":
            np.testing.assert_array_equal([float(each or "nan") for each in given], column)
        else:
            assert given == [str(each) for each in column.tolist()]
    assert not re.search(r"\bnan\b", answer.text, re.I)
    answer = site.get(f"{PATH}&table={table}&format=parquet")
    packed = parquet.read_table(io.BytesIO(answer.content))
    assert packed.num_rows == len(rows)
    assert answer.headers["Content-Disposition"].endswith(f'_1m_{table}.parquet"')


def test_a_span_and_a_limit(site: Site) -> None:
    start, end = FIRST_MS + 10 * MINUTE, FIRST_MS + 190 * MINUTE
    body = site.get(f"{PATH}&start={start}&end={end}&limit=2").json()
    found = expected(slice(10, 190))
    assert (body["start_ms"], body["end_ms"], body["bars"]) == (start, end, 180)
    assert body["report"]["net"]["value"] == pytest.approx(float(found.run.equity[-1]), abs=1e-9)
    assert len(body["trades"]) == 2
    assert body["truncated"]
    assert body["trades"][-1]["net"] == pytest.approx(found.run.trades.net[-1], abs=1e-9)


def test_too_few_bars_are_said(site: Site) -> None:
    body = site.get(f"/api/v1/backtest?{LEGS}&window=200").json()
    assert (body["state"], body["report"], body["trades"]) == ("untestable", None, [])
    assert body["reason"] == "Warming up: 200 of 202 shared 1m bars"
    assert site.get(f"/api/v1/backtest?{LEGS}&timeframe=5m").json()["reason"].startswith("Warming up: 0 of 122")
    page = site.get(f"/api/v1/backtest/report.html?{LEGS}&window=200")
    assert "Not testable: Warming up: 200 of 202" in page.text


class Reader(HTMLParser):
    """The elements and the text of a file."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_html_report_needs_nothing_else(site: Site) -> None:
    answer = site.get(f"/api/v1/backtest/report.html?{TEST}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="backtest_binance-ETHUSDT_BTCUSDT_1m.html"'
    reader = Reader()
    reader.feed(answer.text)
    tags = [tag for tag, _ in reader.elements]
    assert not {"script", "link", "img", "iframe", "base"} & set(tags)
    assert not re.search(r"https?://|@import|url\(", answer.text)
    assert not any(name in ("src", "href") or name.startswith("on") for _, given in reader.elements for name in given)
    assert tags.count("svg") == 3
    words = " ".join(reader.texts)
    found = expected()
    assert f"Trades: {len(found.run.trades)}" in words
    assert f"{found.run.equity[-1]:+,.2f}".replace("-", "−") in words
    assert f"{BARS} shared 1m bars" in words
    assert "SIMULATED" not in words
    assert not re.search(r"\bnan\b", answer.text, re.I)
    paths = [given["d"] or "" for tag, given in reader.elements if tag == "path"]
    numbers = [float(each) for path in paths for each in re.findall(r"-?[\d.]+", path)]
    assert min(numbers) >= 0
    assert max(numbers) <= 1_000


def test_simulated_data_are_marked(site: Site) -> None:
    legs = TEST.replace("y=ETH", "y=sim:ETH").replace("x=BTC", "x=sim:BTC")
    assert site.get(f"/api/v1/backtest?{legs}").json()["simulated"]
    answer = site.get(f"/api/v1/backtest/report.html?{legs}")
    assert "SIMULATED: these prices" in answer.text
    assert answer.headers["X-Spreadboard-Simulated"] == "1"
    assert "_SIMULATED.html" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("query", "status", "parameter", "says"),
    [
        ("entry=30", 400, "entry", "a number from 0 to 20"),
        ("entry=1&exit=1", 400, "exit", "below `entry`"),
        ("stop=1.5", 400, "stop", "above `entry`, or 0 for none"),
        ("enrty=1", 400, "enrty", "did you mean `entry`?"),
        ("delta=0.1", 400, "delta", ""),
        ("cost_multiple=2", 400, "cost_multiple", ""),
        ("table=orders", 400, "table", "trades, fills, bars"),
    ],
)
def test_a_wrong_request_names_its_parameter(site: Site, query: str, status: int, parameter: str, says: str) -> None:
    answer = site.get(f"/api/v1/backtest?{LEGS}&{query}")
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter
    assert says in answer.json()["detail"]
    assert site.get("/api/v1/backtest?y=NOPE&x=BTCUSDT").status_code == 404


def test_it_is_described(site: Site) -> None:
    paths = site.get("/api/v1/openapi.json").json()["paths"]
    described = paths["/api/v1/backtest"]["get"]
    names = {one["name"] for one in described["parameters"]}
    assert {"y", "x", "window", "entry", "stop", "fee_bps", "start", "end", "table", "format", "delta"} <= names
    assert "- `captured_z`:" in described["description"]
    assert "- `report`:" in described["responses"]["200"]["description"]
    html = paths["/api/v1/backtest/report.html"]["get"]
    assert list(html["responses"]["200"]["content"]) == ["text/html"]
    assert names - {one["name"] for one in html["parameters"]} == {"table", "limit", "format"}
