"""What must hold before anything starts: the page's address is safe to open, and its port is free."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from pathlib import Path

from runtime.settings import ConfigError, Settings


def check(settings: Settings, port: bool = True) -> Settings:
    """The settings with a free port in place of port 0.

    Raises `ConfigError` when the page would be open to the network without a login, or (with ``port``) when
    its port is taken.
    """
    web = settings.web
    if not web.auth and not is_loopback(web.host):
        raise ConfigError(
            f"web.host: {web.host} can be reached from other machines and web.auth is empty. "
            "Set web.auth to user:password (SPREADBOARD_WEB__AUTH), or leave the host at 127.0.0.1."
        )
    if not port:
        return settings
    try:
        free = free_port(web.host, web.port)
    except OSError as error:
        raise ConfigError(_port_refused(web.host, web.port, error)) from None
    return settings.model_copy(update={"web": web.model_copy(update={"port": free})})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name other than localhost counts as open."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(host: str, port: int) -> int:
    """The port, or for 0 any free one. Raises OSError when it cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that just closed do not count
        probe.bind(address)
        probe.listen(1)
        return int(probe.getsockname()[1])


def holder(port: int) -> str:
    """The process that listens on a TCP port, as ``process 12 (python app.py)``; empty when it cannot be seen."""
    inodes = {
        row[9]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for row in map(str.split, Path(table).read_text(encoding="ascii").splitlines()[1:])
        if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port
    }
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            links = {os.readlink(link) for link in (entry / "fd").iterdir()}
            if links & {f"socket:[{inode}]" for inode in inodes}:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {entry.name} ({command[:80]})"
        except OSError:  # not ours to look into, or gone meanwhile
            continue
    return ""


def _port_refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        held_by = holder(port) or "another process (perhaps a Spreadboard that still runs)"
        return (
            f"web.port: {port} on {host} is taken by {held_by}. Stop it, or choose another port: "
            f"--port {free_port(host, 0)}"
        )
    if error.errno == errno.EACCES:
        return f"web.port: {port} needs rights that this user does not have. Choose one above 1023, such as 8050."
    return f"web.host: {host} is not an address of this machine ({error.strerror or error}). Try --host 127.0.0.1."
