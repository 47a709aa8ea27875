"""The OpenAPI document, made from the same tables that check the requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.parameters import Parameter
from api.problems import CONTENT_TYPE
from api.route import Route

PATH: Final = "/api/v1/openapi.json"

_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string", "description": "The parameter at fault."},
        "allowed": {"type": "string"},
        "got": {"type": "string"},
        "nearest": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["type", "title", "status", "detail"],
}
_PART: Final = re.compile("<(.+?)>")
_FAILURES: Final = {
    "400": "A parameter is unknown, missing or not allowed.",
    "404": "The symbol is not being watched; the nearest names are given.",
    "503": "The store does not answer.",
}

_REFUSALS: Final = {
    "403": "The request comes from a page of another site.",
    "409": "The name is taken, or there is no room.",
    "413": "The body is too large.",
    "422": "The body cannot be used; the problem says why.",
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The whole API as an OpenAPI 3.1 document."""
    paths: dict[str, Any] = {}
    for route in routes:
        path = route.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    plain = {"200": {"description": "In order."}, "503": {"description": "Not in order; the body says why."}}
    paths["/healthz"] = {"get": {"summary": "Whether every number on the page is current.", "responses": plain}}
    paths["/metrics"] = {"get": {"summary": "Prometheus metrics.", "responses": {"200": {"description": "Text."}}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spreadboard",
            "version": version,
            "description": "Times are UTC. Data of the simulated exchange carry `X-Spreadboard-Simulated: 1`.",
        },
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


def _operation(route: Route) -> dict[str, Any]:
    problem = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    kinds = [route.media]
    if route.columns:
        kinds += ["text/csv", "application/vnd.apache.parquet"]
    answer = {"description": _table("Members", route.members) or "The data.", "content": {kind: {} for kind in kinds}}
    told = _FAILURES | (_REFUSALS if route.method != "GET" else {})
    failures = {status: {"description": text, **problem} for status, text in told.items()}
    return {
        "summary": route.summary,
        "description": _table("Columns", route.columns) or route.summary,
        "parameters": [*map(_part, _PART.findall(route.path)), *map(_parameter, route.parameters)],
        **({"requestBody": {"required": True, **route.body}} if route.body else {}),
        "responses": {"200": answer, **failures},
    }


def _table(title: str, meanings: Mapping[str, str]) -> str:
    return "\n- ".join([f"{title}:", *(f"`{name}`: {text}" for name, text in meanings.items())]) if meanings else ""


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.schema()
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.help} Must be {parameter.allowed}.",
        "schema": schema,
    }
