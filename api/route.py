"""What a path of the API is made of, and what its view has at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from analytics.live import PairBook
from api.parameters import Parameter
from runtime.settings import Settings
from store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """What the views work with."""

    store: Store
    book: PairBook
    settings: Settings


View = Callable[[Context, Mapping[str, Any]], Response]
"""Takes the checked parameters by name; raises `api.problems.Problem`."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path and the method that it answers, with everything that the OpenAPI document says of it.

    Parts of the path in ``<>`` are among the values that the view gets, as they came. A method other than GET changes
    something: it is refused to pages of other sites.

    ``columns`` maps the columns of the rows, in their order, to what they mean; ``members`` does so for what stands
    beside the rows in JSON, nested names with a dot. ``media`` is what comes without a table, ``body`` what is to be
    sent, as OpenAPI describes a request body.
    """

    path: str
    summary: str
    view: View
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    media: str = "application/json"
    body: Mapping[str, Any] = field(default_factory=dict)
