"""The real command line and supervisor over small roles; BOARD_<ROLE> in the environment tells what a role does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from runtime import cli
from runtime.roles import Role
from runtime.settings import ConfigError, Settings


def ingest(settings: Settings, stop: threading.Event) -> int:
    return work("INGEST", settings, stop)


def resample(settings: Settings, stop: threading.Event) -> int:
    return work("RESAMPLE", settings, stop)


def web(settings: Settings, stop: threading.Event) -> int:
    return work("WEB", settings, stop)


def work(role: str, settings: Settings, stop: threading.Event) -> int:
    match os.environ.get(f"BOARD_{role}"):
        case "refuse":
            raise ConfigError("web.auth: expected user:password, got 'x'.")
        case "crash":
            raise RuntimeError("out of luck")
        case "parent":
            say(f"helper {subprocess.Popen(['sleep', '1000']).pid}")
    say(f"ready {os.getpid()}")
    if os.environ.get(f"BOARD_{role}") == "deaf":
        threading.Event().wait()
    stop.wait()
    say(f"{role} stopped cleanly with {settings.redis.url} and {','.join(settings.feed.symbols)}")
    return 0


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # in one piece: three processes share the pipe


if __name__ == "__main__":
    names = ("ingest", "resample", "web")
    sys.exit(cli.main(sys.argv[1:], {name: Role(f"small_board:{name}", "small") for name in names}))
