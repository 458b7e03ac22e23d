"""The parent's side: all workers of a run, what they say, and how they end.

Owns the processes, from fork() to the last one's exit status.  What the workers measure is put into the parent's
collector as it comes, so that thresholds, outputs and the summary know nothing of workers.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runner.errors import ExitCode, UsageError
from runner.execution.config import TestConfig
from runner.execution.gate import Gate
from runner.execution.intervals import every
from runner.execution.lateness import LatenessFigures
from runner.execution.scenarios_run import drop_iterations
from runner.execution.workers import measurements
from runner.execution.workers.board import Board, Slot
from runner.execution.workers.fork import ended, fork_worker, kill
from runner.execution.workers.messages import (
    Crashed,
    Finished,
    Go,
    InitFailed,
    LogLine,
    MarkFailed,
    Measured,
    PassOn,
    Ready,
    Samples,
    SetupData,
    StartIteration,
    Stop,
    StopTest,
    decode,
    encode,
)
from runner.execution.workers.plan import shares
from runner.execution.workers.worker import WorkerOrder, run_worker
from runner.net.messages import End, MessageChannel, connected_ends
from runner.options.scenario_plan import planned_vus
from runner.options.scenarios import ScenarioConfig
from runner.reactor import Timer
from runner.vu.context import RunningTest, TestContext

# A stopped worker has its iterations cut off within ticks of 50 ms; thousands of virtual users take a few seconds.
STOP_PATIENCE_S = 10.0
# Closing handshakes take what the limits say; a process without work left ends at once.
EXIT_PATIENCE_S = 2.0
_EXIT_INTERVAL_S = 0.005
INITIALISED_INTERVAL_S = 0.05
# How long every worker knows the moment of the start in advance: a message takes less.
START_LEAD_S = 0.005
# A worker that has not read so many orders gets no iterations of others.
UNREAD_BYTES_MAX = 65536


@dataclass
class Member:
    """A worker as the parent knows it.

    Args:
        number: from 0.
        ready: how often it has said so.
        failed: its init code failed; it has nothing more to say.
        lost: it died, or was killed because it did not listen.
        exit: how the process ended, as a clause.
        passed_on: iterations of others that it was given, by scenario.
    """

    number: int
    pid: int
    channel: MessageChannel
    ready: int = 0
    failed: bool = False
    finished: bool = False
    lost: bool = False
    exit: str | None = None
    passed_on: Counter[int] = field(default_factory=Counter)

    @property
    def is_working(self) -> bool:
        """It has neither ended its scenarios nor died."""
        return not self.finished and not self.lost

    @property
    def name(self) -> str:
        """For log lines."""
        return f"worker {self.number + 1} (process {self.pid})"

    def send(self, message: object) -> None:
        """Tell it something."""
        self.channel.send(encode(message))

    def has_ended(self) -> bool:
        """Whether the process is no more; collects it."""
        if self.exit is None:
            self.exit = ended(self.pid)
        return self.exit is not None

    def kill(self) -> None:
        """End it at once; its number belongs to nobody else before it has been collected."""
        if self.exit is None:
            kill(self.pid)


class Crew:
    """All workers; for the run they are also the pool of its virtual users.

    Args:
        context: the run's, as it is before the first virtual user is made.
        scenarios: in the order in which they are shown.
        workers: how many.
        run: told what workers want of the test: to stop it, to mark it as failed.
    """

    def __init__(
        self,
        context: TestContext,
        config: TestConfig,
        scenarios: Sequence[ScenarioConfig],
        workers: int,
        run: RunningTest,
    ) -> None:
        self.board = Board(workers, len(scenarios))
        self.lateness = LatenessFigures()
        self._context = context
        self._reactor = context.reactor
        self._scenarios = scenarios
        self._plan = shares(scenarios, workers)
        self._run = run
        self._gate = Gate(context.reactor)
        self._members: list[Member] = []
        self._failures: list[InitFailed] = []
        self._has_started = False
        self._is_stopping = False
        self._patience: Timer | None = None
        try:
            self._fork(config, workers)
        except OSError as error:
            self.close()
            raise UsageError(f"{workers} workers cannot be started: {error.strerror}") from None

    def _fork(self, config: TestConfig, workers: int) -> None:
        plan, parent_pid = self._plan, os.getpid()
        ends = [connected_ends() for _ in range(workers)]
        for number, (ours, theirs) in enumerate(ends):
            order = WorkerOrder(
                number,
                parent_pid,
                config.script,
                self._scenarios,
                plan[number],
                wants_samples=bool(config.out),
            )

            def work(order: WorkerOrder = order, mine: End = theirs) -> None:
                # An end that another worker held open would never be seen to end.
                for end in {end for pair in ends for end in pair} - {mine}:
                    end.close()
                run_worker(order, self._context, config.environ, self.board, mine)

            pid = fork_worker(work)
            self._members.append(Member(number, pid, MessageChannel(self._reactor, ours, None)))
        for member, (_, theirs) in zip(self._members, ends, strict=True):
            theirs.close()
            self._reactor.spawn(self._listen, member)
            self._context.logger.debug(f"{member.name} started")

    # ---- as a pool

    @property
    def size(self) -> int:
        """How many virtual users there are in all workers."""
        return self.board.initialised()

    def fill(self, scenarios: list[ScenarioConfig], initialised: Callable[[int, int], None]) -> None:
        """Wait until every worker has made its virtual users.

        Args:
            initialised: told how many there are, and how many there will be.

        Raises:
            K6pyError: the init code failed in one of them.
        """
        total = planned_vus(scenarios)
        initialised(0, total)

        def look() -> None:
            initialised(self.size, total)
            self._gate.look_again()

        stop = every(INITIALISED_INTERVAL_S, self._reactor, look)
        try:
            self._gate.wait(lambda: all(self._is_through(member) for member in self._members))
        finally:
            stop()
        if self._failures:
            raise self._first_failure().error
        initialised(total, total)

    def give_setup_data(self, data: str | None) -> None:
        """Hand what setup() returned to every virtual user; before the start, waits until they have it."""
        for member in self._members:
            if member.is_working:
                member.send(SetupData(data))
        if not self._has_started:
            self._wait_ready_again()

    def _wait_ready_again(self) -> None:
        self._gate.wait(lambda: all(member.ready > 1 or member.lost for member in self._members))

    def _is_through(self, member: Member) -> bool:
        """Whether it has made its virtual users, or will not change any more which one failed first."""
        if member.ready or member.failed or member.lost:
            return True
        made = self.board.initialised_in(member.number)
        next_id = member.number + 1 + made * len(self._members)
        return bool(self._failures) and next_id > self._first_failure().vu_id

    def _first_failure(self) -> InitFailed:
        return min(self._failures, key=lambda failure: failure.vu_id)

    # ---- the scenarios

    def run_scenarios(self, run_started_s: float) -> float:
        """Let all workers start their scenarios; the moment of the start.

        Args:
            run_started_s: when the run began, setup() included.
        """
        self._has_started = True
        start_s = self._reactor.now() + START_LEAD_S
        for member in self._members:
            member.send(Go(start_s, run_started_s))
        return start_s

    def workers_of(self, scenario: ScenarioConfig) -> int:
        """How many workers have a part of it."""
        return sum(scenario.name in plan for plan in self._plan)

    def wait_finished(self) -> None:
        """Wait until no worker has anything left to run."""
        self._gate.wait(lambda: not any(member.is_working for member in self._members))
        if self._patience is not None:
            self._patience.cancel()

    def stop(self) -> None:
        """End the scenarios now, in every worker; one that does not answer is killed.  Once is enough."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self.board.stop()
        for member in self._members:
            if member.is_working:
                member.send(Stop())
        self._patience = self._reactor.call_at(self._reactor.now() + STOP_PATIENCE_S, self._kill_working)

    def _kill_working(self) -> None:
        for member in self._members:
            if member.is_working:
                member.lost = True
                member.kill()
                self._context.logger.error(
                    f"{member.name} did not stop within {STOP_PATIENCE_S:g} seconds and was killed;"
                    " what it measured last is missing"
                )
        self._gate.look_again()

    # ---- what they say

    def _listen(self, member: Member) -> None:
        while (data := member.channel.receive()) is not None:
            self._heed(member, decode(data))
            self._gate.look_again()
        if member.is_working and not member.failed:
            self._lose(member)

    def _heed(self, member: Member, message: object) -> None:
        match message:
            case LogLine(level, text, fields, is_console):
                if is_console:
                    self._context.logger.console(level, text)
                else:
                    self._context.logger.log(level, text, **fields)
            case Samples():
                measurements.keep_samples(self._context.collector, message)
            case Measured():
                measurements.merge(self._context, message)
            case PassOn(scenario, planned_s):
                self._pass_on(member, scenario, planned_s)
            case Ready():
                member.ready += 1
            case InitFailed():
                member.failed = True
                self._failures.append(message)
            case StopTest(code, text):
                self._run.stop(code, text)
            case MarkFailed(reason):
                self._run.mark_failed(reason)
            case Finished(lateness):
                member.finished = True
                self.lateness.merge(lateness)
                self._drop_under_way(member)
            case Crashed(error):
                member.lost = True
                self._fail(f"a bug in k6py, please report it: {member.name} failed: {error}")

    def _pass_on(self, origin: Member, scenario: int, planned_s: float) -> None:
        """Give an iteration to whoever has most virtual users free; back to `origin` when nobody has any left."""
        working = [member for member in self._members if member.is_working]
        target = max(working, key=lambda member: self._free_vus(member, scenario), default=origin)
        if self._free_vus(target, scenario) <= 0 or target.channel.queued_bytes > UNREAD_BYTES_MAX:
            target = origin
        if not target.is_working:
            self._drop(scenario, 1)
            return
        target.passed_on[scenario] += 1
        target.send(StartIteration(scenario, planned_s))

    def _free_vus(self, member: Member, scenario: int) -> int:
        """Its free virtual users, without those that iterations on their way will take."""
        return self.board.slots(member.number, scenario)[Slot.FREE_VUS] - self._under_way(member, scenario)

    def _under_way(self, member: Member, scenario: int) -> int:
        """How many iterations it was given and has not seen yet."""
        return member.passed_on[scenario] - self.board.slots(member.number, scenario)[Slot.PASSED_ON]

    def _drop_under_way(self, member: Member) -> None:
        """Iterations that crossed the end of the worker's scenarios on their way."""
        for scenario in member.passed_on:
            self._drop(scenario, self._under_way(member, scenario))

    def _drop(self, scenario: int, count: int) -> None:
        if not self._is_stopping:
            drop_iterations(self._context, self._scenarios[scenario], count)

    # ---- how they end

    def _lose(self, member: Member) -> None:
        member.lost = True
        deadline_s = self._reactor.now() + EXIT_PATIENCE_S
        while not member.has_ended() and self._reactor.now() < deadline_s:
            self._reactor.sleep_until(self._reactor.now() + _EXIT_INTERVAL_S)
        how = member.exit or "does not answer any more"
        self._fail(f"{member.name} {how}: the test ends here, and what the worker measured last is missing")
        self._gate.look_again()

    def _fail(self, message: str) -> None:
        if self._is_stopping:
            self._context.logger.error(message)
        else:
            self._run.stop(ExitCode.GENERIC, message)

    def close(self) -> None:
        """Wait for workers to end their last connections, and see to it that no process is left."""
        deadline_s = self._reactor.now() + self._context.limits.close_s + EXIT_PATIENCE_S
        for member in self._members:
            if not member.finished:
                # It has nothing that anybody waits for.
                member.lost = True
                member.kill()
        try:
            while (
                not all(member.has_ended() for member in self._members) and self._reactor.now() < deadline_s
            ):
                self._reactor.sleep_until(self._reactor.now() + _EXIT_INTERVAL_S)
        finally:
            for member in self._members:
                if not member.has_ended():
                    member.kill()
                    member.exit = ended(member.pid, waits=True)
                member.channel.close()
            self.board.close()
