"""The command line refuses what it cannot use, in one clear line and with exit code 2."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from runtime import cli, process, roles

ROOT = Path(__file__).resolve().parents[2]


def app(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["wbe"], "wbe: no such role; did you mean `web`?"),
        (["web", "--prot", "1"], "--prot: no such option; did you mean `--port`?"),
        (["--port"], "--port: expected one argument"),
        (["web", "extra"], "extra"),
        (["--feed", "binanse"], "--feed binanse: no such feed; did you mean `binance`?"),
        (["--port", "http"], "--port: web.port: input should be a valid integer"),
        (["--port", "70000"], "--port: web.port: input should be less than or equal to 65535, got '70000'"),
        (["--symbols", "BTC/USDT"], "--symbols: feed.symbols.0: "),
        (["--config", "none.yaml"], "--config: no such file: none.yaml"),
        (["--host", "0.0.0.0"], "web.host: 0.0.0.0 can be reached from other machines and web.auth is empty"),
        (["web", "--host", "192.0.2.1"], "web.host: 192.0.2.1 can be reached from other machines"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "run", lambda *_: pytest.fail("it was started"))
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert err.count("\n") == 1
    assert out == ""


def test_environment_refusals_name_the_key() -> None:
    done = app(SPREADBOARD_WEB__PROT="80", SPREADBOARD_RESAMPLE__GRACE_MS="soon")
    assert done.returncode == 2
    assert "web.prot: unknown key; did you mean `web.port`?" in done.stderr
    assert "resample.grace_ms" in done.stderr


def test_a_port_in_use_names_its_holder_and_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = app("--port", str(port))
    assert done.returncode == 2
    assert f"web.port: {port} on 127.0.0.1 is taken by process {os.getpid()}" in done.stderr
    assert "--port " in done.stderr.partition("choose another port: ")[2]


def test_a_foreign_host_is_refused_as_not_of_this_machine() -> None:
    done = app("--host", "192.0.2.1", SPREADBOARD_WEB__AUTH="me:secret")
    assert done.returncode == 2
    assert "192.0.2.1 is not an address of this machine" in done.stderr


def test_help_lists_every_role_and_is_quick() -> None:
    began_s = time.monotonic()
    done = app("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in roles.ROLES)
    assert time.monotonic() - began_s < 3  # about 0.3 s; a start that imports the page takes more on a busy machine


def test_help_imports_no_role() -> None:
    code = "import sys; import runtime.cli; print(*(m for m in sys.modules if m in {'numpy','dash','redis','flask'}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_python_without_the_packages_hands_over_to_the_venv_beside_the_app(tmp_path: Path) -> None:
    shutil.copy(ROOT / "app.py", tmp_path)
    venv.create(tmp_path / "bare", with_pip=False)
    bare = tmp_path / "bare" / "bin" / "python"
    refused = subprocess.run([bare, "app.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "make setup" in refused.stderr
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    fake = tmp_path / ".venv" / "bin" / "python"
    fake.write_text('#!/bin/sh\necho "venv got $*"\n', encoding="utf-8")
    fake.chmod(0o755)
    handed = subprocess.run(
        [bare, "app.py", "web", "--port", "1"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert handed.stdout == "venv got app.py web --port 1\n"
