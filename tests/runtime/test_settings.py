"""Settings: config.yaml says the defaults, unknown keys are refused, children get them unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runtime.settings import ConfigError, Settings, environment, load

CONFIG = Path(__file__).resolve().parents[2] / "config.yaml"

names = st.from_regex(r"[A-Z0-9_\-]{2,12}", fullmatch=True)
words = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=20)


def file_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_config_yaml_is_the_defaults() -> None:
    written = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    assert Settings.model_validate(written) == Settings()
    model = Settings().model_dump()
    assert {section: set(keys) for section, keys in written.items()} == {k: set(v) for k, v in model.items()}


def test_every_key_of_config_yaml_stands_under_a_comment_of_its_section() -> None:
    explained = True
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if line.strip().startswith("#"):
            explained = True
        elif not line.strip():
            explained = False
        elif line.startswith("  "):
            assert explained, f"{line!r} has no comment above it"


def test_environment_wins_over_file_and_command_line_over_both(tmp_path: Path) -> None:
    path = file_of(tmp_path, "web: {port: 1, threads: 5, interval_ms: 70}")
    environ = {"SPREADBOARD_WEB__PORT": "2", "SPREADBOARD_WEB__THREADS": "6", "SPREADBOARD_REAL_DATA": "/x"}
    web = load(path, {"web.port": "3"}, environ).web
    assert (web.port, web.threads, web.interval_ms) == (3, 6, 70)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("feeds: {source: sim}", "feeds: unknown key; did you mean `feed`?"),
        ("web: {prot: 1}", "web.prot: unknown key; did you mean `web.port`?"),
        ("store: {qqq: 1}", "store.qqq: unknown key; known here: data_dir"),
        ("web: {port: -1}", "web.port: "),
        ("web: 8050", "web: "),
        ("- web", "expected sections such as `web:`"),
        ("web: {port: [}", "not valid YAML"),
        ("board: {pairs: [[BTCUSDT]]}", "board.pairs.0"),
        ("board: {window: 19}", "board.window: input should be greater than or equal to 20, got 19"),
        ("log: {level: LOUD}", "log.level: input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR', got 'LOUD'"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(file_of(tmp_path, text), environ={})
    assert says in str(refused.value)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(file_of(tmp_path, "web: {prot: 1, push: often}\nredis: {uri: x}"), environ={})
    assert len(str(refused.value).splitlines()) == 3


def test_an_empty_section_and_an_empty_file_are_the_defaults(tmp_path: Path) -> None:
    assert load(file_of(tmp_path, "web:\n"), environ={}) == load(file_of(tmp_path, ""), environ={}) == Settings()


settings_values = st.fixed_dictionaries(
    {
        "feed": st.fixed_dictionaries(
            {"symbols": st.lists(names, min_size=1, max_size=5), "connect_timeout_s": st.floats(0.5, 60)}
        ),
        "board": st.fixed_dictionaries(
            {"pairs": st.lists(st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]), max_size=4)}
        ),
        "web": st.fixed_dictionaries({"port": st.integers(0, 65535), "auth": words}),
        "store": st.fixed_dictionaries({"data_dir": words}),
        "log": st.fixed_dictionaries({"json_lines": st.booleans()}),
    }
)


@given(settings_values)
def test_environment_carries_any_settings_unchanged(values: dict[str, Any]) -> None:
    settings = Settings.model_validate(values)
    assert load(Path("/dev/null"), {}, environment(settings)) == settings


def test_a_pair_of_one_symbol_is_refused() -> None:
    with pytest.raises(ConfigError, match="two different symbols"):
        load(environ={"SPREADBOARD_BOARD__PAIRS": "ETHUSDT/BTCUSDT,BTCUSDT/BTCUSDT"})
