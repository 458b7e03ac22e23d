"""The benchmark that `make bench` runs: a tiny run of it, and that it does not believe wrong counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.ws_client import BlockingClient

BENCH = Path(__file__).parents[2] / "bench"
TIMEOUT_S = 60


@pytest.mark.slow
def test_pairs_are_measured_and_written_down(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    flags = ["--only", "A", "--modules", "ws", "--runs", "1", "--scale", "0.05", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, str(BENCH / "compare.py"), *flags],
        env={name: value for name, value in os.environ.items() if name != "K6_BINARY"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["peer"] == "bare wsproto"
    (result,) = report["results"]
    assert (result["workload"], result["module"], result["size"]) == ("A", "ws", "50 x 100")
    assert [len(result["runs"][side]) for side in ("k6py", "peer")] == [1, 1]
    assert "A ping-pong, 11 bytes" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("missed", "status"), [(0, 0), (1, 1)])
def test_the_server_that_pushes_compares_counts(missed: int, status: int) -> None:
    command = [sys.executable, str(BENCH / "push_server.py"), "--connections", "1", "--messages", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        client = BlockingClient(server.stdout.readline().split()[-1])
        received = []
        while not any(isinstance(event, bytes) for event in received):
            received += client.events()
        client.session.send_text(str(len(received) - 1 - missed))
        client.session.close(1000)
        client.flush()
        report, _ = server.communicate(timeout=TIMEOUT_S)
        client.sock.close()
    assert server.returncode == status
    assert report.startswith(f"{1 - status} of 1 clients counted 3 messages")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["bare", "ws", "websockets"])
def test_idle_sockets_stay_until_the_server_closes_all_of_them(command: str) -> None:
    server_command = [sys.executable, str(BENCH / "push_server.py"), "--connections", "3", "--idle"]
    with subprocess.Popen(server_command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        if command == "bare":
            client = [sys.executable, str(BENCH / "bare_client.py"), "idle", url, "--connections", "3"]
        else:
            script = BENCH / "scripts" / command / "idle.js"
            flags = ["--quiet", "-e", f"WS_URL={url}", "-e", "VUS=3"]
            client = [sys.executable, "-m", "runner", "run", *flags, str(script)]
        done = subprocess.run(client, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert done.returncode == 0, done.stderr
        report, _ = server.communicate(timeout=TIMEOUT_S)
    assert server.returncode == 0
    assert report == "3 of 3 clients were closed, others none\n"
