"""The query of a REST request, with the exchange's parameter rules and error bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from ingest.sim.instruments import INSTRUMENTS

_MAX_ROWS: Final = 1000
_NAME: Final = r"^[A-Z0-9-_.]{1,20}$"
_NUMBER: Final = r"^[0-9]{1,20}$"


class RestError(Exception):
    """A request that is refused, with the exchange's error code."""

    def __init__(self, code: int, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.headers = code, message, status, headers


class Query:
    """The parameters of one request, read by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Whether the parameter was sent."""
        return name in self._values

    def text(self, name: str) -> str:
        """A mandatory parameter."""
        if not (value := self._values.get(name, "")):
            raise RestError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return value

    def symbol(self) -> str:
        """The mandatory symbol."""
        return _known(self.text("symbol"), "symbol")

    def symbols(self) -> list[str]:
        """A JSON list of symbols."""
        try:
            names = json.loads(self.text("symbols"))
        except ValueError:
            names = None
        if not isinstance(names, list):
            raise RestError(-1100, "Illegal characters found in parameter 'symbols'; a JSON list is legal.")
        return [_known(str(name), "symbols") for name in names]

    def integer(self, name: str) -> int | None:
        """An optional whole number; None when it was not sent."""
        value = self._values.get(name)
        if value is None:
            return None
        if not value:
            raise RestError(-1105, f"Parameter '{name}' was empty.")
        if not re.fullmatch(_NUMBER, value):
            raise RestError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{_NUMBER}'.")
        if (number := int(value)) >= 2**63:
            raise RestError(-1108, f"Parameter '{name}' overflowed.")
        return number

    def limit(self) -> int:
        """Rows wanted: 500 if not sent; more than 1000 gives 1000."""
        number = self.integer("limit")
        if number == 0:
            raise RestError(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(number or 500, _MAX_ROWS)


def _known(name: str, parameter: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise RestError(-1100, f"Illegal characters found in parameter '{parameter}'; legal range is '{_NAME}'.")
    if name not in INSTRUMENTS:
        raise RestError(-1121, "Invalid symbol.")
    return name
