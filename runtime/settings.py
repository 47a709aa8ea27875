"""Typed settings from config.yaml, the environment and the command line; an unknown key stops the start."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

ENV_PREFIX = "SPREADBOARD_"
CONFIG_FILE = Path("config.yaml")


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key, what is allowed, what came and what to do."""


def _split(value: Any) -> Any:
    """A comma-separated word list, as the environment and the command line give it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _pairs(value: Any) -> Any:
    """``ETHUSDT/BTCUSDT,...`` as a list of pairs."""
    value = _split(value)
    return [part.split("/") if isinstance(part, str) else part for part in value]


def _two_legs(pair: tuple[str, str]) -> tuple[str, str]:
    if pair[0] == pair[1]:
        raise ValueError("a pair needs two different symbols")
    return pair


SymbolName = Annotated[str, Field(pattern=r"^[A-Z0-9_\-]{2,32}$")]
Symbols = Annotated[list[SymbolName], BeforeValidator(_split), Field(min_length=1, max_length=200)]
Pair = Annotated[tuple[SymbolName, SymbolName], AfterValidator(_two_legs)]
Pairs = Annotated[list[Pair], BeforeValidator(_pairs)]
Urls = Annotated[list[str], BeforeValidator(_split)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A section of config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Feed(Section):
    """Where trades come from."""

    source: Literal["binance", "sim"] = "binance"
    symbols: Symbols = [
        "BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT",
        "DOGEUSDT", "AVAXUSDT", "LINKUSDT", "DOTUSDT", "LTCUSDT", "BCHUSDT",
    ]  # fmt: skip
    fallback: Literal["sim", "none"] = "sim"
    fallback_after_s: float = Field(10.0, ge=1, le=600)
    ws_url: Urls = ["wss://data-stream.binance.vision", "wss://stream.binance.com:9443", "wss://stream.binance.com:443"]
    rest_url: Urls = [
        "https://data-api.binance.vision", "https://api.binance.com", "https://api-gcp.binance.com",
        "https://api1.binance.com", "https://api2.binance.com",
    ]  # fmt: skip
    ca_file: str = ""
    connect_timeout_s: float = Field(8.0, ge=0.5, le=60)
    silent_after_s: float = Field(45.0, ge=1, le=600)
    stale_after_s: float = Field(30.0, ge=1, le=3600)
    refill_max_trades: int = Field(20_000, ge=0, le=1_000_000)
    backfill_1s_minutes: int = Field(60, ge=0, le=1440)
    backfill_1m_minutes: int = Field(1440, ge=0, le=10_080)


class Sim(Section):
    """The simulated exchange."""

    seed: int = Field(20240601, ge=0)
    host: str = "127.0.0.1"
    port: Port = 0
    rate: float = Field(1.0, ge=0.1, le=1000)


class Redis(Section):
    """The server that holds everything that matters."""

    url: str = ""
    timeout_s: float = Field(5.0, ge=0.5, le=60)


class Store(Section):
    """What is kept, where, and for how long."""

    data_dir: str = "data"
    bars: Literal["auto", "streams"] = "auto"
    ticks_hours: float = Field(24.0, gt=0, le=720)
    bars_1s_hours: float = Field(24.0, gt=0, le=720)
    bars_days: float = Field(7.0, gt=0, le=3650)


class Resample(Section):
    """How bars are cut."""

    grace_ms: int = Field(500, ge=0, le=60_000)


class Web(Section):
    """The page and the API."""

    host: str = "127.0.0.1"
    port: Port = 8050
    push: Literal["interval", "sse"] = "interval"
    interval_ms: int = Field(80, ge=50, le=5000)
    threads: int = Field(64, ge=4, le=512)
    auth: str = ""


class Board(Section):
    """What the board watches, and the defaults of a pair."""

    pairs: Pairs = [
        ("ETHUSDT", "BTCUSDT"), ("SOLUSDT", "ETHUSDT"), ("BNBUSDT", "BTCUSDT"), ("LTCUSDT", "BCHUSDT"),
        ("LINKUSDT", "DOTUSDT"), ("ADAUSDT", "XRPUSDT"), ("AVAXUSDT", "SOLUSDT"), ("DOGEUSDT", "XRPUSDT"),
    ]  # fmt: skip
    timeframe: Literal["1s", "1m", "5m"] = "1m"
    window: int = Field(120, ge=20, le=1000)
    entry_z: float = Field(2.0, gt=0, le=10)


class Log(Section):
    """What is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = False


class Settings(Section):
    """All settings; the defaults are those of config.yaml, and a test keeps the two equal."""

    feed: Feed = Feed()
    sim: Sim = Sim()
    redis: Redis = Redis()
    store: Store = Store()
    resample: Resample = Resample()
    web: Web = Web()
    board: Board = Board()
    log: Log = Log()


def load(
    config: Path | None = None, overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings.

    ``overrides`` maps dotted names (``web.port``) to values and wins over the environment, which wins
    over ``config`` (default: config.yaml in the working directory, if it is there).

    Raises `ConfigError` with one line a problem.
    """
    values = _read_file(config)
    for dotted, value in (
        _from_environ(environ if environ is not None else os.environ) | dict(overrides or {})
    ).items():
        section, _, key = dotted.partition(".")
        target = values.setdefault(section, {})
        if isinstance(target, dict):
            target[key] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(problem) for problem in error.errors())) from None


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for a child process; `load` reads them back unchanged."""
    result = {}
    for section, model in settings:
        for key, value in model:
            result[f"{ENV_PREFIX}{section}__{key}".upper()] = _as_text(value)
    return result


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join("/".join(part) if isinstance(part, tuple) else part for part in value)
    return str(value)


def _read_file(config: Path | None) -> dict[str, Any]:
    path = config or CONFIG_FILE
    if not path.exists():
        if config is None:
            return {}
        raise ConfigError(f"--config: no such file: {path}. Name an existing YAML file, or leave --config out.")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected sections such as `web:`, got {type(values).__name__}.")
    return {str(key): value if value is not None else {} for key, value in values.items()}


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in environ.items():
        section, double, key = name.removeprefix(ENV_PREFIX).partition("__")
        if name.startswith(ENV_PREFIX) and double:
            found[f"{section}.{key}".lower()] = value
    return found


def _explain(problem: Any) -> str:
    """One pydantic problem as: key, what is allowed, what came, what to do."""
    path = [str(part) for part in problem["loc"]]
    dotted = ".".join(path)
    if problem["type"] == "extra_forbidden":
        model: type[BaseModel] = Settings
        for part in path[:-1]:
            model = type(getattr(Settings(), part))
        names = list(model.model_fields)
        near = difflib.get_close_matches(path[-1], names, n=1, cutoff=0.4)
        hint = f"did you mean `{'.'.join([*path[:-1], near[0]])}`?" if near else f"known here: {', '.join(names)}."
        return f"{dotted}: unknown key; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    allowed = message[:1].lower() + message[1:]
    if problem["type"] == "string_pattern_mismatch":
        allowed = "a symbol is 2 to 32 capital letters, digits, _ or -"
    return f"{dotted}: {allowed}, got {problem['input']!r}. See config.yaml."
