"""k6py against k6, or against a bare wsproto client, on the same machine in the same run.

    python bench/compare.py
    K6_BINARY=/path/to/k6 python bench/compare.py --only A,D --modules ws --runs 3 --scale 0.1

{workloads}

Runs alternate between k6py (one worker) and its peer, and each ratio is k6py's figure by that of the peer's run
right behind it.  CPU is user and system time of the whole process, net of a run with one round trip; memory is the
difference of the peaks by the difference in connections, all open at the same time.  A run that did less than it
should ends the benchmark.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import ROOT, echo_server, push_server
from workloads import MODULES, WORKLOADS, Size, Workload, bare_command, script_command

# The command that pip installed beside this Python.
K6PY = [str(Path(sys.executable).with_name("k6py")), "run", "--quiet", "--workers", "1"]
# k6 asks nobody for anything.
K6_ENV = {"K6_NO_USAGE_REPORT": "true", "K6_AUTO_EXTENSION_RESOLUTION": "false"}
ROW = "{:1} {:24} {:>14} {:10} {:21} {:>9} {:>13} {:>7} {:>7} {:>7}"


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    cpu_us: float
    wall_s: float
    peak_kib: float


def cost_of(command: list[str]) -> Cost:
    """Run a command.

    Raises:
        SystemExit: it failed, which a script's thresholds see to when it did less than it should.
    """
    began_s = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=os.environ | K6_ENV,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}\n{output}")
    # In bytes on macOS.
    peak_kib = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost((usage.ru_utime + usage.ru_stime) * 1e6, time.perf_counter() - began_s, peak_kib)


class Contender:
    """k6py, k6 or the bare client.

    Args:
        command: what runs a script, with flags; None for the bare client.
    """

    def __init__(self, name: str, command: list[str] | None) -> None:
        self.name = name
        self.command = command

    def can(self, workload: Workload) -> bool:
        """The bare client knows nothing of scripts."""
        return self.command is not None or workload.few is not None

    def figure(self, workload: Workload, module: str, echo_url: str) -> float:
        """Cost per unit."""
        cost = self._cost(workload, module, workload.many, echo_url)
        if workload.few is not None:
            cost -= self._cost(workload, module, workload.few, echo_url)
        return cost / workload.units

    def _cost(self, workload: Workload, module: str, size: Size, echo_url: str) -> float:
        with contextlib.ExitStack() as stack:
            url = echo_url
            if workload.script == "receive":
                url = stack.enter_context(push_server(size.connections, size.each))
            elif workload.script == "idle":
                url = stack.enter_context(push_server(size.connections, None))
            if self.command is None:
                command = bare_command(workload, size, url)
            else:
                command = script_command(self.command, workload, module, size, url)
            cost: float = getattr(cost_of(command), workload.cost)
        return cost


def peer_of_environment() -> Contender:
    """k6 when K6_BINARY names it, the bare client otherwise."""
    binary = os.environ.get("K6_BINARY")
    if not binary:
        return Contender("bare wsproto", None)
    version = subprocess.run(
        [binary, "version"], capture_output=True, text=True, check=True, env=os.environ | K6_ENV
    )
    return Contender(" ".join(version.stdout.split()[:2]), [binary, "run", "--quiet"])


def spread(figures: list[float]) -> dict[str, float]:
    return {"min": min(figures), "median": statistics.median(figures), "max": max(figures)}


def compare(workload: Workload, module: str, peer: Contender, runs: int, echo_url: str) -> dict[str, Any]:
    """Run in pairs; figures of each side and their ratios, without those that the peer cannot have."""
    contenders = {"k6py": Contender("k6py", K6PY)} | ({"peer": peer} if peer.can(workload) else {})
    figures: dict[str, list[float]] = {side: [] for side in contenders}
    for _ in range(runs):
        for side, contender in contenders.items():
            figures[side].append(contender.figure(workload, module, echo_url))
    result: dict[str, Any] = {"runs": figures} | {side: spread(figures[side]) for side in figures}
    # Noise can be larger than what a very short run costs.
    if "peer" in figures and min(*figures["k6py"], *figures["peer"]) > 0:
        result["ratio"] = spread([ours / theirs for ours, theirs in zip(*figures.values(), strict=True)])
    return result


def row(key: str, workload: Workload, size: str, module: str, result: dict[str, Any]) -> str:
    """Medians of both sides, and the least, median and largest ratio."""
    cells = [("k6py", "median"), ("peer", "median"), ("ratio", "min"), ("ratio", "median"), ("ratio", "max")]
    figures = [f"{result[name][part]:.3g}" if name in result else "-" for name, part in cells]
    return ROW.format(key, workload.title, size, module, workload.unit, *figures)


def parse() -> argparse.Namespace:
    """The command line."""
    lines = [
        f"{key}. {w.title}: {w.many.connections:,} x {w.many.each:,}, {w.unit}"
        for key, w in WORKLOADS.items()
    ]
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").format(workloads="\n".join(lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default=",".join(WORKLOADS), help="letters of workloads, as in A,D")
    parser.add_argument("--modules", default=",".join(MODULES), help="ws, websockets or both")
    parser.add_argument("--runs", type=int, default=5, help="of each side (default: 5)")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 for a tenth of the round trips")
    parser.add_argument("--vus", type=int, default=5000, help="connections of C (default: 5000)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "bench.json", help="file for the results"
    )
    given = parser.parse_args()
    given.only, given.modules = given.only.split(","), given.modules.split(",")
    for name, values, known in [("only", given.only, WORKLOADS), ("modules", given.modules, MODULES)]:
        if unknown := set(values) - set(known):
            parser.error(f"--{name}: there is no {', '.join(sorted(unknown))}")
    return given


def main() -> None:
    """Measure, print a line for each workload and module, and write the file."""
    given = parse()
    # A connection is a descriptor, on both sides.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    peer = peer_of_environment()
    results = []
    print(ROW.format("", "workload", "size", "module", "unit", "k6py", peer.name, "min", "median", "max"))
    with echo_server() as url:
        for key in given.only:
            workload = WORKLOADS[key]
            if key == "C":
                workload = workload.with_connections(given.vus)
            workload = workload.scaled(given.scale)
            size = f"{workload.many.connections:,} x {workload.many.each:,}"
            for module in [name for name in workload.modules if not name or name in given.modules]:
                result = compare(workload, module, peer, given.runs, url)
                print(row(key, workload, size, module, result), flush=True)
                what = {"workload": key, "title": workload.title, "size": size, "module": module}
                results.append(what | {"unit": workload.unit} | result)
    machine = {"cpus": os.cpu_count(), "platform": platform.platform(), "python": platform.python_version()}
    given.out.parent.mkdir(parents=True, exist_ok=True)
    report = {"peer": peer.name, "scale": given.scale, "machine": machine, "results": results}
    given.out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()
