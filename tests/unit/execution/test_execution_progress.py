"""The lines that a run shows before its scenarios start."""

from __future__ import annotations

import pytest

from runner.execution.progress import waiting_lines


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        (False, ["Init    [  50% ] 1/2 VUs initialized", "a       [   0% ]", "later   [   0% ]"]),
        (
            True,
            [
                f"Init    [{'=' * 18}>{'-' * 19}] 1/2 VUs initialized",
                f"a       [{'-' * 38}]",
                f"later   [{'-' * 38}]",
            ],
        ),
    ],
)
def test_scenarios_that_wait_stand_below_what_the_run_does(bar: bool, expected: list[str]) -> None:
    lines = waiting_lines("Init", "1/2 VUs initialized", 0.5, ["a", "later"], 5, bar=bar)
    assert lines == expected
