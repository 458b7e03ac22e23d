"""Runs of all segments together do what one run of the whole test does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

K6PY = [sys.executable, "-m", "runner", "run"]
SCRIPT = """
import exec from 'k6/execution';
import { sleep } from 'k6';
export const options = { scenarios: {
  shared: { executor: 'shared-iterations', vus: 5, iterations: 11 },
  each: { executor: 'per-vu-iterations', vus: 4, iterations: 2 },
  rate: { executor: 'constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 6 },
  ramp: { executor: 'ramping-arrival-rate', stages: [{ duration: '1s', target: 20 }], preAllocatedVUs: 6 },
} };
export default function () {
  const { scenario, vu } = exec;
  console.log(JSON.stringify([scenario.name, scenario.iterationInTest, scenario.iterationInInstance, vu.idInTest]));
  sleep(0.02);
}
"""
SEQUENCE = "0,1/4,1/2,1"
SEGMENTS = ["0:1/4", "1/4:1/2", "1/2:1"]


def iterations(folder: Path, *flags: str) -> list[tuple[str, int, int, int]]:
    """Scenario, iteration in the test and in the run, and VU of everything that ran."""
    (folder / "script.js").write_text(SCRIPT)
    done = subprocess.run(
        [
            *K6PY,
            "--quiet",
            "--summary-mode",
            "disabled",
            "--log-format",
            "raw",
            *flags,
            str(folder / "script.js"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stderr.splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_segments_divide_the_test_and_number_its_parts_without_gaps(tmp_path: Path, workers: str) -> None:
    parts = [
        iterations(
            tmp_path,
            "--workers",
            workers,
            "--execution-segment",
            segment,
            "--execution-segment-sequence",
            SEQUENCE,
        )
        for segment in SEGMENTS
    ]
    ran = [iteration for part in parts for iteration in part]
    for name, count in [("shared", 11), ("rate", 20), ("ramp", 10)]:
        assert sorted(in_test for scenario, in_test, _, _ in ran if scenario == name) == list(range(count))
    assert sum(1 for scenario, *_ in ran if scenario == "each") == 8
    ids = [{vu for *_, vu in part} for part in parts]
    assert not ids[0] & ids[1] and not ids[0] & ids[2] and not ids[1] & ids[2]
    for part in parts:
        own = sorted(number for scenario, _, number, _ in part if scenario == "shared")
        assert own == list(range(len(own)))


def test_banner_names_the_share_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "script.js").write_text(SCRIPT)
    done = subprocess.run(
        [*K6PY, "--execution-segment", "0:1/4", str(tmp_path / "script.js")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "scenarios: (25.00%) 4 scenarios" in done.stdout
    assert "* rate: 6.67 iterations/s for 1s" in done.stdout
