"""Who may ask the web server, and the headers that every answer carries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import orjson
from flask import Flask, Response, request

from runtime.preflight import is_loopback
from runtime.settings import ConfigError, Settings

MAX_BODY_BYTES: Final = 1_000_000
OPEN_PATHS: Final = frozenset({"/healthz"})
"""Paths that need no login, so that a supervisor without the password can probe them."""

_POLICY: Final = (
    "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


class PageApp(Protocol):
    """What is needed of a Dash application."""

    @property
    def server(self) -> Flask:
        """The Flask server that carries the pages and the API."""
        ...

    def csp_hashes(self) -> Sequence[str]:
        """CSP source expressions of all inline scripts."""
        ...


def check_login(settings: Settings) -> None:
    """Refuse a ``web.auth`` that nobody could log in with. Raises `ConfigError`."""
    if settings.web.auth and not all(settings.web.auth.partition(":")):
        raise ConfigError("web.auth: expected user:password, neither of them empty. Set both, or leave it empty.")


def protect(app: PageApp, settings: Settings) -> None:
    """Guard every request to ``app`` and add the headers; call it after all callbacks are registered.

    The guard goes in front of whatever else runs before a request. The script policy allows the page's own
    files and the inline scripts that ``app`` has now, by hash.
    """
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    server.before_request_funcs.setdefault(None, []).insert(0, _guard(settings))
    policy = _POLICY.format(scripts=" ".join(["'self'", *app.csp_hashes()]))

    def add_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Only a document is governed by these; on the many small live answers they would be dead weight.
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = policy
            response.headers["Referrer-Policy"] = "same-origin"
        return response

    server.after_request(add_headers)


def _guard(settings: Settings) -> Callable[[], Response | None]:
    local = is_loopback(settings.web.host)
    wanted = hashlib.sha256(settings.web.auth.encode()).digest() if settings.web.auth else None

    def guard() -> Response | None:
        # A page elsewhere can point a name of its own at 127.0.0.1; its Host header gives it away.
        host = request.environ.get("HTTP_HOST")
        if local and host is not None and not is_loopback(_host_name(host)):
            return _refuse(
                400, "Bad Request", "Host: expected localhost, 127.0.0.1 or [::1]; open the page by one of these."
            )
        if wanted is None or request.path in OPEN_PATHS or hmac.compare_digest(_login(), wanted):
            return None
        answer = _refuse(401, "Unauthorized", "Authorization: expected the user and password of web.auth (HTTP Basic).")
        answer.headers["WWW-Authenticate"] = 'Basic realm="Spreadboard", charset="UTF-8"'
        return answer

    return guard


def _host_name(host: str) -> str:
    """``[::1]:8050`` -> ``::1``; ``localhost:8050`` -> ``localhost``."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _login() -> bytes:
    """Digest of what came as ``user:password``; of equal length whatever came."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(value.strip(), validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        given = b""
    return hashlib.sha256(given).digest()


def _refuse(status: int, title: str, detail: str) -> Response:
    body = orjson.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return Response(body, status, mimetype="application/problem+json")
