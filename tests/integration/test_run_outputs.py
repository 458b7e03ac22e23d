"""Outputs of a whole run: side by side, and when one of them fails."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from runner.errors import ExitCode
from runner.execution.config import TestConfig
from runner.execution.test_run import run_test
from tests.kit.run_script import json_lines, run_script, write

SCRIPT = """
  import { check, group } from 'k6';
  import { Counter } from 'k6/metrics';
  const mine = new Counter('mine');
  export const options = { vus: 1, iterations: 3, tags: { run: 'a,b' } };
  export function setup() { mine.add(2); }
  export default function () {
    group('g', () => check(1, { 'says "hi"': true }));
    mine.add(0.5, { extra: 'x=1' });
  }
"""


def run(folder: Path, *out: str) -> tuple[ExitCode, list[str]]:
    """Exit code and messages of a run with these outputs."""
    write(folder / "script.js", SCRIPT)
    stderr = io.StringIO()
    config = TestConfig(
        str(folder / "script.js"),
        environ={"XDG_CONFIG_HOME": str(folder)},
        out=out,
        log_format="raw",
        quiet=True,
    )
    return run_test(config, stdout=io.StringIO(), stderr=stderr), stderr.getvalue().splitlines()


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_csv_and_json_hold_the_same_samples(tmp_path: Path) -> None:
    targets = tmp_path / "samples.csv", tmp_path / "samples.json"
    assert run(tmp_path, f"csv={targets[0]}", f"json={targets[1]}") == (ExitCode.OK, [])
    rows = csv_rows(targets[0])
    points = [line for line in json_lines(targets[1]) if line["type"] == "Point"]
    assert [row["metric_name"] for row in rows] == [point["metric"] for point in points]
    assert [float(row["metric_value"]) for row in rows] == pytest.approx(
        [point["data"]["value"] for point in points], abs=1e-6
    )
    for row, point in zip(rows, points, strict=True):
        tags = point["data"]["tags"]
        extra = dict(pair.partition("=")[::2] for pair in row["extra_tags"].split("&"))
        columns = {name: row[name] for name in row.keys() & tags.keys()}
        assert {**columns, **extra} == tags
    assert {row["check"] for row in rows if row["metric_name"] == "checks"} == {'says "hi"'}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_disk_is_logged_once_while_the_run_and_other_outputs_go_on(tmp_path: Path) -> None:
    target = tmp_path / "samples.json"
    code, messages = run(tmp_path, "csv=/dev/full", f"json={target}")
    assert code is ExitCode.OK
    assert messages == ["output csv cannot write to /dev/full: No space left on device"]
    assert sum(line["metric"] == "iterations" for line in json_lines(target)) == 4


def test_file_that_cannot_be_opened_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    code, (message,) = run(tmp_path, f"csv={tmp_path}/none/samples.csv")
    assert code is ExitCode.GENERIC
    path = f"{tmp_path}/none/samples.csv"
    assert message == f"could not create the 'csv' output: open {path}: no such file or directory"


def test_dropped_iterations_are_one_sample_for_what_a_scenario_or_a_vu_did_not_get_to() -> None:
    result = run_script(
        """
        import { sleep } from 'k6';
        const soon = { maxDuration: '1s', gracefulStop: '1s' };
        export const options = { scenarios: {
          all: { executor: 'shared-iterations', iterations: 5, ...soon },
          each: { executor: 'per-vu-iterations', vus: 2, iterations: 3, ...soon },
        } };
        export default function () { sleep(1.1); }
        """,
        out_samples=True,
    )
    assert result.values("dropped_iterations", scenario="all") == [4]
    assert result.values("dropped_iterations", scenario="each") == [2, 2]
    assert result.count("dropped_iterations") == 8
