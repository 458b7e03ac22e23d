"""A worker process: its virtual users, its share of the scenarios, and its line to the parent.

Owns the order of events in a worker.  What to do comes from the parent; options and the script were read there, before
this process was forked from it.  The parent's reactor, watchdog, log and outputs are not touched here.
"""

from __future__ import annotations

import os
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from runner.engine.watchdog import Watchdog
from runner.errors import ExitCode, K6pyError
from runner.execution.gate import Gate
from runner.execution.intervals import every
from runner.execution.samples import FLUSH_INTERVAL_S
from runner.execution.workers import measurements
from runner.execution.workers.board import Board
from runner.execution.workers.messages import (
    Crashed,
    Finished,
    Go,
    InitFailed,
    MarkFailed,
    PassOn,
    Ready,
    SetupData,
    StartIteration,
    Stop,
    StopTest,
    decode,
    encode,
    portable,
    sample_messages,
)
from runner.execution.workers.plan import Share
from runner.execution.workers.pool import WorkerPool
from runner.execution.workers.relay_log import RelayLogger
from runner.execution.workers.scenarios import WorkerScenarios, whole_counts
from runner.metrics.collector import Sample
from runner.metrics.groups import Group
from runner.net.dial import Dialer
from runner.net.lingering import Lingering
from runner.net.messages import QUEUED_BYTES_MAX, End, MessageChannel
from runner.net.options import NetworkOptions
from runner.ops import Interrupted
from runner.options.consolidate import network_options
from runner.options.scenarios import ScenarioConfig
from runner.reactor import Reactor
from runner.vu.context import ScenarioProgress, TestContext
from runner.vu.helper_tasks import HelperTasks
from runner.vu.request_turns import RequestTurns

MEASURED_INTERVAL_S = 1.0


@dataclass(frozen=True)
class WorkerOrder:
    """What a worker is to do.

    Args:
        number: from 0.
        parent_pid: the process that it ends with.
        script: as given on the command line, for error texts.
        scenarios: all of the test.
        shares: its part of them, by name.
        wants_samples: outputs exist.
    """

    number: int
    parent_pid: int
    script: str
    scenarios: Sequence[ScenarioConfig]
    shares: Mapping[str, Share]
    wants_samples: bool


class WorkerWatchdog(Watchdog):
    """Also cuts off what computes when the parent says so on the board, or is no more."""

    def __init__(self, reactor: Reactor, board: Board, parent_pid: int) -> None:
        super().__init__(reactor.now)
        self._board = board
        self._parent_pid = parent_pid

    def must_cut_off_all(self) -> bool:
        """See Watchdog."""
        if os.getppid() != self._parent_pid:
            os._exit(ExitCode.GENERIC)
        return self._board.is_stopping


class SharedRequestTurns(RequestTurns):
    """Those of all workers."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    def claim(self, now_s: float, interval_s: float) -> float:
        """See RequestTurns.claim."""
        return self._board.claim_turn(now_s, interval_s)


class Worker:
    """Also what scripts of this process see of the run (RunningTest).

    Args:
        context: this worker's own.
    """

    def __init__(
        self, order: WorkerOrder, context: TestContext, board: Board, channel: MessageChannel
    ) -> None:
        self._order = order
        self._context = context
        self._reactor = context.reactor
        self._board = board
        self._channel = channel
        self._pool = WorkerPool(context, order.script, board, order.number)
        self._scenarios: WorkerScenarios | None = None
        self._run_started_s = 0.0
        self._inbox: deque[SetupData | Go] = deque()
        self._gate = Gate(context.reactor)
        self._is_stopped = False
        self._is_finished = False

    def run(self) -> None:
        """From the init code of the first virtual user to the last sample; parks the calling task."""
        self._reactor.spawn(self._listen)
        collector = self._context.collector
        collector.wants_samples = self._order.wants_samples
        collector.on_full = self._send_samples
        try:
            self._pool.fill([*self._order.scenarios], lambda done, total: None)
        except K6pyError as error:
            self._send(InitFailed(self._pool.last_id, portable(error)))
            self._channel.flush()
            return
        except Interrupted:
            return
        self._send(Ready())
        while isinstance(order := self._next_order(), SetupData):
            self._pool.give_setup_data(order.data)
            self._send(Ready())
        self._run_started_s = order.run_started_s
        self._run_scenarios(order.start_s)
        self._context.lingering.wait(self._context.reactor)
        self._channel.flush()

    def _run_scenarios(self, start_s: float) -> None:
        scenarios = self._scenarios = WorkerScenarios(
            self._context,
            self._pool,
            self._order.scenarios,
            board=self._board,
            worker=self._order.number,
            shares=self._order.shares,
            on_bug=lambda error: self.stop(error.exit_code, error.message),
            pass_on=lambda scenario, planned_s: self._send(PassOn(scenario, planned_s)),
        )
        collector = self._context.collector
        stops = [
            every(FLUSH_INTERVAL_S, self._reactor, lambda: self._send_samples(collector.drain())),
            every(MEASURED_INTERVAL_S, self._reactor, self._send_measured),
        ]
        if not self._is_stopped:
            scenarios.run_from(start_s)
        for stop in stops:
            stop()
        self._send_samples(collector.drain())
        self._send_measured()
        self._is_finished = True
        self._send(Finished(scenarios.lateness.figures))

    # ---- the line to the parent

    def _send(self, message: object) -> None:
        self._channel.send(encode(message))

    def _send_samples(self, samples: list[Sample]) -> None:
        for message in sample_messages(samples):
            self._send(message)

    def _send_measured(self) -> None:
        measured = measurements.take(self._context)
        if measured.sinks or measured.groups:
            self._send(measured)

    def _listen(self) -> None:
        while (data := self._channel.receive()) is not None:
            self._obey(decode(data))
        if not self._is_finished:
            # The parent is no more, or has no use for this worker.
            os._exit(ExitCode.GENERIC)

    def _obey(self, order: object) -> None:
        match order:
            case SetupData(data) if self._scenarios is not None:
                self._pool.give_setup_data(data)
            case SetupData() | Go():
                self._inbox.append(order)
                self._gate.look_again()
            case StartIteration(scenario, planned_s) if self._scenarios is not None and not self._is_finished:
                self._scenarios.start_passed_on(scenario, planned_s)
            case Stop():
                self._halt()

    def _next_order(self) -> SetupData | Go:
        self._gate.wait(lambda: bool(self._inbox))
        return self._inbox.popleft()

    def _halt(self) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            if self._scenarios is not None:
                self._scenarios.stop()

    # ---- what scripts see (RunningTest)

    def instance(self) -> dict[str, float]:
        """See RunningTest; counted over all workers."""
        elapsed_s = self._reactor.now() - self._run_started_s
        return {**whole_counts(self._board), "currentTestRunDuration": elapsed_s * 1000}

    def scenario(self, name: str) -> ScenarioProgress:
        """See RunningTest; of all workers together."""
        assert self._scenarios is not None
        return self._scenarios.progress(name)

    def stop(self, code: ExitCode, message: str) -> None:
        """See RunningTest: ends this worker's scenarios at once, and by way of the parent everybody's."""
        self._send(StopTest(code, message))
        self._halt()

    def mark_failed(self, reason: str | None) -> None:
        """See RunningTest."""
        self._send(MarkFailed(reason))


def run_worker(
    order: WorkerOrder, parents: TestContext, environ: Mapping[str, str], board: Board, end: End
) -> None:
    """Everything that happens in a worker process; returns when it is done.

    Args:
        parents: the parent's context as it was before it made virtual users.
        environ: the process environment, for proxies.
        end: this worker's end of the socket pair.
    """
    with Reactor() as reactor:
        channel = MessageChannel(reactor, end, QUEUED_BYTES_MAX)
        try:
            options = parents.require_options()
            context = copy(parents)
            context.reactor = reactor
            context.logger = RelayLogger(parents.logger.level, lambda line: channel.send(encode(line)))
            context.dialer = Dialer(reactor, NetworkOptions(**network_options(options, environ)))
            context.root_group = Group.root()
            context.lingering = Lingering()
            context.request_turns = SharedRequestTurns(board)
            context.helpers = HelperTasks(reactor)
            worker = context.running_test = Worker(order, context, board, channel)
            watchdog = WorkerWatchdog(reactor, board, order.parent_pid)
            watchdog.start()
            reactor.run(until=reactor.spawn(worker.run))
            watchdog.stop()
        except Exception:
            channel.send(encode(Crashed(traceback.format_exc())))
            reactor.run(until=reactor.spawn(channel.flush))
            raise
