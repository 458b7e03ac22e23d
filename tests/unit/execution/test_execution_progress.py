"""The lines that a run prints about itself, and when they are drawn.

The expected lines are those that k6 2.2.0 writes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from runner.execution.progress import (
    BAR_WIDTH,
    Canvas,
    ProgressRow,
    banner,
    block,
    running_line,
    scenario_row,
)
from runner.execution.progress_display import DRAWN_INTERVAL_S, ProgressDisplay
from runner.execution.terminal import terminal_safe
from runner.log import Logger
from runner.reactor import Reactor
from tests.kit.fake_scenario import FakeScenario
from tests.kit.virtual_clock import VirtualClock

PIPE = Canvas()
WIDE = Canvas(columns=120)


class Terminal(io.StringIO):
    """Keeps what is written; not a file, so its size cannot be asked for."""

    def isatty(self) -> bool:
        return True


# ---- rows


def test_a_pipe_gets_percentages() -> None:
    rows = [ProgressRow("default", 0.5, columns=("1 VUs", "0.5s/1s"))]
    assert block("running", rows, PIPE) == ["running", "default   [  50% ] 1 VUs  0.5s/1s"]


def test_short_names_are_as_wide_as_the_word_init() -> None:
    assert block("", [ProgressRow("a")], PIPE) == ["", "a      [   0% ]"]
    assert block(ProgressRow("Init", 0.25, columns=("1/4 VUs initialized",)), [ProgressRow("a")], PIPE) == [
        "Init   [  25% ] 1/4 VUs initialized",
        "a      [   0% ]",
    ]


@pytest.mark.parametrize(
    ("canvas", "init", "scenario"),
    [
        (PIPE, "[  50% ]", "[   0% ]"),
        (WIDE, f"[{'=' * 18}>{'-' * 19}]", f"[{'-' * 38}]"),
    ],
)
def test_scenarios_that_wait_stand_below_what_the_run_does(canvas: Canvas, init: str, scenario: str) -> None:
    heading = ProgressRow("Init", 0.5, columns=("1/2 VUs initialized",))
    assert block(heading, [ProgressRow("a"), ProgressRow("later")], canvas) == [
        f"Init    {init} 1/2 VUs initialized",
        f"a       {scenario}",
        f"later   {scenario}",
    ]


def test_columns_stand_below_each_other() -> None:
    rows = [
        ProgressRow("a", 1.0, "✓", ("10 VUs", "1s")),
        ProgressRow("longer", 1.0, "✓", ("1 VUs", "00m01.0s/10m0s", "1/1 shared iters")),
        ProgressRow("c", 0.0, "•", ("waiting", "9.0s")),
    ]
    # The last column of a row makes the others no wider, and is filled up to one more than they have.
    assert block("", rows, PIPE)[1:] == [
        "a      ✓ [ 100% ] 10 VUs   1s             ",
        "longer ✓ [ 100% ] 1 VUs    00m01.0s/10m0s  1/1 shared iters",
        "c      • [   0% ] waiting  9.0s           ",
    ]


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [
        (0.0, "-" * BAR_WIDTH),
        (0.02, "-" * BAR_WIDTH),
        (0.5, "=" * 18 + ">" + "-" * 19),
        (0.999, "=" * 36 + ">-"),
        (1.0, "=" * BAR_WIDTH),
    ],
)
def test_a_terminal_gets_bars(fraction: float, bar: str) -> None:
    rows = [ProgressRow("default", fraction, columns=("1 VUs",))]
    assert block("", rows, WIDE)[1] == f"default   [{bar}] 1 VUs"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [(51, f"[{'-' * 38}]"), (50, f"[{'-' * 37}]"), (20, f"[{'-' * 7}]"), (19, "[   0% ]")],
)
def test_bars_are_as_narrow_as_the_terminal_asks(columns: int, shown: str) -> None:
    line = block("", [ProgressRow("a", columns=("1s",))], Canvas(columns))[1]
    assert line == f"a      {shown} 1s"


@pytest.mark.parametrize(
    ("mark", "painted"),
    [("✓", "\x1b[32m✓\x1b[0m"), ("✗", "\x1b[31m✗\x1b[0m"), ("•", "\x1b[2m•\x1b[22m"), ("↓", "↓")],
)
def test_marks_and_empty_parts_of_bars_have_colours(mark: str, painted: str) -> None:
    line = block("", [ProgressRow("a", 0.0, mark)], Canvas(40, color=True))[1]
    assert line.startswith(f"a    {painted} [\x1b[2m-")
    assert line.endswith("-\x1b[22m]")


def test_the_banner() -> None:
    text = banner("s.js", ["json (x)", "csv (y)"], ("heading", "   * one"), PIPE)
    assert text.endswith(
        "\n\n     execution: local\n        script: s.js\n        output: json (x), csv (y)\n\n"
        "     scenarios: heading\n   * one\n\n"
    )
    assert "        output: -\n" in banner("s.js", [], ("", ""), PIPE)
    assert "     execution: \x1b[36mlocal\x1b[0m\n" in banner("", [], ("", ""), Canvas(color=True))


# ---- what executors say


def shown(scenario: FakeScenario, at_s: float, **config: object) -> tuple[str, str]:
    """The progress of a scenario `at_s` after its start, and after its end."""
    lines: list[str] = []

    def look() -> None:
        executor = scenario.executor
        assert executor is not None
        lines.extend(block("", [scenario_row(executor, scenario.reactor.now(), 0.0)], PIPE)[1:])

    scenario.reactor.call_at(at_s, look)
    scenario.run(**config)
    look()
    middle, end = lines
    return middle, end


STAGES = [{"duration": "10s", "target": 10}]


@pytest.mark.parametrize(
    ("at_s", "config", "middle", "end"),
    [
        (
            1.5,
            {"executor": "constant-vus", "vus": 12, "duration": "10s"},
            "  [  15% ] 12 VUs  01.5s/10s",
            "✓ [ 100% ] 12 VUs  10s",
        ),
        (
            10.5,
            {"executor": "constant-vus", "vus": 1, "duration": "10100ms"},
            "↓ [ 100% ] 1 VUs  10.1s",
            "✓ [ 100% ] 1 VUs  10.1s",
        ),
        (
            1.5,
            {"executor": "shared-iterations", "vus": 2, "iterations": 10},
            "  [  20% ] 2 VUs  00m01.5s/10m0s  02/10 shared iters",
            "✓ [ 100% ] 2 VUs  00m05.0s/10m0s  10/10 shared iters",
        ),
        (
            1.5,
            {"executor": "per-vu-iterations", "vus": 2, "iterations": 5, "maxDuration": "3500ms"},
            "  [  20% ] 2 VUs  1.5s/3.5s  02/10 iters, 5 per VU",
            "✗ [  80% ] 2 VUs  4.0s/3.5s  08/10 iters, 5 per VU",
        ),
        (
            1.5,
            {
                "executor": "per-vu-iterations",
                "vus": 2,
                "iterations": 5,
                "maxDuration": "3500ms",
                "gracefulStop": 0,
            },
            "  [  20% ] 2 VUs  1.5s/3.5s  02/10 iters, 5 per VU",
            "✓ [ 100% ] 2 VUs  3.5s  08/10 iters, 5 per VU",
        ),
        (
            5.05,
            {"executor": "ramping-vus", "stages": STAGES, "gracefulStop": 0},
            "  [  50% ] 05/10 VUs  05.0s/10.0s",
            "✓ [ 100% ] 00/10 VUs  10s",
        ),
        (
            2.05,
            {
                "executor": "constant-arrival-rate",
                "rate": 5,
                "duration": "10s",
                "preAllocatedVUs": 10,
                "maxVUs": 100,
            },
            "  [  20% ] 005/010 VUs  02.0s/10s  5.00 iters/s",
            "✓ [ 100% ] 000/010 VUs  10s  5.00 iters/s",
        ),
        (
            2.01,
            {"executor": "ramping-arrival-rate", "stages": STAGES, "preAllocatedVUs": 10},
            "  [  20% ] 02/10 VUs  02.0s/10s  02.01 iters/s",
            "✓ [ 100% ] 00/10 VUs  10s  10.00 iters/s",
        ),
    ],
)
def test_progress_of_scenarios(
    scenario: FakeScenario, at_s: float, config: dict[str, object], middle: str, end: str
) -> None:
    expected = (f"scenario {middle}", f"scenario {end}")
    assert shown(scenario, at_s, **config) == expected


def test_a_stopped_scenario_goes_on_showing_the_vus_it_had(scenario: FakeScenario) -> None:
    executor = scenario.run(executor="ramping-vus", startVUs=2, stages=STAGES, stop_at_s=2.05)
    (_, line) = block("", [scenario_row(executor, 99.0, 0.0)], PIPE)
    assert line == "scenario ✗ [  20% ] 03/10 VUs  02.0s/10.0s"


def test_a_scenario_with_a_start_time_waits(scenario: FakeScenario) -> None:
    lines: list[str] = []

    def look() -> None:
        assert scenario.executor is not None
        lines.extend(block("", [scenario_row(scenario.executor, 102.5, 100.0)], PIPE)[1:])

    scenario.run(executor="constant-vus", vus=1, duration="1s", startTime="1m", begin=look)
    assert lines == ["scenario • [   0% ] waiting  0m57.5s"]


def test_the_heading_counts_vus_and_iterations(scenario: FakeScenario) -> None:
    texts: list[str] = []

    def look() -> None:
        assert scenario.executor is not None
        texts.append(running_line([scenario.executor], scenario.reactor.now(), 630.0, 20))

    scenario.reactor.call_at(1.5, look)
    executor = scenario.run(executor="constant-vus", vus=2, duration="2500ms", gracefulStop=0)
    assert texts == ["running (00m01.5s), 02/20 VUs, 2 complete and 0 interrupted iterations"]
    assert running_line([executor], 2.5, 3.0, 2) == (
        "running (2.5s), 0/2 VUs, 4 complete and 2 interrupted iterations"
    )


# ---- drawing


def drawn(stream: io.StringIO, *, for_s: float, is_terminal: bool, log_at_s: float | None = None) -> str:
    """What a display of the line ``now T`` writes."""
    clock = VirtualClock()
    logger = Logger(terminal_safe(stream), "raw")
    with Reactor(now=clock.now, selector=clock) as reactor:

        def lines(canvas: Canvas) -> Sequence[str]:
            return [f"at {clock.now():.2f} of {canvas.columns}"]

        display = ProgressDisplay(
            reactor, stream, is_terminal=is_terminal, color=False, logger=logger, lines=lines
        )
        display.start()
        if log_at_s is not None:
            reactor.call_at(log_at_s, lambda: logger.info("a line"))
        reactor.run(until=reactor.spawn(lambda: reactor.sleep_until(for_s)))
        display.stop()
        display.write_block()
        logger.info("after it")
    return stream.getvalue()


def test_plain_lines_come_once_a_second_and_at_the_end() -> None:
    text = drawn(io.StringIO(), for_s=2.5, is_terminal=False, log_at_s=0.5)
    assert text == "a line\n\nat 1.00 of 0\n\nat 2.00 of 0\n\nat 2.50 of 0\nafter it\n"


def test_a_terminals_block_is_drawn_over_itself() -> None:
    text = drawn(Terminal(), for_s=2.5 * DRAWN_INTERVAL_S, is_terminal=True)
    up = "\r\x1b[J\x1b[2A"
    first, second, last = (f"\x1b[K\nat {moment} of 80\x1b[K\n" for moment in ("0.10", "0.20", "0.25"))
    assert text == f"{first}{up}{second}{up}{last}after it\x1b[0K\n"


def test_a_line_takes_the_place_of_the_block_which_follows_it() -> None:
    text = drawn(Terminal(), for_s=1.9 * DRAWN_INTERVAL_S, is_terminal=True, log_at_s=1.5 * DRAWN_INTERVAL_S)
    up = "\r\x1b[J\x1b[2A"
    first, second = (f"\x1b[K\nat {moment} of 80\x1b[K\n{up}" for moment in ("0.10", "0.15"))
    assert text.startswith(f"{first}a line\x1b[0K\n{second}")


def test_lines_that_wrap_are_counted() -> None:
    stream = Terminal()
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        display = ProgressDisplay(
            reactor,
            stream,
            is_terminal=True,
            color=True,
            logger=Logger(None),
            lines=lambda canvas: [f"\x1b[2m{'x' * 80}\x1b[22m", "y" * 161],
        )
        display.start()
        reactor.run(until=reactor.spawn(lambda: reactor.sleep_until(DRAWN_INTERVAL_S * 1.5)))
    # The empty one, one of exactly the width, and one that takes three.
    assert stream.getvalue().endswith("\r\x1b[J\x1b[5A")


def test_only_lines_on_a_terminal_clear_what_stood_there() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    assert terminal_safe(pipe) is pipe
    terminal_safe(terminal).write("one\ntwo")
    assert terminal.getvalue() == "one\x1b[0K\ntwo"
    assert terminal_safe(terminal).isatty()
