"""Requests that no page of ours makes get a short answer and one line in the log, never a traceback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from analytics.live import PairBook
from callbacks.app import create_app
from runtime.settings import Settings
from store import Store
from store.cache import MarketCache

UPDATE = "/_dash-update-component"
ASKED = {
    "output": "board-message.data",
    "outputs": {"id": "board-message", "property": "data"},
    "inputs": [{"id": "clock", "property": "n_intervals", "value": 1}],
    "changedPropIds": ["clock.n_intervals"],
    "state": [{"id": "board-cursor", "property": "data", "value": ""}],
}


@pytest.fixture
def client(store: Store) -> Iterator[FlaskClient]:
    cache = MarketCache(store)
    cache.start()
    yield create_app(cache, PairBook(cache), Settings()).server.test_client()
    cache.stop()


def test_no_callback_takes_the_place_of_another(client: FlaskClient) -> None:
    """Dash names a callback without outputs after its inputs: two with the same are one, and the first is lost."""
    listed = client.get("/_dash-dependencies").get_json()
    assert len(listed) > 50
    assert [name for name, count in Counter(each["output"] for each in listed).items() if count > 1] == []


def test_an_update_that_no_page_asks_for_is_a_bad_request(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = [{}, [], None, 5, {"output": "x.y"}, {"output": ["a"]}, ASKED | {"inputs": 5}, ASKED | {"inputs": [{}]}]
    for body in wrong:
        caplog.clear()
        answer = client.post(UPDATE, json=body)
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), body
        assert len(caplog.records) == 1
        assert caplog.records[0].exc_info is None
    for text in (b"{bad", b"", b"[" * 100_000):
        assert client.post(UPDATE, data=text, content_type="application/json").status_code == 400
    assert client.post(UPDATE, json=ASKED).status_code == 200


@pytest.mark.parametrize("path", ["os/__init__.py", "dash/nothing.js", "dash/..%2f..%2fx", "nope/a.js", "dash/x"])
def test_a_part_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


def test_only_pages_that_there_are_are_found(client: FlaskClient) -> None:
    for path in ("/", "/pair", "/pair/", "/pair?y=ETHUSDT"):
        assert client.get(path).status_code == 200, path
    for path in ("/nope", "/pair/more", "/favicon.ico"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html"), path
