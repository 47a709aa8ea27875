"""/api/v1/uploads: a file becomes a symbol; what cannot be used is explained, and strangers are refused."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import requests

from api.upload_work import MAX_BYTES
from store.uploads import MAX_UPLOADS, Upload
from tests.api.harness import Site, wait_until

PATH = "/api/v1/uploads"
START_MS = 1_704_067_200_000
HOUR = 3_600_000


def table(count: int = 200, level: float = 100.0, bad: int = 0) -> bytes:
    rng = random.Random(level)
    rows = ["time,open,high,low,close,volume"]
    for at in range(count):
        close = round(level + rng.random(), 3)
        rows.append(f"{START_MS + at * HOUR},{level},{level + 2},{level - 2},{'x' if at < bad else close},{at}")
    return "\n".join(rows).encode()


def post(site: Site, body: bytes, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
    return requests.post(site.url + PATH, body, params=query, headers=headers, timeout=30)


def test_a_file_becomes_a_symbol(own_site: Site) -> None:
    answer = post(own_site, table(), name="GOLD", file="gold.csv")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["symbol"], body["stored"], body["timeframes"]) == ("upload:GOLD", True, {"1h": 200, "4h": 50})
    assert body["report"]["first_ms"] == START_MS
    bars = own_site.get("/api/v1/bars?symbol=upload:GOLD&timeframe=1h&limit=1000").json()
    assert len(bars["bars"]) == 200
    assert bars["simulated"] is False
    first = bars["bars"][0]
    assert (first["open"], first["high"], first["low"], first["volume"]) == (100.0, 102.0, 98.0, 0.0)
    assert (first["trades"], first["quote_volume"], first["flags"]) == (None, None, 8)
    line = own_site.get("/api/v1/bars?symbol=upload:GOLD&timeframe=1h&limit=1&format=csv").text.splitlines()[1]
    assert line.endswith(",199.0,,,,8")
    listed = own_site.get(PATH).json()["uploads"]
    assert [(each["symbol"], each["file"]) for each in listed] == [("upload:GOLD", "gold.csv")]
    named = {each["symbol"]: each for each in own_site.get("/api/v1/symbols").json()["symbols"]}
    assert (named["upload:GOLD"]["state"], named["upload:GOLD"]["age_ms"]) == ("UPLOADED", None)


def test_two_of_them_make_a_pair_that_is_the_past(own_site: Site) -> None:
    for name, level in (("GOLD", 100.0), ("SILVER", 20.0)):
        assert post(own_site, table(level=level), name=name).status_code == 201
    path = "/api/v1/pair?y=upload:GOLD&x=upload:SILVER&timeframe=1h&window=50&scale=log"
    wait_until(lambda: own_site.get(path).json()["now"]["state"] == "uploaded")
    body = own_site.get(path).json()
    newest = body["series"][-1]
    now = body["now"]
    assert (now["y_price"], now["x_price"], now["z"]) == (newest["y"], newest["x"], newest["z"])
    assert (now["hedge_ratio"], now["spread"]) == (newest["hedge_ratio"], newest["spread"])
    assert now["y_age_ms"] is None
    assert "2024-01-09 08:00:00 UTC" in now["reason"]
    measured = own_site.get("/api/v1/measures/engle_granger?y=upload:GOLD&x=upload:SILVER&timeframe=1h")
    assert measured.json()["state"] == "ready"
    with_live = own_site.get("/api/v1/pair?y=upload:GOLD&x=BTCUSDT&timeframe=1h").json()["now"]
    assert (with_live["state"], with_live["z"]) == ("warming", None)
    assert "share no 1h bar" in with_live["reason"]


def test_uploads_are_not_among_the_symbols_of_the_market(own_site: Site) -> None:
    assert post(own_site, table(), name="GOLD").status_code == 201
    for path in ("/api/v1/scan?timeframe=1m", "/api/v1/correlation?window=50"):
        assert all(symbol.startswith("binance:") for symbol in own_site.get(path).json()["symbols"])
    assert "upload:GOLD" not in own_site.get("/healthz").json()["symbols"]
    several = own_site.get("/api/v1/correlation?window=50&timeframe=1h&symbols=upload:GOLD,BTCUSDT")
    assert several.status_code == 200


def test_bad_rows_refuse_a_file_until_they_are_left_out(own_site: Site) -> None:
    answer = post(own_site, table(bad=3), name="GOLD")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    body = answer.json()
    assert body["detail"].startswith("3 of 200 rows cannot be used")
    assert body["report"]["faults"][0] == {"row": 2, "says": "close 'x' is not a number"}
    assert own_site.get(PATH).json() == {"uploads": []}
    body = post(own_site, table(bad=3), name="GOLD", skip_bad=1).json()
    assert body["timeframes"]["1h"] == 197
    assert "3 of 200 rows were left out." in body["notes"]


def test_a_dry_run_and_a_preview_store_nothing(own_site: Site) -> None:
    checked = post(own_site, table(bad=1), dry_run=1).json()
    assert (checked["stored"], checked["report"]["bad"], checked["timeframes"]["1h"]) == (False, 1, 199)
    seen = post(own_site, table(), preview=1).json()
    assert seen["looks"]["names"] == ["time", "open", "high", "low", "close", "volume"]
    assert seen["looks"]["rows"][0]["row"] == 2
    assert seen["plan"]["columns"] == {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}
    assert seen["bars"][0]["open_ms"] == START_MS
    assert own_site.get(PATH).json() == {"uploads": []}


def test_a_preview_says_what_cannot_be_read_and_takes_corrections(site: Site) -> None:
    body = post(site, table(), preview=1, columns="open:1,high:2,low:3,close:4").json()
    assert "No column is chosen for: time" in body["problem"]
    assert body["report"] is None
    body = post(site, table(), preview=1, columns="time:0,open:1,high:2,low:3,close:4", times="s").json()
    assert "it looks like milliseconds" in body["problem"]
    assert (
        post(site, table(), preview=1, zone="Europe/Paris", stamp="close").json()["bars"][0]["open_ms"]
        == START_MS - HOUR
    )


def test_a_form_and_progress(own_site: Site) -> None:
    query = {"name": "GOLD", "progress": "1"}
    answer = requests.post(own_site.url + PATH, params=query, files={"file": ("g.csv", table())}, timeout=30)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0] == {"rows": 200}
    assert (lines[-1]["status"], lines[-1]["body"]["symbol"]) == (201, "upload:GOLD")
    refused = post(own_site, table(bad=2), name="SILVER", progress=1).text.splitlines()[-1]
    assert json.loads(refused)["status"] == 422


def test_a_name_is_taken_until_it_is_given_free(own_site: Site) -> None:
    assert post(own_site, table(), name="GOLD").status_code == 201
    answer = post(own_site, table(), name="GOLD")
    assert (answer.status_code, answer.json()["parameter"]) == (409, "name")
    assert post(own_site, table(100), name="GOLD", replace=1).json()["timeframes"]["1h"] == 100
    assert requests.delete(f"{own_site.url}{PATH}/GOLD", timeout=5).json() == {"deleted": "GOLD"}
    answer = requests.delete(f"{own_site.url}{PATH}/GOLD", timeout=5)
    assert answer.status_code == 404
    assert own_site.get("/api/v1/bars?symbol=upload:GOLD&timeframe=1h").status_code == 404


def test_there_is_an_end_to_the_room(own_site: Site) -> None:
    for at in range(MAX_UPLOADS):
        own_site.store.uploads.put(Upload(f"N{at:02d}", "", 0, 0, 0, 1.0, {}, []), {})
    answer = post(own_site, table(), name="GOLD")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:spreadboard:problem:no-room")
    assert post(own_site, table(), name="N07", replace=1).status_code == 201


@pytest.mark.parametrize(("query", "parameter"), [
    ({}, "name"), ({"name": "gold"}, "name"), ({"name": "A/B"}, "name"), ({"name": "G:X"}, "name"),
    ({"preview": 1, "zone": "Mars/X"}, "zone"), ({"preview": 1, "times": "weeks"}, "times"),
    ({"preview": 1, "columns": "time:0,open:99"}, "columns"), ({"preview": 1, "columns": "tme:0"}, "columns"),
    ({"preview": 1, "columns": "open:1,high:1"}, "columns"), ({"preview": 2}, "preview"), ({"nme": "X"}, "nme"),
])  # fmt: skip
def test_a_wrong_setting_is_named(site: Site, query: dict[str, Any], parameter: str) -> None:
    answer = post(site, table(), **query)
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


@pytest.mark.parametrize("raw", [b"", b"\0\1\2", b"one\ntwo\n"])
def test_what_is_no_table_is_told(site: Site, raw: bytes) -> None:
    for query in ({"preview": 1}, {"dry_run": 1}):
        answer = post(site, raw, **query)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:spreadboard:problem:unreadable-file")


def test_a_body_that_is_too_large(site: Site) -> None:
    answer = requests.Request("POST", site.url + PATH, params={"dry_run": "1"}).prepare()
    answer.headers["Content-Length"] = str(MAX_BYTES + 1)
    with requests.Session() as session:
        assert session.send(answer, timeout=10).status_code == 413


@pytest.mark.parametrize("headers", [
    {"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
])  # fmt: skip
def test_another_sites_page_may_not_ask(site: Site, headers: dict[str, str]) -> None:
    assert post(site, table(), headers, dry_run=1).status_code == 403
    assert requests.delete(f"{site.url}{PATH}/X", headers=headers, timeout=5).status_code == 403
    assert post(site, table(), {"Origin": site.url}, dry_run=1).status_code == 200


def test_the_document_describes_it(site: Site) -> None:
    paths = site.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths[PATH]) == {"get", "post"}
    assert "multipart/form-data" in paths[PATH]["post"]["requestBody"]["content"]
    assert paths[f"{PATH}/{{name}}"]["delete"]["parameters"][0]["in"] == "path"
    answer = requests.put(site.url + PATH, timeout=5)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
