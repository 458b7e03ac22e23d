"""Iterations of an empty default function, and WebSocket messages, per second with one and with two workers.

    python bench/throughput.py --seconds 5

The echo server runs in a process of its own on the same machine: with two cores, two workers and the server share
them, so the second figure of the messages says more about the machine than about the workers.  So the processor time
that all processes of a run spend on one is told, too: as long as it is the same with two workers, they do twice as
many where each has a core to itself.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import echo_server

EMPTY = "export default function () {}"
MESSAGES = """
import ws from 'k6/ws';

export default function () {
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.send('hello world'));
    socket.on('message', () => socket.send('hello world'));
    socket.setTimeout(() => socket.close(), Number(__ENV.SECONDS) * 1000);
  });
}
"""


def rate(script: Path, metric: str, workers: int, url: str, seconds: int) -> tuple[float, float]:
    """How much of `metric` a run of some seconds counts per second, and microseconds of CPU for each."""
    export = script.with_suffix(".json")
    flags = ["--quiet", "--workers", str(workers), "--vus", "20", "--duration", f"{seconds}s"]
    env = ["-e", f"WS_URL={url}", "-e", f"SECONDS={seconds}"]
    command = [
        sys.executable,
        "-m",
        "runner",
        "run",
        *flags,
        *env,
        "--summary-export",
        str(export),
        str(script),
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    count: float = json.loads(export.read_text())["metrics"][metric]["count"]
    return count / seconds, cpu_s * 1e6 / count


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, echo_server() as url:
        for name, source, metric in [
            ("empty", EMPTY, "iterations"),
            ("messages", MESSAGES, "ws_msgs_received"),
        ]:
            script = Path(folder) / f"{name}.js"
            script.write_text(source)
            (one, one_us), (two, two_us) = (rate(script, metric, workers, url, seconds) for workers in (1, 2))
            print(
                f"{metric}: {one:.0f}/s with 1 worker, {two:.0f}/s with 2 (x {two / one:.2f});"
                f" CPU for each {one_us:.1f} and {two_us:.1f} us (x {two_us / one_us:.2f})"
            )


if __name__ == "__main__":
    main()
