"""Resident memory per virtual user with one open socket.

    python bench/memory.py --vus 1000

Runs k6py twice, with few and with many virtual users, against an echo server in a process of its own, and
divides the difference of the peaks by the difference in virtual users.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from peers import echo_server

SCRIPT = """
import ws from 'k6/ws';
import { check } from 'k6';

export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } } };

export default function () {
  let answers = 0;
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('open', () => socket.send('hello world'));
    socket.on('message', () => { answers += 1; });
    socket.setTimeout(() => socket.close(1000), Number(__ENV.HOLD_MS));
  });
  check(answers, { answered: (n) => n === 1 });
}
"""
FEW = 10


def peak_kib(script: Path, url: str, vus: int) -> int:
    """Peak resident memory of one run in KiB.

    Raises:
        SystemExit: a virtual user got no answer.
    """
    # Longer than it takes to make the virtual users and connect them, so that all are open at the same time.
    hold_ms = 1000 + 5 * vus
    command = [
        sys.executable,
        "-m",
        "runner",
        "run",
        "--quiet",
        "--workers",
        "1",
        "-e",
        f"VUS={vus}",
        "-e",
        f"WS_URL={url}",
    ]
    process = subprocess.Popen(
        [*command, "-e", f"HOLD_MS={hold_ms}", str(script)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status or f"{vus} out of {vus}" not in output:
        raise SystemExit(f"not every virtual user was answered:\n{output}")
    return usage.ru_maxrss


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--vus", type=int, default=1000)
    vus = parser.parse_args().vus
    with tempfile.TemporaryDirectory() as folder, echo_server() as url:
        script = Path(folder) / "hold.js"
        script.write_text(SCRIPT)
        few, many = peak_kib(script, url, FEW), peak_kib(script, url, vus)
    print(f"{(many - few) / (vus - FEW):.0f} KiB per virtual user ({vus} VUs: {many} KiB, {FEW}: {few} KiB)")


if __name__ == "__main__":
    main()
