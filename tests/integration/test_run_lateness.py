"""A real run that could not be driven says so once, and others say nothing."""

from __future__ import annotations

import pytest

from tests.kit.run_script import run_script

BURN = "const burn = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };"


def warnings_of(options: str, code: str) -> list[str]:
    result = run_script(
        f"{BURN}\nexport const options = {options};\nexport default function () {{ {code} }}\n"
    )
    assert result.exit_code == 0
    return [message for message in result.messages if "could not keep up" in message]


@pytest.mark.slow
def test_handlers_that_burn_cpu_at_an_arrival_rate_are_named() -> None:
    # Ten times 150 ms of computing are promised per second, and VUs enough to try.
    options = """{ scenarios: { open: { executor: 'constant-arrival-rate', rate: 10, duration: '5s',
      preAllocatedVUs: 50, gracefulStop: '10s' } } }"""
    (warning,) = warnings_of(options, "burn(150);")
    # Whichever of the two was worse.
    assert "iterations started more than 100ms late, the latest by" in warning or "at worst" in warning
    share = int(warning.partition("(it used ")[2].partition("%")[0])
    assert 5 <= share <= 101


@pytest.mark.slow
def test_loop_that_is_slow_for_long_is_named_without_planned_starts() -> None:
    (warning,) = warnings_of("{ vus: 2, duration: '7s' }", "burn(200);")
    assert "seconds timers and sockets waited more than 100ms" in warning


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("{ vus: 3, duration: '2s' }", "burn(200);"),
        ("{ vus: 1, iterations: 1 }", "burn(2500);"),
        ("{ vus: 10, duration: '3s' }", "burn(1);"),
        (
            "{ scenarios: { open: { executor: 'constant-arrival-rate', rate: 100, duration: '4s', "
            "preAllocatedVUs: 5 } } }",
            "burn(2);",
        ),
    ],
)
def test_short_busy_and_ordinary_runs_are_silent(options: str, code: str) -> None:
    assert warnings_of(options, code) == []
