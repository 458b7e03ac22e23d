"""An arrival rate as the server sees it: real processes, sockets and clock."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from runner.echo_server import EchoServer

RATE = 500
DURATION_S = 20
ATTEMPTS = 3
# A hundredth of the starts of a second is what comes in 10 ms: a few turns of somebody else on this processor, at the
# wrong moment, are enough.
RUN_DELAY_MAX_S = 0.05

SCRIPT = f"""
  import ws from 'k6/ws';
  export const options = {{ scenarios: {{ open: {{
    executor: 'constant-arrival-rate', rate: {RATE}, duration: '{DURATION_S}s', preAllocatedVUs: 50 }} }} }};
  export default function () {{
    ws.connect(__ENV.WS_URL, {{}}, (socket) => socket.on('open', () => socket.close()));
  }}
"""


def run_delay_s(process: int | str) -> float:
    """How long the threads of a process were ready to run and had no processor; 0 where the system does not tell."""
    delays_ns = []
    for path in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, IndexError):
            delays_ns.append(int(path.read_text().split()[1]))
    return sum(delays_ns) / 1e9


def run(folder: Path) -> tuple[list[int], int, float]:
    """Sessions that began in each full second after the first one, all of them, and the delay of both processes."""
    script = folder / "script.js"
    script.write_text(SCRIPT)
    with EchoServer(record_times=True) as server:
        command = [
            sys.executable,
            "-m",
            "runner",
            "run",
            "--quiet",
            "-e",
            f"WS_URL={server.url}",
            str(script),
        ]
        before_s = run_delay_s("self")
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        delay_s = 0.0
        deadline_s = time.monotonic() + 6 * DURATION_S
        try:
            # Once it has ended, there is nothing to read any more.
            while process.poll() is None and time.monotonic() < deadline_s:
                delay_s = run_delay_s(process.pid) or delay_s
                time.sleep(0.2)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0, (folder / "log").read_text()
        times_s = server.session_times
        delay_s += run_delay_s("self") - before_s
    assert times_s == sorted(times_s)
    seconds = Counter(int(moment_s - times_s[0]) for moment_s in times_s)
    return [seconds[number] for number in range(DURATION_S)], len(times_s), delay_s


@pytest.mark.slow
def test_the_server_sees_the_promised_rate_in_every_second(tmp_path: Path) -> None:
    for _ in range(ATTEMPTS):
        counts, total, delay_s = run(tmp_path)
        is_exact = all(abs(count - RATE) <= RATE / 100 for count in counts)
        if is_exact and total >= 0.999 * RATE * DURATION_S:
            return
        if delay_s <= RUN_DELAY_MAX_S:
            pytest.fail(f"{total} starts, in each second: {counts} (no processor for {delay_s:.2f} s)")
    pytest.skip(f"others use the processors: {delay_s:.2f} s without one; starts in each second: {counts}")
