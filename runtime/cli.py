"""The command line: a role, a few options that win over environment and config.yaml, and clear refusals."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

from runtime import preflight, process
from runtime.roles import ROLES, SUPERVISOR, Role
from runtime.settings import ConfigError, Feed, Settings, load

OVERRIDES: Final = {
    "--feed": "feed.source",
    "--symbols": "feed.symbols",
    "--port": "web.port",
    "--host": "web.host",
    "--redis-url": "redis.url",
    "--log-json": "log.json_lines",
}
"""The options that are settings, each under its name in config.yaml."""

FEEDS: Final[tuple[str, ...]] = get_args(Feed.model_fields["source"].annotation)


class _RefusedError(Exception):
    """The command line cannot be used: one line that says why and what to do."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _RefusedError(message)


def main(arguments: Sequence[str], roles: Mapping[str, Role] = ROLES) -> int:
    """Run what the command line asks for; the exit code: 0 done, 1 failed, 2 refused (nothing was started)."""
    try:
        options = _parse(arguments, roles)
        settings = _settings(options)
        name = options["role"]
        if name in {None, "web"}:
            settings = preflight.check(settings, port=not process.supervised())
    except (_RefusedError, ConfigError) as refused:
        sys.stderr.write("".join(f"spreadboard: {line}\n" for line in str(refused).splitlines()))
        return 2
    return process.run(name or "board", roles[name] if name else SUPERVISOR, settings)


def _parse(arguments: Sequence[str], roles: Mapping[str, Role]) -> dict[str, Any]:
    parser = _Parser(
        prog="app.py",
        description="A live statistical-arbitrage board. Without a role it starts all that the board needs.",
        epilog="roles:\n" + "\n".join(f"  {name:<10} {role.help}" for name, role in roles.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("role", nargs="?", metavar="role", help="run this role alone")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: config.yaml)")
    parser.add_argument("--feed", help=f"where trades come from: {', '.join(FEEDS)}")
    parser.add_argument("--symbols", metavar="A,B", help="what is watched, for instance BTCUSDT,ETHUSDT")
    parser.add_argument("--port", metavar="N", help="port of the page (0: any free one)")
    parser.add_argument("--host", metavar="H", help="address of the page; not a loopback one: set web.auth")
    parser.add_argument("--redis-url", metavar="URL", help="a server of your own instead of the embedded one")
    parser.add_argument("--log-json", action="store_true", default=None, help="log as one JSON object a line")
    known = [option for action in parser._actions for option in action.option_strings]
    for argument in arguments:
        option = argument.partition("=")[0]
        if option.startswith("--") and option != "--" and option not in known:
            raise _RefusedError(f"{option}: no such option; {_hint(option, known)}")
    options = vars(parser.parse_args(arguments))
    role, feed = options["role"], options["feed"]
    if role is not None and role not in roles:
        raise _RefusedError(f"{role}: no such role; {_hint(role, roles)} Without a role all of the board starts.")
    if feed is not None and feed not in FEEDS:
        raise _RefusedError(f"--feed {feed}: no such feed; {_hint(feed, FEEDS)}")
    return options


def _settings(options: Mapping[str, Any]) -> Settings:
    if process.supervised():  # the supervisor passes every setting on; a file edited since must not change one role
        return load(Path(os.devnull))
    given = {option: options[option[2:].replace("-", "_")] for option in OVERRIDES}
    overrides = {OVERRIDES[option]: value for option, value in given.items() if value is not None}
    try:
        return load(options["config"], overrides)
    except ConfigError as error:
        origin = {dotted: option for option, dotted in OVERRIDES.items() if given[option] is not None}
        raise ConfigError("\n".join(_with_origin(line, origin) for line in str(error).splitlines())) from None


def _with_origin(line: str, origin: Mapping[str, str]) -> str:
    """A refused setting's line, with the option in front if it came from one."""
    option = next((name for dotted, name in origin.items() if re.match(rf"{re.escape(dotted)}[:.]", line)), "")
    return f"{option}: {line}" if option else line


def _hint(wrong: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}."
