"""A whole run on a terminal of 100 columns: what it writes is what k6 2.2.0 writes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

SCRIPT = """
import { sleep } from 'k6';
export const options = { scenarios: {
  one: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' },
} };
export default function () { console.log('here'); sleep(0.6); }
"""
COLUMNS = 100
CLEAR = "\x1b[K\r\n"


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """All that a run writes to a terminal."""
    (folder / "script.js").write_text(SCRIPT)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "run", *arguments, "script.js"],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        parts = []
        while True:
            try:
                part = terminal.read(65536)
            except OSError:
                # How Linux tells that nobody has the other end open any more.
                break
            if not part:
                break
            parts.append(part)
    assert process.wait(10) == 0
    return b"".join(parts).decode()


def test_the_block_is_drawn_again_and_again_with_lines_between_and_stays_at_the_end(tmp_path: Path) -> None:
    text = on_a_terminal(tmp_path)
    assert "     execution: \x1b[36mlocal\x1b[0m\x1b[0K\r\n" in text
    assert "\x1b[36mINFO\x1b[0m[0000] here" in text
    line = re.search(r"here +\x1b\[36msource\x1b\[0m=console\x1b\[0K\r\n", text)
    assert line is not None
    up = "\r\x1b[J\x1b[3A"
    drawings = text.split(up)
    assert len(drawings) > 4
    block = (
        r"\x1b\[K\r\nrunning \(0\.[0-9]s\), 1/1 VUs, [01] complete and 0 interrupted iterations\x1b\[K\r\n"
        r"one    \[=+>\x1b\[2m-+\x1b\[22m\] 1 VUs  0\.[0-9]s/1s\x1b\[K\r\n"
    )
    assert any(re.fullmatch(block, drawing) for drawing in drawings)
    assert text.endswith(
        f"{CLEAR}running (1.0s), 0/1 VUs, 1 complete and 1 interrupted iterations{CLEAR}"
        f"one  \x1b[32m✓\x1b[0m [{'=' * 38}\x1b[2m\x1b[22m] 1 VUs  1s{CLEAR}"
    )


def test_without_colours(tmp_path: Path) -> None:
    text = on_a_terminal(tmp_path, "--no-color")
    assert not re.search(r"\x1b\[[0-9;]*m", text)
    assert text.endswith(f"one  ✓ [{'=' * 38}] 1 VUs  1s{CLEAR}")


def test_quiet(tmp_path: Path) -> None:
    text = on_a_terminal(tmp_path, "--quiet", "--summary-mode=disabled")
    assert text.count("\r\n") == text.count("here") == 2
