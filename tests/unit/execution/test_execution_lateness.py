"""When a run says that it could not keep up, on a virtual clock whose processor time is made up."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from runner.execution.lateness import Lateness, LatenessFigures
from runner.reactor import Reactor
from tests.kit.virtual_clock import VirtualClock


class Process:
    """A process that is idle, but for what the test has it do."""

    def __init__(self, reactor: Reactor, clock: VirtualClock) -> None:
        self.reactor = reactor
        self._clock = clock
        self.cpu_s = 0.0
        self.lateness = Lateness(reactor, lambda: self.cpu_s)

    def compute(self, duration_s: float) -> None:
        """Nobody else has a turn meanwhile."""
        self._clock.advance(duration_s)
        self.cpu_s += duration_s

    def block(self, duration_s: float) -> None:
        """The same, without using the processor."""
        self._clock.advance(duration_s)

    def run(self, duration_s: float) -> str | None:
        """Watch the process; the warning at the end."""
        self.lateness.start()
        self.reactor.run(until=self.reactor.spawn(self.reactor.sleep_until, duration_s))
        self.lateness.stop()
        return self.lateness.figures.warning()


@pytest.fixture
def process() -> Iterator[Process]:
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield Process(reactor, clock)


def test_idle_process_is_silent(process: Process) -> None:
    assert process.run(3600.0) is None
    figures = process.lateness.figures
    assert figures.watched_s == pytest.approx(3600.0)
    assert figures.lag_s_max < 1e-9
    assert (figures.slow_s, figures.troubled_s, figures.starts) == (0.0, 0.0, 0)


def test_busy_process_whose_turns_are_short_is_silent(process: Process) -> None:
    for number in range(600):
        process.reactor.call_at(number / 10, process.compute, 0.09)
    assert process.run(60.0) is None
    assert 0.03 < process.lateness.figures.lag_s_max < 0.1


@pytest.mark.parametrize("stall_s", [0.2, 1.0, 3.0])
def test_one_stall_is_no_reason_for_a_word(process: Process, stall_s: float) -> None:
    process.reactor.call_at(2.0, process.compute, stall_s)
    assert process.run(10.0) is None
    assert process.lateness.figures.lag_s_max == pytest.approx(stall_s, abs=0.06)


def test_stalls_for_a_small_part_of_a_long_test_are_none_either(process: Process) -> None:
    for second in range(10):
        process.reactor.call_at(float(second), process.compute, 0.5)
    assert process.run(3600.0) is None


def test_slow_loop_is_told_with_its_worst_delay(process: Process) -> None:
    for second in range(20):
        process.reactor.call_at(10.0 + second, process.compute, 0.5 if second else 0.75)
    warning = process.run(60.0)
    assert warning is not None
    assert re.fullmatch(
        r"k6py could not keep up, the measured durations are too long: in 2\d of 60 seconds timers and sockets"
        r" waited more than 100ms, at worst 7\d\dms \(it used \d\d% of a processor meanwhile\)",
        warning,
    )
    assert process.lateness.figures.cpu_s == pytest.approx(10.25)


def test_blocked_loop_is_told_although_the_processor_was_idle(process: Process) -> None:
    process.reactor.call_at(1.0, process.block, 7.0)
    warning = process.run(10.0)
    assert warning is not None
    assert "at worst 7.0s" in warning or "at worst 6.9s" in warning
    assert warning.endswith("(it used 0% of a processor meanwhile)")


@pytest.mark.parametrize(("seconds", "is_told"), [(1, False), (2, False), (4, True)])
def test_late_starts_are_told_when_they_come_in_several_seconds(
    process: Process, seconds: int, is_told: bool
) -> None:
    for second in range(seconds):
        process.reactor.call_at(second + 0.5, process.lateness.note_start, 0.25 + second / 100)
        process.reactor.call_at(second + 0.6, process.lateness.note_start, 0.1)
    warning = process.run(10.0)
    assert (warning is not None) == is_told
    if is_told:
        assert warning == (
            "k6py could not keep up, the measured durations are too long: 4 of 8 iterations started more than"
            " 100ms late, the latest by 280ms (it used 0% of a processor meanwhile)"
        )


def test_few_late_starts_among_many_are_none(process: Process) -> None:
    for tenth in range(1000):
        process.reactor.call_at(tenth / 10, process.lateness.note_start, 0.2 if tenth % 200 == 0 else 0.0)
    assert process.run(100.0) is None
    assert process.lateness.figures.late_starts == 5


def test_the_worst_figure_is_the_one_that_is_named(process: Process) -> None:
    for second in range(10):
        process.reactor.call_at(float(second), process.compute, 0.5)
        process.reactor.call_at(second + 0.7, process.lateness.note_start, 1.25)
    warning = process.run(10.0)
    assert warning is not None
    assert "10 of 10 iterations started more than 100ms late, the latest by 1.2s" in warning


def figures(*values: float) -> LatenessFigures:
    made = LatenessFigures()
    for name, value in zip(vars(made), values, strict=True):
        setattr(made, name, value)
    return made


def test_figures_of_several_processes_are_put_together() -> None:
    total = LatenessFigures()
    total.merge(figures(10, 2, 0.5, 100, 5, 0.4, 2, 1.5, 2))
    total.merge(figures(10, 4, 0.3, 100, 0, 0.1, 4, 3.0, 4))
    assert vars(total) == vars(figures(10, 4, 0.5, 200, 5, 0.4, 4, 4.5, 6))


def test_stop_without_start_and_twice_is_harmless(process: Process) -> None:
    process.lateness.stop()
    process.run(1.5)
    process.lateness.stop()
    assert process.lateness.figures.watched_s == pytest.approx(1.5)
    assert LatenessFigures().warning() is None


def test_any_load_is_measured_without_an_error(process: Process) -> None:
    generator = random.Random(7)
    for _ in range(200):
        what = generator.choice([process.compute, process.block, process.lateness.note_start])
        process.reactor.call_at(generator.uniform(0, 60), what, generator.uniform(0, 0.4))
    assert process.run(60.0) is not None
    figures = process.lateness.figures
    assert figures.troubled_s <= figures.watched_s
    assert figures.cpu_s <= figures.troubled_s + 1e-9
