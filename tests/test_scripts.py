"""Every example in scripts/ against the echo server: it ends well and each of its checks holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.echo_server import EchoServer

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.suffix in (".js", ".ts"))
LINES_MAX = 40
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def server() -> Iterator[EchoServer]:
    with EchoServer() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_example_ends_well_and_all_checks_pass(script: Path, server: EchoServer, tmp_path: Path) -> None:
    summary_path = tmp_path / "summary.json"
    messages_before = server.messages
    flags = ["--env", f"WS_URL={server.url}", "--summary-export", str(summary_path)]
    command = [sys.executable, "-m", "runner", "run", *flags, str(script)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert run.returncode == 0, run.stderr
    assert "level=error" not in run.stderr
    assert "level=warning" not in run.stderr
    checks = json.loads(summary_path.read_text(encoding="utf-8"))["metrics"]["checks"]
    assert checks["passes"] > 0
    assert checks["fails"] == 0
    assert server.messages > messages_before


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_example_is_short_says_what_it_shows_and_runs_without_settings(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LINES_MAX
    assert lines[0].startswith("// ")
    assert any("__ENV.WS_URL || 'ws://127.0.0.1:8080'" in line for line in lines)
