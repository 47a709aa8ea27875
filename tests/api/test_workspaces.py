"""/api/v1/workspaces: kept, listed, checked and forgotten; strangers and what is too large are refused."""

from __future__ import annotations

from typing import Any

import orjson
import requests

from store.workspaces import MAX_BYTES, MAX_WORKSPACES
from tests.api.harness import Site

PATH = "/api/v1/workspaces"
MINE: dict[str, Any] = {"version": 1, "name": "My desk", "pair": {"tf": "1m"}, "widgets": []}


def post(site: Site, layout: object, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
    return requests.post(site.url + PATH, orjson.dumps(layout), params=query, headers=headers, timeout=10)


def test_a_layout_is_kept_listed_and_forgotten(own_site: Site) -> None:
    assert post(own_site, MINE).status_code == 201
    assert own_site.get(PATH).json() == {"workspaces": [{"name": "My desk", "widgets": 0}]}
    assert own_site.get(f"{PATH}/My%20desk").json() == MINE
    taken = post(own_site, MINE)
    assert (taken.status_code, taken.json()["title"]) == (409, "Name taken")
    assert post(own_site, MINE | {"pair": {}}, replace=1).status_code == 201
    assert own_site.get(f"{PATH}/My%20desk").json()["pair"] == {}
    assert requests.delete(f"{own_site.url}{PATH}/My%20desk", timeout=10).json() == {"deleted": "My desk"}
    gone = own_site.get(f"{PATH}/My%20desk")
    assert (gone.status_code, gone.json()["parameter"]) == (404, "name")


def test_mistakes_are_named_and_nothing_is_kept(own_site: Site) -> None:
    wrong = MINE | {"pair": {"tf": "2m"}, "name": "", "widgets": [1]}
    answer = post(own_site, wrong)
    assert answer.status_code == 422
    assert len(answer.json()["mistakes"]) == 3
    assert post(own_site, wrong, check=1).json()["mistakes"] == answer.json()["mistakes"]
    assert post(own_site, MINE, check=1).json() == {"mistakes": []}
    broken = requests.post(own_site.url + PATH, b"{", timeout=10)
    assert (broken.status_code, broken.json()["title"]) == (400, "Bad json")
    assert own_site.get(PATH).json() == {"workspaces": []}


def test_strangers_and_floods_are_refused(own_site: Site) -> None:
    assert post(own_site, MINE, {"Origin": "https://evil.example"}).status_code == 403
    assert (
        requests.delete(f"{own_site.url}{PATH}/x", headers={"Sec-Fetch-Site": "cross-site"}, timeout=10).status_code
        == 403
    )
    large = post(own_site, MINE | {"name": "x" * MAX_BYTES})
    assert (large.status_code, large.json()["title"]) == (413, "Too large")
    for at in range(MAX_WORKSPACES):
        own_site.store.workspaces.put(MINE | {"name": str(at)})
    assert post(own_site, MINE).json()["title"] == "No room"
    assert post(own_site, MINE | {"name": "7"}, replace=1).status_code == 201
