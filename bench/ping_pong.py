"""CPU per round trip of a short text message, k6py against a bare wsproto client in the same run.

    python bench/ping_pong.py --connections 50 --round-trips 400

User and system time of the whole process, net of a run with one round trip; prints the median and the ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import echo_server

SCRIPT = """
import ws from 'k6/ws';

export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } } };

export default function () {
  let left = Number(__ENV.ROUND_TRIPS);
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.send('hello world'));
    socket.on('message', () => {
      left -= 1;
      if (left > 0) {
        socket.send('hello world');
      } else {
        socket.close();
      }
    });
  });
}
"""
RUNS = 5
PEERS = Path(__file__).with_name("peers.py")


def cpu_s(command: list[str]) -> float:
    """User and system time of a command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure both in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--round-trips", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, echo_server() as url:
        script = Path(folder) / "ping-pong.js"
        script.write_text(SCRIPT)
        host, port = url.removeprefix("ws://").split(":")
        run = [sys.executable, "-m", "runner", "run", "--quiet", "--workers", "1", "-e", f"WS_URL={url}"]

        def k6py(round_trips: int) -> list[str]:
            sizes = ["-e", f"VUS={given.connections}", "-e", f"ROUND_TRIPS={round_trips}"]
            return [*run, *sizes, str(script)]

        def peer(round_trips: int) -> list[str]:
            return [sys.executable, str(PEERS), host, port, str(given.connections), str(round_trips)]

        ratios, ours, theirs = [], [], []
        units = given.connections * (given.round_trips - 1)
        for _ in range(RUNS):
            us = [(cpu_s(make(given.round_trips)) - cpu_s(make(1))) / units * 1e6 for make in (k6py, peer)]
            ours.append(us[0])
            theirs.append(us[1])
            ratios.append(us[0] / us[1])
    print(
        f"k6py {statistics.median(ours):.1f} µs, bare wsproto {statistics.median(theirs):.1f} µs per round trip;"
        f" ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
