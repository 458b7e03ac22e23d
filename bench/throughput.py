"""Iterations of an empty default function, and ping-pong round trips (workload A): one worker, two, and two processes.

    python bench/throughput.py --rounds 5 --seconds 5
    python bench/throughput.py --rounds 10 --share 0.5     (as root, with version 1 of Linux's cpu control group)

The server runs in a process of its own on the same machine and costs little.  Still, where that has two cores, two
workers, their parent and the server share them, so twice as much cannot come of it.  What can is what two runs with
one worker each do at the same time, which know nothing of each other: the third figure, and the measure of the second.

With --share each worker gets so much of a core and no more, so that the server has a core's worth of time also beside
two: then the ratio of two workers to one is what they would reach with the server elsewhere, on slower cores.

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
import time
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
CPU_GROUPS = Path("/sys/fs/cgroup/cpu")
PERIOD_US = 50_000
# For the workers to be there.
STARTING_S = 10


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


def hold_back(process: subprocess.Popen[bytes], workers: int, share: float) -> None:
    """Give each worker of a run no more than `share` of a core.

    Raises:
        SystemExit: there are no such groups, or the workers do not come.
    """
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until_s = time.monotonic() + STARTING_S
    pids = [process.pid] if workers == 1 else []
    while len(pids) < workers:
        if time.monotonic() > until_s or process.poll() is not None:
            raise SystemExit("the workers did not start")
        time.sleep(0.01)
        pids = [int(pid) for pid in children.read_text().split()]
    try:
        for number, pid in enumerate(pids):
            group = CPU_GROUPS / f"k6py-bench-{number}"
            group.mkdir(exist_ok=True)
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(round(PERIOD_US * share)))
            (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise SystemExit(f"--share needs root and {CPU_GROUPS}: {error}") from error


def run(script: Path, metric: str, way: Way, url: str, seconds: int, share: float) -> Done:
    """Run it, and see how much of `metric` it counted."""
    flags = ["--quiet", "--workers", str(way.workers), "--vus", str(VUS_PER_WORKER * way.workers)]
    exports = [script.with_suffix(f".{number}.json") for number in range(way.processes)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = []
    for export in exports:
        command = [sys.executable, "-m", "runner", "run", *flags, "--duration", f"{seconds}s"]
        env = ["-e", f"WS_URL={url}", "-e", f"SECONDS={seconds}", "--summary-export", str(export)]
        process = subprocess.Popen([*command, *env, str(script)], stdout=subprocess.DEVNULL)
        running.append(process)
        if share:
            hold_back(process, way.workers, share)
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
    parser.add_argument("--share", type=float, default=0.0, help="of a core, for each worker; 0 for no limit")
    arguments = parser.parse_args()
    seconds, share = arguments.seconds, arguments.share
    # What two processes do is the same with or without.
    ways = WAYS[:2] if share else WAYS
    scripts = [("iterations", EMPTY), ("ws_msgs_received", ROUND_TRIPS)]
    if seconds <= SHORT_S:
        parser.error(f"--seconds has to be more than {SHORT_S}")
    with tempfile.TemporaryDirectory() as folder, light_echo_server() as url:
        for metric, source in scripts[1:] if share else scripts:
            script = Path(folder) / f"{metric}.js"
            script.write_text(source)
            rates, cpus_us = defaultdict(list), defaultdict(list)
            for _ in range(arguments.rounds):
                for way in ways:
                    short, long = (
                        run(script, metric, way, url, length, share) for length in (SHORT_S, seconds)
                    )
                    count = long.total - short.total
                    rates[way].append(count / (seconds - SHORT_S))
                    cpus_us[way].append((long.cpu_s - short.cpu_s) * 1e6 / count)
            for way in ways:
                rate, cpu_us = statistics.median(rates[way]), statistics.median(cpus_us[way])
                ratio = rate / statistics.median(rates[WAYS[0]])
                print(
                    f"{metric:18}{way.name:13}{rate:8.0f}/s (x {ratio:.2f}) {cpu_us:6.1f} us of CPU for each"
                )


if __name__ == "__main__":
    main()
