"""What every executor is: one scenario that runs in tasks, ends in time and can be stopped.

Owns the end of a scenario: no new iteration after its run time, the graceful stop, and cutting off what is left.
When iterations start, and in which VU, is the subclass's to say.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol

from runner.ops import Interrupted
from runner.options.durations import fixed_length_duration, format_duration
from runner.options.scenarios import ScenarioConfig
from runner.reactor import DeadlineReached, Reactor, Task


class ExecutorVu(Protocol):
    """What an executor needs of a virtual user."""

    vu_id: int

    def interrupt(self) -> None:
        """Cut off what computes in it."""


class IterationRunner(Protocol):
    """Runs one iteration; True when it was cut off."""

    def __call__(self, vu: ExecutorVu, deadline_s: float) -> bool: ...


class Counts:
    """How a scenario is doing; the progress display reads it."""

    def __init__(self, active_vus: int = 0, complete: int = 0, interrupted: int = 0) -> None:
        self.active_vus = active_vus
        self.complete = complete
        self.interrupted = interrupted

    @property
    def done(self) -> int:
        """Iterations that are over."""
        return self.complete + self.interrupted


def _ignore(late_s: float) -> None:
    """Used where nobody wants to know."""


class Surroundings(NamedTuple):
    """What a scenario runs in.

    Args:
        take_vus: lends virtual users of the test, by number of VUs.
        make_vu: makes one more, which takes a while.
        run_iteration: runs one iteration in a VU.
        warn: logs a warning.
        drop: told of iterations that were promised and will not start: k6's dropped_iterations.
        note_start: told by how many seconds an iteration started later than planned.
        min_iteration_s: an iteration that is faster is followed by a wait up to this length.
    """

    take_vus: Callable[[int], list[ExecutorVu]]
    make_vu: Callable[[], ExecutorVu]
    run_iteration: IterationRunner
    warn: Callable[[str], None]
    drop: Callable[[int], None]
    note_start: Callable[[float], None] = _ignore
    min_iteration_s: float = 0.0


class Executor(ABC):
    """One scenario.

    Args:
        scenario: its configuration.
        around: what it runs in.
    """

    def __init__(self, reactor: Reactor, scenario: ScenarioConfig, around: Surroundings) -> None:
        self.scenario = scenario
        self.counts = Counts()
        self.started_s: float | None = None
        self.finished_s: float | None = None
        # The test was stopped, or iterations were promised that nobody got to.
        self.fell_short = False
        self.vus: list[ExecutorVu] = []
        self._reactor = reactor
        self._around = around
        self._stopped = False
        # Every task has been interrupted, or is about to end: no iteration starts any more.
        self._is_over = False
        # How many VUs were busy when the test was stopped: k6 goes on showing them.
        self._shown_vus: int | None = None
        self._end_s = 0.0
        self._hard_end_s = 0.0
        # Every task of the scenario, with the VU whose script it runs.
        self._tasks: dict[Task, ExecutorVu | None] = {}

    @abstractmethod
    def start_tasks(self) -> None:
        """Take VUs and spawn what runs them, by `spawn`."""

    @abstractmethod
    def fraction(self, elapsed_s: float) -> float:
        """How much of the scenario is done, from 0 to 1."""

    @abstractmethod
    def details(self, elapsed_s: float) -> list[str]:
        """The columns behind the progress bar.

        Args:
            elapsed_s: since the start, or from the start to the end.
        """

    def left_over(self) -> list[int]:
        """Iterations that were promised and have not started when the scenario ends, as k6 counts them: in lots."""
        return []

    def run(self, started_s: float | None = None) -> None:
        """Run the scenario to its end; parks the calling task.

        Args:
            started_s: when it was to start, if that is not now.
        """
        self.started_s = self._reactor.now() if started_s is None else started_s
        if self._stopped:
            self.finished_s = self.started_s
            self.fell_short = True
            return
        self._end_s = self.started_s + self.scenario.run_time_s()
        self._hard_end_s = self._end_s + self.scenario.graceful_stop_s
        self.start_tasks()
        self._join(self._hard_end_s)
        if self._tasks:
            self._cut_off()
            self._join(None)
        self.finished_s = self._reactor.now()
        left_over = [count for count in self.left_over() if count]
        was_cut_off = self.finished_s >= self._hard_end_s
        self.fell_short = self._stopped or (bool(left_over) and not was_cut_off)
        if not self._stopped:
            for count in left_over:
                self._around.drop(count)

    def stop(self) -> None:
        """End the scenario now: running iterations are cut off, run() returns."""
        self._stopped = True
        self._shown_vus = self.counts.active_vus
        self._end_s = self._hard_end_s = self._reactor.now()
        self._cut_off()

    def take_vus(self, count: int) -> list[ExecutorVu]:
        """Virtual users for this scenario; they go back when it is over."""
        taken = self._around.take_vus(count)
        self.vus += taken
        return taken

    def spawn(self, function: Callable[..., None], vu: ExecutorVu | None, *args: object) -> Task:
        """A task of the scenario: `function` called with `vu`, if there is one, and `args`."""
        task = self._reactor.spawn(function, *([] if vu is None else [vu]), *args)
        self._tasks[task] = vu
        return task

    def iterate(self, vu: ExecutorVu, hard_end_s: float) -> None:
        """Run and count one iteration; it is cut off at `hard_end_s`."""
        if self._around.run_iteration(vu, hard_end_s):
            self.counts.interrupted += 1
        else:
            self.counts.complete += 1

    @property
    def shown_vus(self) -> int:
        """How many VUs iterate, for the progress display."""
        return self.counts.active_vus if self._shown_vus is None else self._shown_vus

    def time_column(self, elapsed_s: float) -> str:
        """``0.5s/1s``; the whole time alone when it is over."""
        total_s = self.scenario.run_time_s()
        shown = format_duration(total_s)
        return shown if elapsed_s >= total_s else f"{fixed_length_duration(elapsed_s, total_s)}/{shown}"

    def is_cut_off_at(self, elapsed_s: float) -> bool:
        """Whether no iteration may run any more `elapsed_s` after the start."""
        return elapsed_s >= self.scenario.run_time_s() + self.scenario.graceful_stop_s

    def bound_column(self, elapsed_s: float) -> str:
        """time_column() for scenarios whose time is only a bound: it goes on in the graceful stop."""
        total_s = self.scenario.run_time_s()
        shown = format_duration(total_s)
        if self.is_cut_off_at(elapsed_s):
            return shown
        return f"{fixed_length_duration(elapsed_s, total_s)}/{shown}"

    def rest(self, iteration_started_s: float) -> None:
        """Wait for the rest of minIterationDuration; also gives the other VUs a turn."""
        earliest_s = min(iteration_started_s + self._around.min_iteration_s, self._end_s)
        self._reactor.sleep_until(max(earliest_s, self._reactor.now()))

    def _join(self, deadline_s: float | None) -> None:
        """Wait for every task, also for those that are spawned meanwhile."""
        while self._tasks:
            task = next(iter(self._tasks))
            try:
                task.join(deadline_s)
            except DeadlineReached:
                return
            del self._tasks[task]

    def _cut_off(self) -> None:
        self._is_over = True
        for task, vu in self._tasks.items():
            if not task.done:
                if vu is not None:
                    vu.interrupt()
                self._reactor.interrupt(task, Interrupted())
