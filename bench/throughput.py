"""Iterations of an empty default function, and ping-pong round trips (workload A), with one and with two workers.

    python bench/throughput.py --rounds 5 --seconds 5

The server runs in a process of its own on the same machine and costs next to nothing.  Still, where that has two cores,
two workers, their parent and the server share them, so the rate says as much about the machine as about the workers.
So the processor time that all processes of a run spend on one is told, too, net of starting and ending: what two
workers do in a second where each has a core to itself, and the server another, is two seconds' worth of it.

The rounds alternate, each figure is the median over them.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from peers import light_echo_server

# In each process: a heap for each takes its place in the caches.
VUS_PER_WORKER = 25
EMPTY = "export default function () {}"
ROUND_TRIPS = """
import ws from 'k6/ws';

export default function () {
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.send('hello world'));
    socket.on('message', () => socket.send('hello world'));
    socket.setTimeout(() => socket.close(), Number(__ENV.SECONDS) * 1000);
  });
}
"""
# Long enough for all virtual users to be there.
SHORT_S = 1


class Run(NamedTuple):
    """What a run of some seconds did, and the processor time of all its processes."""

    done: float
    cpu_s: float


def run(script: Path, metric: str, workers: int, url: str, seconds: int) -> Run:
    """Run it, and see how much of `metric` it counted."""
    export = script.with_suffix(".json")
    flags = [
        "--quiet",
        "--workers",
        str(workers),
        "--vus",
        str(VUS_PER_WORKER * workers),
        "--duration",
        f"{seconds}s",
    ]
    env = ["-e", f"WS_URL={url}", "-e", f"SECONDS={seconds}", "--summary-export", str(export)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "runner", "run", *flags, *env, str(script)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    count: float = json.loads(export.read_text())["metrics"][metric]["count"]
    return Run(count, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Measure and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    arguments = parser.parse_args()
    seconds = arguments.seconds
    if seconds <= SHORT_S:
        parser.error(f"--seconds has to be more than {SHORT_S}")
    with tempfile.TemporaryDirectory() as folder, light_echo_server() as url:
        for metric, source in [("iterations", EMPTY), ("ws_msgs_received", ROUND_TRIPS)]:
            script = Path(folder) / f"{metric}.js"
            script.write_text(source)
            rates, cpus_us = defaultdict(list), defaultdict(list)
            for _ in range(arguments.rounds):
                for workers in (1, 2):
                    short, long = (run(script, metric, workers, url, length) for length in (SHORT_S, seconds))
                    done = long.done - short.done
                    rates[workers].append(done / (seconds - SHORT_S))
                    cpus_us[workers].append((long.cpu_s - short.cpu_s) * 1e6 / done)
            one, two = (statistics.median(rates[workers]) for workers in (1, 2))
            one_us, two_us = (statistics.median(cpus_us[workers]) for workers in (1, 2))
            print(
                f"{metric}: {one:.0f}/s with 1 worker, {two:.0f}/s with 2 (x {two / one:.2f});"
                f" CPU for each {one_us:.1f} and {two_us:.1f} us, so x {2 * one_us / two_us:.2f} with cores for all"
            )


if __name__ == "__main__":
    main()
