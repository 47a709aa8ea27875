"""The OpenAPI document, made from the same tables that check the requests."""

from __future__ import annotations

from collections.abc import Iterable
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
_FAILURES: Final = {
    "400": "A parameter is unknown, missing or not allowed.",
    "404": "The symbol is not being watched; the nearest names are given.",
    "503": "The store does not answer.",
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The whole API as an OpenAPI 3.1 document."""
    paths = {route.path: {"get": _operation(route)} for route in routes}
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
    table = "".join(f"\n- `{name}`: {text}" for name, text in route.columns.items())
    problem = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    kinds = ["application/json"]
    if route.columns:
        kinds += ["text/csv", "application/vnd.apache.parquet"]
    answer = {"description": "The data.", "content": {kind: {} for kind in kinds}}
    failures = {status: {"description": text, **problem} for status, text in _FAILURES.items()}
    return {
        "summary": route.summary,
        "description": f"Columns:{table}" if table else route.summary,
        "parameters": [_parameter(parameter) for parameter in route.parameters],
        "responses": {"200": answer, **failures},
    }


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
