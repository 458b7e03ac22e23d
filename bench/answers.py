"""Whether thousands of open sockets in one process are all answered, and how late.

    python bench/answers.py
    K6_BINARY=/path/to/k6 python bench/answers.py --vus 5000 --rounds 4

Each virtual user opens a socket, waits until all have connected, and then asks once per period when it is its turn:
the turns are spread evenly.  Late is the time from the moment of the turn to the answer, with the timer's lateness,
the echo server's time and both ways.  A run in which an answer is missing, or later than 100 ms, fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import K6_ENV, K6PY, peer_of_environment
from peers import ROOT, echo_server
from workloads import HERE, MODULES

CONNECTING_S = 20


def late_ms(program: list[str], module: str, given: argparse.Namespace, url: str) -> dict[str, float]:
    """The values of the trend `late`.

    Raises:
        SystemExit: an answer is missing or too late.
    """
    env = {
        "WS_URL": url,
        "VUS": given.vus,
        "EACH": given.rounds,
        "PERIOD_MS": given.period_s * 1000,
        "QUIET_MS": CONNECTING_S * 1000,
    }
    flags = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder, "summary.json")
        script = HERE / "scripts" / module / "answer.js"
        command = [*program, *flags, "--summary-export", str(export), str(script)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | K6_ENV,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"failed: {' '.join(command)}\n{done.stdout}")
        values: dict[str, float] = json.loads(export.read_text(encoding="utf-8"))["metrics"]["late"]
        return values


def main() -> None:
    """Print a line for each program and module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--vus", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=4, help="how often each virtual user asks")
    parser.add_argument("--period-s", type=float, default=10, help="seconds from one turn to the next")
    parser.add_argument("--modules", default=",".join(MODULES))
    given = parser.parse_args()
    programs = {"k6py": K6PY}
    peer = peer_of_environment()
    if peer.command is not None:
        programs[peer.name] = peer.command
    with echo_server() as url:
        for module in given.modules.split(","):
            for name, program in programs.items():
                late = late_ms(program, module, given, url)
                answers = f"{given.vus * given.rounds} answers from {given.vus} sockets"
                lateness = (
                    f"median {late['med']:.1f} ms, 95 % {late['p(95)']:.1f} ms, worst {late['max']:.0f} ms"
                )
                print(f"{name:12} {module:12} {answers}, late by: {lateness}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
