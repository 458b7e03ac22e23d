"""The example of k6's documentation page for Socket runs verbatim.

data/k6-docs-socket-example.js is the code block of
https://grafana.com/docs/k6/latest/javascript-api/k6-ws/socket/ as it stands there.  It connects to a public host,
which a config file maps to the echo server.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner.echo_server import EchoServer

SCRIPT = Path(__file__).parent / "data" / "k6-docs-socket-example.js"


@pytest.mark.slow
def test_the_documented_example_runs_against_the_echo_server(tmp_path: Path) -> None:
    log_file = tmp_path / "log.json"
    with EchoServer(tls=True) as server:
        config = tmp_path / "config.json"
        address = server.tls_url.removeprefix("wss://")
        config.write_text(
            json.dumps({"hosts": {"echo.websocket.org": address}, "insecureSkipTLSVerify": True})
        )
        arguments = ["--config", str(config), "--log-format", "json", "--log-output", f"file={log_file}"]
        done = subprocess.run(
            [sys.executable, "-m", "runner", "run", *arguments, str(SCRIPT)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    lines = [json.loads(line) for line in log_file.read_text().splitlines()]
    console = [line["msg"] for line in lines if line.get("source") == "console"]
    assert done.returncode == 0, done.stderr
    assert [line for line in lines if line.get("source") != "console"] == []
    # The server answers at once, so the message comes before the first ping; the second ping and the end are due at
    # the same moment.
    assert console[0] == "connected"
    assert console[1].startswith("Received message: 1")
    assert console[2:5] == ["Pinging every 1sec (setInterval test)", "PONG!", "OTHER PONG!"]
    assert console[-2:] == ["2 seconds passed, closing the socket", "disconnected"]
    assert "checks_succeeded...: 100.00% 1 out of 1" in done.stdout
    assert "ws_sessions" in done.stdout


@pytest.mark.slow
def test_a_thousand_virtual_users_hold_an_open_socket_in_one_process(tmp_path: Path) -> None:
    script = tmp_path / "thousand.js"
    script.write_text(
        """
        import ws from 'k6/ws';
        import { check } from 'k6';
        export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: 1000 } } };
        export default function () {
          let answer;
          const res = ws.connect(__ENV.WS_URL, (socket) => {
            socket.on('open', () => socket.send(`VU ${__VU}`));
            socket.on('message', (data) => { answer = data; });
            // Long enough for all to be connected at the same time.
            socket.setTimeout(() => socket.close(1000), 4000);
          });
          check(res, { connected: (r) => r.status === 101 });
          check(answer, { 'answered with its own message': (a) => a === `VU ${__VU}` });
        }
        """
    )
    summary_file = tmp_path / "summary.json"
    arguments = ["--quiet", "--workers", "1", "--summary-export", str(summary_file)]
    with EchoServer() as server:
        done = subprocess.run(
            [sys.executable, "-m", "runner", "run", "-e", f"WS_URL={server.url}", *arguments, str(script)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        peak = server.sessions_open_max
    metrics = json.loads(summary_file.read_text())["metrics"]
    assert done.returncode == 0, done.stderr
    assert peak == 1000, "all sockets were open at the same time"
    assert (metrics["checks"]["passes"], metrics["checks"]["fails"]) == (2000, 0)
    assert metrics["ws_msgs_received"]["count"] == 1000
