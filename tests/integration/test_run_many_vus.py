"""Many virtual users in one process."""

from __future__ import annotations

import time

import pytest

from tests.kit.run_script import run_script


@pytest.mark.slow
@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_a_thousand_vus_sleep_side_by_side(native: bool) -> None:
    script = """
      import { sleep } from 'k6';
      export const options = { vus: 1000, iterations: 1000 };
      export default function () { sleep(1); }
    """
    started_s = time.monotonic()
    result = run_script(script, native=native, workers=1)
    assert time.monotonic() - started_s < 30
    assert result.exit_code == 0
    assert result.messages == []
    assert result.count("iterations") == 1000
    assert result.summary["metrics"]["iteration_duration"]["max"] < 3000


@pytest.mark.slow
def test_a_thousand_sleeping_vus_are_cut_off_together() -> None:
    script = """
      import { sleep } from 'k6';
      export const options = { scenarios: { a: {
        executor: 'constant-vus', vus: 1000, duration: '5s', gracefulStop: '0s' } } };
      export default function () { try { sleep(100); } finally { sleep(100); } }
    """
    started_s = time.monotonic()
    result = run_script(script, workers=1)
    assert time.monotonic() - started_s < 30
    assert "0 complete and 1000 interrupted iterations" in result.stdout
    assert "iterations" not in result.summary["metrics"]


@pytest.mark.slow
def test_many_vus_in_the_middle_of_promises_and_timers_keep_apart() -> None:
    script = """
      import { sleep } from 'k6';
      export const options = { vus: 200, iterations: 400 };
      let mine = 0;
      export default async function () {
        mine += 1;
        await new Promise((done) => setTimeout(done, 10));
        sleep(0.01);
        await Promise.all([1, 2, 3].map((n) => new Promise((done) => setTimeout(done, n))));
        if (mine !== __ITER + 1) throw new Error(`${mine} ${__ITER}`);
      }
    """
    result = run_script(script, workers=1)
    assert result.messages == []
    assert result.count("iterations") == 400
