"""Iterations of an empty default function, and ping-pong round trips (workload A): one worker, two, and two processes.

    python bench/throughput.py --rounds 5 --seconds 5

The server runs in a process of its own on the same machine and costs little.  Still, where that has two cores, two
workers, their parent and the server share them, so twice as much cannot come of it.  What can is what two runs with
one worker each do at the same time, which know nothing of each other: the third figure, and the measure of the second.

The rounds alternate, each figure is the median over them; all are net of a run of one second.
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


class Way(NamedTuple):
    """One way to use two cores, or one."""

    name: str
    processes: int
    workers: int


WAYS = (Way("1 worker", 1, 1), Way("2 workers", 1, 2), Way("2 processes", 2, 1))


class Done(NamedTuple):
    """What runs of some seconds did together, and the processor time of all their processes."""

    total: float
    cpu_s: float


def run(script: Path, metric: str, way: Way, url: str, seconds: int) -> Done:
    """Run it, and see how much of `metric` it counted."""
    flags = ["--quiet", "--workers", str(way.workers), "--vus", str(VUS_PER_WORKER * way.workers)]
    exports = [script.with_suffix(f".{number}.json") for number in range(way.processes)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = []
    for export in exports:
        command = [sys.executable, "-m", "runner", "run", *flags, "--duration", f"{seconds}s"]
        env = ["-e", f"WS_URL={url}", "-e", f"SECONDS={seconds}", "--summary-export", str(export)]
        running.append(subprocess.Popen([*command, *env, str(script)], stdout=subprocess.DEVNULL))
    if any(process.wait() for process in running):
        raise SystemExit("a run failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    counts = [json.loads(export.read_text())["metrics"][metric]["count"] for export in exports]
    return Done(sum(counts), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


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
                for way in WAYS:
                    short, long = (run(script, metric, way, url, length) for length in (SHORT_S, seconds))
                    count = long.total - short.total
                    rates[way].append(count / (seconds - SHORT_S))
                    cpus_us[way].append((long.cpu_s - short.cpu_s) * 1e6 / count)
            for way in WAYS:
                rate, cpu_us = statistics.median(rates[way]), statistics.median(cpus_us[way])
                ratio = rate / statistics.median(rates[WAYS[0]])
                print(
                    f"{metric:18}{way.name:13}{rate:8.0f}/s (x {ratio:.2f}) {cpu_us:6.1f} us of CPU for each"
                )


if __name__ == "__main__":
    main()
