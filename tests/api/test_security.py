"""Host names, logins and headers, seen from outside."""

from __future__ import annotations

import pytest
import requests

from runtime.security import MAX_BODY_BYTES, check_login
from runtime.settings import ConfigError, Settings, Web
from tests.api.harness import Site

LOGIN = ("trader", "pässword:with:colons")


@pytest.mark.parametrize("host", ["localhost", "localhost:8050", "LOCALHOST", "127.0.0.1:1", "[::1]:8050", "[::1]"])
def test_local_names_are_served(site: Site, host: str) -> None:
    assert site.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[fe80::1]"],
)
def test_another_name_for_this_machine_is_refused(site: Site, host: str) -> None:
    for path in ("/", "/api/v1/bars?symbol=BTCUSDT", "/healthz"):
        answer = site.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_documents_carry_the_policy_and_data_do_not(site: Site) -> None:
    page = site.get("/").headers
    assert "script-src 'self' 'sha256-abc='" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "same-origin"
    data = site.get("/api/v1/symbols").headers
    assert "Content-Security-Policy" not in data
    assert page["X-Content-Type-Options"] == data["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/api/v1/symbols", "/metrics", "/_dash-update-component"])
def test_a_login_is_needed_everywhere(locked_site: Site, path: str) -> None:
    answer = locked_site.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    good = tuple(part.encode() for part in LOGIN)
    assert locked_site.get(path, auth=good).status_code == 200
    for wrong in ((b"trader", b"wrong"), (b"", b""), (b"trader", b"")):
        assert locked_site.get(path, auth=wrong).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic dHJhZGVy", "Bearer dHJhZGVyOng=", "Basic \u00ff"])
def test_a_broken_login_is_refused(locked_site: Site, header: str) -> None:
    answer = locked_site.get("/", headers={"Authorization": header.encode("latin1")})
    assert answer.status_code == 401


def test_health_needs_no_login(locked_site: Site) -> None:
    assert locked_site.get("/healthz").status_code in {200, 503}


def test_a_login_that_cannot_work_stops_the_start() -> None:
    for auth in ("secret", "user:", ":password"):
        with pytest.raises(ConfigError, match="user:password"):
            check_login(Settings(web=Web(auth=auth)))
    check_login(Settings(web=Web(auth="user:password")))
    check_login(Settings())


def test_a_large_body_is_refused(site: Site) -> None:
    answer = requests.post(site.url + "/api/v1/bars", data=b"x" * (MAX_BODY_BYTES + 1), timeout=5)
    assert answer.status_code in {405, 413}
