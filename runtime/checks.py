"""What the doctor looks at; each check is one function, listed in `CHECKS`."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from packaging.markers import Marker

from runtime import preflight
from runtime.reach import UnreachableError, reach
from runtime.settings import ConfigError, Settings
from store import StoreError, open_store
from store.server import EmbeddedServer

LOCK_FILE: Final = Path(__file__).resolve().parent.parent / "requirements.lock"
LOCKED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: *; *([^\\]+))?", re.MULTILINE)
EXCHANGE_S: Final = 8.0
"""So long the endpoints have to answer, all at once."""
CLOCK_WARN_MS: Final = 1000.0
STORE_S: Final = 3.0
GB: Final = 1e9


class Finding(NamedTuple):
    """What a check found: ``level`` is ok, warn, or fail (this stops the start)."""

    level: str
    subject: str
    says: str
    remedy: str = ""


Check = Callable[[Settings], Iterable[Finding]]


def check_python(_: Settings) -> Iterable[Finding]:
    """Python's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", "python", f"{version} in {sys.prefix}")


def check_packages(_: Settings) -> Iterable[Finding]:
    """Installed versions against requirements.lock, which the tests ran with."""
    if not LOCK_FILE.exists():
        yield Finding("warn", "packages", "requirements.lock is not here: versions are not compared")
        return
    missing, other, count = [], [], 0
    for name, wanted, marker in LOCKED.findall(LOCK_FILE.read_text(encoding="utf-8")):
        if marker and not Marker(marker.strip()).evaluate():
            continue
        count += 1
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if installed != wanted:
            other.append(f"{name} {installed} (locked: {wanted})")
    if missing:
        yield Finding("fail", "packages", f"missing: {', '.join(missing)}", "Run `make setup`.")
    if other:
        yield Finding("warn", "packages", f"not the tested versions: {', '.join(other)}", "Run `make setup`.")
    if not missing and not other:
        yield Finding("ok", "packages", f"{count}, all as in requirements.lock")


def check_port(settings: Settings) -> Iterable[Finding]:
    """The page's address and port."""
    web = settings.web
    try:
        preflight.check(settings)
    except ConfigError as error:
        says, _, remedy = str(error).partition(". ")
        yield Finding("fail", "page", says, f"{remedy} (All is well if that is the board you started.)")
    else:
        yield Finding("ok", "page", f"port {web.port} on {web.host} is free")


def check_data_dir(settings: Settings) -> Iterable[Finding]:
    """Whether the data folder can be written, and how much room is left."""
    folder = Path(settings.store.data_dir).absolute()
    existing = next(path for path in [folder, *folder.parents] if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Finding("fail", "data", f"{existing} cannot be written", "Correct its owner, or set store.data_dir.")
        return
    free_gb = shutil.disk_usage(existing).free / GB
    level = "fail" if free_gb < 0.1 else "warn" if free_gb < 2 else "ok"
    remedy = (
        "" if level == "ok" else "A day of ticks can need 2 GB: make room, or set store.data_dir or store.ticks_hours."
    )
    yield Finding(level, "data", f"{folder}: {free_gb:.1f} GB free", remedy)


def check_memory(_: Settings) -> Iterable[Finding]:
    """Memory that could be had now."""
    pages = "SC_AVPHYS_PAGES"
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        rows = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
        free_gb = int(rows["MemAvailable"].split()[0]) * 1024 / GB
    elif pages in os.sysconf_names:
        free_gb = os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE") / GB
    else:
        return
    remedy = "" if free_gb >= 1 else "The board needs about 1 GB: watch fewer symbols, or set store.ticks_hours lower."
    yield Finding("warn" if remedy else "ok", "memory", f"{free_gb:.1f} GB available", remedy)


def check_store(settings: Settings) -> Iterable[Finding]:
    """The server: the given one as it is, the embedded one by starting it on an empty folder."""
    if settings.redis.url:
        yield _server(settings.redis.url, "redis")
        return
    with tempfile.TemporaryDirectory(prefix="spreadboard-doctor-") as folder:
        server = EmbeddedServer(folder)
        try:
            yield _server(server.start(), "embedded")
        except (StoreError, OSError) as error:
            remedy = "Run `make setup`, or use a server of your own: --redis-url redis://127.0.0.1:6379"
            yield Finding("fail", "embedded", f"the server does not start: {error}", remedy)
        finally:
            server.stop()


def check_exchange(settings: Settings) -> Iterable[Finding]:
    """Every endpoint of the feed, and this machine's clock against the exchange's."""
    feed = settings.feed
    if feed.source == "sim":
        yield Finding("ok", "exchange", "the simulated exchange: no network is needed")
        return
    results: SimpleQueue[tuple[str, Finding, float | None]] = SimpleQueue()
    urls = [*feed.ws_url, *feed.rest_url]
    for url in urls:
        threading.Thread(target=_reach, args=(url, settings, results), daemon=True).start()
    rows: dict[str, tuple[Finding, float | None]] = {}
    deadline_s = time.monotonic() + EXCHANGE_S
    while len(rows) < len(urls) and (left_s := deadline_s - time.monotonic()) > 0:
        try:
            url, finding, offset_ms = results.get(timeout=left_s)
            rows[url] = finding, offset_ms
        except Empty:
            break
    for url in urls:
        yield rows[url][0] if url in rows else Finding("warn", "exchange", f"{url}: no answer in time")
    for kind, group in (("ws_url", feed.ws_url), ("rest_url", feed.rest_url)):
        if not any(url in rows and rows[url][0].level == "ok" for url in group):
            yield _no_exchange(f"feed.{kind}", feed.fallback)
    offsets = [offset for _, offset in rows.values() if offset is not None]
    if offsets:
        yield _clock(min(offsets, key=abs))


def check_browser(_: Settings) -> Iterable[Finding]:
    """The browser of the browser tests."""
    chromium = shutil.which("chromium")
    if chromium:
        yield Finding("ok", "chromium", f"{chromium} (for the browser tests)")
    else:
        yield Finding(
            "warn", "chromium", "not installed: browser tests are skipped", "On Debian: apt-get install chromium"
        )


CHECKS: Final[tuple[Check, ...]] = (
    check_python, check_packages, check_port, check_data_dir, check_memory, check_store, check_exchange, check_browser,
)  # fmt: skip


def _server(url: str, subject: str) -> Finding:
    try:
        store = open_store(url, STORE_S)
        took_ms, info = store.ping(), store.info()
        series = "with" if store.link.run("COMMAND", "INFO", "TS.ADD")[0] else "without"
        store.close()
    except StoreError as error:
        return Finding("fail", subject, str(error))
    name = "Valkey" if info.get("server_name") == "valkey" else "Redis"
    version = info.get("valkey_version") or info.get("redis_version")
    return Finding("ok", subject, f"{name} {version}, {series} the time series module, answers in {took_ms:.1f} ms")


def _reach(url: str, settings: Settings, results: SimpleQueue[tuple[str, Finding, float | None]]) -> None:
    try:
        took_ms, offset_ms = reach(url, settings.feed.ca_file)
    except UnreachableError as error:
        results.put((url, Finding("warn", "exchange", f"{url}: {error}"), None))
    else:
        results.put((url, Finding("ok", "exchange", f"{url}: answers in {took_ms:.0f} ms"), offset_ms))


def _no_exchange(key: str, fallback: str) -> Finding:
    then = (
        "the simulated exchange takes over, marked as such"
        if fallback == "sim"
        else "the board retries and stays empty"
    )
    remedy = f"Open the way to one of them, or name one that can be reached in {key}; --feed sim needs no network."
    return Finding("warn", "exchange", f"no address of {key} answers: {then}", remedy)


def _clock(offset_ms: float) -> Finding:
    says = f"the exchange is {abs(offset_ms):.0f} ms {'ahead of' if offset_ms > 0 else 'behind'} this machine"
    if abs(offset_ms) < CLOCK_WARN_MS:
        return Finding("ok", "clock", says)
    return Finding("warn", "clock", says, "Ages and latencies will be corrected by it; better set the clock (NTP).")
