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
    """A path that answers GET, with everything that the OpenAPI document says of it.

    ``columns`` maps the columns of the rows, in their order, to what they mean.
    """

    path: str
    summary: str
    view: View
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
