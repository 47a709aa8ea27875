"""What can be said of a file when it is uploaded: each setting is guessed unless it is given."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from analytics.uploads.guess import Guess, guess
from analytics.uploads.look import Look, look
from analytics.uploads.plan import DECIMALS, DELIMITERS, ROLES, STAMPS, TIMES
from analytics.uploads.zones import is_zone
from api.parameters import Choice, Parameter
from api.problems import bad_parameter

AUTO: Final = "auto"
_NAME: Final = re.compile(r"[A-Z0-9_\-]{2,32}")
_COLUMN: Final = re.compile(r"([a-z_]+):(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Name(Parameter):
    """The name that an upload's symbol gets."""

    @property
    def allowed(self) -> str:
        """The form."""
        return "2 to 32 capital letters, digits, _ or -"

    def convert(self, text: str) -> str:
        """The name itself."""
        if _NAME.fullmatch(text):
            return text
        near = re.sub(r"[^A-Z0-9_\-]+", "_", text.upper())[:32].strip("_")
        raise bad_parameter(self.name, self.allowed, text, f"For instance {near}." if _NAME.fullmatch(near) else "")

    def schema(self) -> dict[str, Any]:
        """A string of the form."""
        return {"type": "string", "pattern": f"^{_NAME.pattern}$"}


@dataclass(frozen=True, slots=True)
class Zone(Parameter):
    """A time zone by its name in the IANA database."""

    @property
    def allowed(self) -> str:
        """Examples."""
        return "a time zone such as UTC or Europe/Paris"

    def convert(self, text: str) -> str:
        """The zone's name."""
        if is_zone(text):
            return text
        raise bad_parameter(self.name, self.allowed, text)

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "examples": ["UTC", "Europe/Paris"]}


@dataclass(frozen=True, slots=True)
class Columns(Parameter):
    """Which column is what."""

    @property
    def allowed(self) -> str:
        """The form."""
        return f"role:column pairs with commas between them, columns counted from 0; roles are {', '.join(ROLES)}"

    def convert(self, text: str) -> Any:
        """Columns by their roles."""
        pairs = [_COLUMN.fullmatch(part.strip()) for part in text.split(",")]
        found = {pair[1]: int(pair[2]) for pair in pairs if pair and pair[1] in ROLES}
        if len(found) < len(pairs) or len(set(found.values())) < len(found):
            raise bad_parameter(self.name, self.allowed, text)
        return found

    def schema(self) -> dict[str, Any]:
        """A string of the form."""
        return {"type": "string", "examples": ["time:0,open:1,high:2,low:3,close:4,volume:5"]}


@dataclass(frozen=True, slots=True)
class File(Parameter):
    """The file's name, which is only shown."""

    @property
    def allowed(self) -> str:
        """Anything short."""
        return "at most 120 characters"

    def convert(self, text: str) -> str:
        """The text without what is no character to be shown."""
        return "".join(char for char in text[:120] if char.isprintable())

    def schema(self) -> dict[str, Any]:
        """A short string."""
        return {"type": "string", "maxLength": 120}


def _choice(name: str, help: str, choices: tuple[str, ...]) -> Choice:
    return Choice(name, help, default=AUTO, choices=(AUTO, *choices))


def _flag(name: str, help: str) -> Choice:
    return Choice(name, help, default="0", choices=("0", "1"))


READING: Final = (
    _choice("delimiter", "What stands between two columns.", tuple(DELIMITERS)),
    _choice("header", "Whether the first row holds names.", ("yes", "no")),
    _choice("decimal", "What stands before the decimals.", tuple(DECIMALS)),
    Columns("columns", "Which column is what."),
    _choice("times", "The unit of numeric times, or the order of the parts of a written date.", TIMES),
    Zone("zone", "Where times were written that name no zone.", default="UTC"),
    _choice("stamp", "Which end of a bar its time is.", STAMPS),
)
"""How the file is read."""
DOING: Final = (
    Name("name", "The name of the symbol: `upload:NAME`. Needed unless nothing is to be stored."),
    File("file", "The file's name, to be shown."),
    _flag("preview", "1: the body is the beginning of a file; say how it looks and would be read."),
    _flag("dry_run", "1: read and check the whole file, and store nothing."),
    _flag("skip_bad", "1: leave out the rows that cannot be used, in place of refusing the file."),
    _flag("replace", "1: take the place of an upload of the same name."),
    _flag("progress", "1: answer with one JSON object a line: `rows` so far, and at last `status` and `body`."),
)
"""What is to be done with it."""


def understand(head: bytes, values: Mapping[str, Any]) -> tuple[Look, Guess]:
    """How the file looks and is to be read; what is given is not guessed.

    Raises `analytics.uploads.plan.Unreadable`, or `Problem` for columns that the file does not have.
    """
    given = {name: None if values[name] == AUTO else values[name] for name in ("delimiter", "decimal", "times")}
    header = {"yes": True, "no": False}.get(values["header"])
    seen = look(head, given["delimiter"], header, given["decimal"])
    columns = values["columns"]
    if columns is not None and max(columns.values()) >= seen.width:
        allowed = f"columns from 0 to {seen.width - 1}, as the file has {seen.width}"
        raise bad_parameter("columns", allowed, str(max(columns.values())))
    guessed = guess(seen, columns, given["times"])
    changes = {"zone": values["zone"]} | ({} if values["stamp"] == AUTO else {"stamp": values["stamp"]})
    return seen, guessed._replace(plan=dataclasses.replace(guessed.plan, **changes))
