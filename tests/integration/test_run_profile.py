"""``--profile``: a table on standard error and stacks in a file, of a run that is otherwise the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
export const options = { vus: 2, duration: '1s' };
const burn = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };
export default function () { burn(20); }
export function handleSummary() { return { stdout: 'summary' }; }
"""
TABLE_LINE = re.compile(r" +(\d+\.\d)% +(\d+\.\d+) s  (.+)")


def k6py(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.js").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "runner", "run", "--quiet", *arguments, "script.js"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=False)


@pytest.mark.slow
def test_profile_tells_where_the_time_went(tmp_path: Path) -> None:
    done = k6py(tmp_path, "--profile=stacks.txt")
    assert (done.returncode, done.stdout) == (0, "summary")
    assert re.match(r"\nProfile: \d\.\d\d s of processor time in \d", done.stderr)

    layers = done.stderr.split("\n\n")[1].splitlines()
    rows = [match.groups() for line in layers if (match := TABLE_LINE.fullmatch(line))]
    assert len(rows) == len(layers)
    shares = {layer: float(share) for share, _, layer in rows}
    assert next(iter(shares)) == "JavaScript"
    assert shares["JavaScript"] > 50
    assert sum(shares.values()) == pytest.approx(100, abs=1)

    stacks = (tmp_path / "stacks.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[^;]+(;[^;]+)* \d+", line) for line in stacks)
    microseconds = sum(int(line.rpartition(" ")[2]) for line in stacks)
    assert microseconds / 1e6 == pytest.approx(sum(float(seconds) for _, seconds, _ in rows), abs=0.05)


@pytest.mark.slow
def test_stacks_go_to_a_file_of_this_name_by_default(tmp_path: Path) -> None:
    done = k6py(tmp_path, "--profile")
    assert "stacks in k6py-profile.txt" in done.stderr
    assert (tmp_path / "k6py-profile.txt").stat().st_size > 0


@pytest.mark.slow
def test_several_processes_are_not_profiled(tmp_path: Path) -> None:
    done = k6py(tmp_path, "--profile", "--workers", "2")
    assert done.returncode == 255
    assert "--profile looks at one process, and this test gets 2: add --workers 1" in done.stderr
