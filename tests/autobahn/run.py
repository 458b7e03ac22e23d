"""Drives k6/ws and k6/websockets through the cases of the Autobahn test suite; `make autobahn` calls it.

Runs one fuzzing server on loopback and one client per module, and ends with 1 when a case went wrong or was not run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.autobahn.report import cases_of, table

HERE = Path(__file__).parent
MODULES = ("ws", "websockets")
INDEX = "index.json"


@dataclass(frozen=True)
class Server:
    """A fuzzing server that runs.

    Args:
        case_count: how many cases each client has to go through.
    """

    url: str
    case_count: int


@contextmanager
def fuzzing_server(python2: str, folder: Path, cases: list[str]) -> Iterator[Server]:
    """A server that is stopped at the end.

    Args:
        python2: the interpreter that has the suite.
        folder: where its log and its reports go.
        cases: numbers, or patterns such as ``6.*``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)
    log = folder / "server.log"
    command = [python2, "-u", "-W", "ignore", str(HERE / "fuzzing_server.py"), str(folder), *cases]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            while (ready := re.search(r"^listens on (\S+) with (\d+) cases$", log.read_text(), re.M)) is None:
                if process.poll() is not None:
                    sys.exit(f"the fuzzing server did not start, see {log}")
                time.sleep(0.1)
            yield Server(ready[1], int(ready[2]))
        finally:
            process.terminate()


def run_client(command: list[str], module: str, server: Server, agent: str) -> str:
    """Go through all cases; what it took."""
    script = str(HERE / f"echo-{module}.js")
    flags = ["run", "--quiet", "-e", f"WS_URL={server.url}", "-e", f"AGENT={agent}", script]
    process = subprocess.Popen([*command, *flags], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Kibibytes on Linux.
    return (
        f"exit code {process.returncode}, {usage.ru_utime + usage.ru_stime:.0f} s CPU, "
        f"at most {usage.ru_maxrss / 1024:.0f} MiB"
    )


def main() -> int:
    """Run what the arguments ask for, print the tables; the exit code."""
    parser = argparse.ArgumentParser(prog="make autobahn", description=__doc__)
    parser.add_argument("python2", help="the interpreter that has the suite")
    parser.add_argument("folder", type=Path, help="for reports")
    parser.add_argument("--cases", default="*", help="numbers or patterns, separated by spaces")
    parser.add_argument("--command", default=f"{sys.executable} -m runner", help="what runs k6 scripts")
    parser.add_argument("--name", default="k6py", help="what the agents' names begin with")
    arguments = parser.parse_args()
    command = shlex.split(arguments.command)
    agents = {f"{arguments.name}-{module}": module for module in MODULES}
    well = True
    with fuzzing_server(arguments.python2, arguments.folder, arguments.cases.split()) as server:
        for agent, module in agents.items():
            effort = run_client(command, module, server, agent)
            index = arguments.folder / INDEX
            # A client that fails before its end asks for no report.
            cases = cases_of(json.loads(index.read_text()) if index.exists() else {}, agent)
            print(f"\n{agent}: {len(cases)} of {server.case_count} cases run, {effort}\n{table(cases)}")
            print("\n".join(str(case) for case in cases if not case.is_well), flush=True)
            well = well and len(cases) == server.case_count
            well = well and all(case.is_well or case.verdict == "UNIMPLEMENTED" for case in cases)
    print(f"\nEach case in detail: {arguments.folder / 'index.html'}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
