"""Requests that change something are taken from our own pages and from programs, not from pages of other sites."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from flask import Request

from api.problems import Problem

_OWN: Final = ("same-origin", "none")


def same_site(request: Request) -> None:
    """Refuse what a browser sends on behalf of another site's page. Raises `Problem` (403).

    A browser says where a request comes from (``Sec-Fetch-Site``, ``Origin``) and no page can make it lie; a program
    says neither, and is not used by a stranger's page.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = site in _OWN if site else origin is None or urlsplit(origin).netloc == request.host
    if own:
        return
    raise Problem(
        HTTPStatus.FORBIDDEN,
        "cross-site",
        "A page of another site asked for this. Use the board's own pages, or a program.",
        got=(origin or site or "")[:100],
    )
