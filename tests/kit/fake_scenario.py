"""One executor with fake virtual users on a virtual clock.

with fake_scenario() as scenario:
    executor = scenario.run(executor="constant-vus", vus=2, duration="1h")
    assert executor.counts.complete == 7200
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from runner.errors import ScriptError
from runner.execution.executors.base import Executor, ExecutorVu, Surroundings
from runner.execution.executors.registry import executor_class
from runner.ops import Interrupted
from runner.options.scenario_plan import scenario_problems, scenarios_from_json
from runner.reactor import Reactor
from tests.kit.virtual_clock import VirtualClock


class FakeVu:
    """A virtual user whose iterations are sleeps."""

    def __init__(self, vu_id: int) -> None:
        self.vu_id = vu_id
        self.interruptions = 0

    def interrupt(self) -> None:
        self.interruptions += 1


@dataclass
class Iteration:
    """What became of one.

    Args:
        end_s: None while it runs.
    """

    vu_id: int
    start_s: float
    end_s: float | None = None
    interrupted: bool = False


@dataclass
class FakeScenario:
    """One executor and what became of it.

    Args:
        duration_s: how long an iteration takes, by VU number and moment of its start.
        computes: iterations give nobody else a turn.
        make_s: how long it takes to make one more VU; None: it fails.
        dropped: how many iterations at which moment.
        late_s: what was told of the starts.
    """

    reactor: Reactor
    clock: VirtualClock
    duration_s: Callable[[int, float], float] = lambda vu_id, now_s: 1.0
    computes: bool = False
    make_s: float | None = 0.0
    iterations: list[Iteration] = field(default_factory=list)
    dropped: list[tuple[float, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    made: int = 0
    # The executor while it runs, for what happens meanwhile.
    executor: Executor | None = None

    def run(
        self,
        *,
        min_iteration_s: float = 0.0,
        stop_at_s: float | None = None,
        begin: Callable[[], None] | None = None,
        **config: object,
    ) -> Executor:
        """Run it to its end.

        Args:
            stop_at_s: when the test is stopped.
            begin: called in the executor's task just before it runs.
            config: the scenario as a script gives it.
        """
        scenarios = scenarios_from_json({"scenario": config})
        assert not scenario_problems(scenarios)
        scenario = scenarios["scenario"]
        around = Surroundings(
            take_vus=lambda count: [self._vu() for _ in range(count)],
            make_vu=self._make,
            run_iteration=self._iterate,
            warn=self.warnings.append,
            drop=lambda count: self.dropped.append((self.reactor.now(), count)),
            note_start=self.late_s.append,
            min_iteration_s=min_iteration_s,
        )
        executor = self.executor = executor_class(scenario.EXECUTOR)(self.reactor, scenario, around)

        def run() -> None:
            if begin is not None:
                begin()
            executor.run()

        if stop_at_s is not None:
            self.reactor.call_at(stop_at_s, executor.stop)
        self.reactor.run(until=self.reactor.spawn(run))
        assert executor.counts.active_vus == 0
        assert executor.finished_s == self.clock.now()
        assert all(iteration.end_s is not None for iteration in self.iterations)
        assert len(self.iterations) == executor.counts.done
        return executor

    @property
    def starts(self) -> list[tuple[float, int]]:
        """Moment and VU of each start."""
        return [(iteration.start_s, iteration.vu_id) for iteration in self.iterations]

    @property
    def start_times_s(self) -> list[float]:
        """Moment of each start."""
        return [iteration.start_s for iteration in self.iterations]

    @property
    def dropped_count(self) -> int:
        """All that were dropped."""
        return sum(count for _, count in self.dropped)

    def active_at(self, moment_s: float) -> int:
        """How many iterations ran at this moment."""
        return sum(
            iteration.end_s is not None and iteration.start_s <= moment_s < iteration.end_s
            for iteration in self.iterations
        )

    def _vu(self) -> FakeVu:
        self.made += 1
        return FakeVu(self.made)

    def _make(self) -> FakeVu:
        if self.make_s is None:
            raise ScriptError("Error: boom")
        if self.make_s:
            self.reactor.sleep_until(self.reactor.now() + self.make_s)
        return self._vu()

    def _iterate(self, vu: ExecutorVu, deadline_s: float) -> bool:
        now_s = self.reactor.now()
        iteration = Iteration(vu.vu_id, now_s)
        self.iterations.append(iteration)
        duration_s = self.duration_s(vu.vu_id, now_s)
        try:
            if self.computes:
                # As a script that never waits: nobody else gets a turn, the watchdog cuts it off.
                self.clock.advance(min(duration_s, deadline_s - now_s))
                iteration.interrupted = now_s + duration_s > deadline_s
            else:
                self.reactor.sleep_until(now_s + duration_s)
        except Interrupted:
            iteration.interrupted = True
        iteration.end_s = self.reactor.now()
        return iteration.interrupted


@contextlib.contextmanager
def fake_scenario() -> Iterator[FakeScenario]:
    """A scenario on a clock of its own."""
    clock = VirtualClock()
    with Reactor(now=clock.now, selector=clock) as reactor:
        yield FakeScenario(reactor, clock)


def result(executor: Executor) -> tuple[int, int, float | None]:
    """Complete and interrupted iterations, and when all was over."""
    return executor.counts.complete, executor.counts.interrupted, executor.finished_s
