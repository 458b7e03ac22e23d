"""One test from start to end: init, setup, scenarios, teardown, summary, exit code.

Owns the order of the phases and what becomes of an error in each; https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from typing import Any, TextIO

from runner.engine.watchdog import Watchdog
from runner.errors import ExitCode, InternalError, K6pyError, ScriptError
from runner.execution.config import TestConfig
from runner.execution.executors.looping import LoopingExecutor, LoopingVu
from runner.execution.executors.registry import EXECUTORS
from runner.execution.iteration import run_iteration, take_data_samples
from runner.execution.preparation import PreparedTest, load_script, prepare, run_tags
from runner.execution.progress import banner, initialising_line, running_line, scenario_line
from runner.execution.progress_display import ProgressDisplay
from runner.execution.samples import SampleOutputs
from runner.execution.summary import write_summary
from runner.execution.vu_pool import VuPool
from runner.log import Logger, open_log
from runner.metrics.builtin import DROPPED_ITERATIONS, VUS, VUS_MAX
from runner.ops import Interrupted
from runner.options.durations import format_duration
from runner.options.scenario_plan import describe_scenarios, in_start_order, max_duration_s
from runner.options.scenarios import ScenarioConfig
from runner.reactor import DeadlineReached, Reactor, Task
from runner.vu.context import Limits, ScenarioProgress
from runner.vu.vu import Outcome, Phase, VirtualUser

VUS_INTERVAL_S = 1.0
THRESHOLDS_INTERVAL_S = 2.0

_TIMEOUT_CODES = {"setup": ExitCode.SETUP_TIMEOUT, "teardown": ExitCode.TEARDOWN_TIMEOUT}


def run_test(
    config: TestConfig,
    *,
    stdout: TextIO,
    stderr: TextIO,
    limits: Limits | None = None,
    native: bool = True,
) -> ExitCode:
    """Run one test; errors of the test are logged and become the exit code.

    Args:
        stdout: banner, progress and summary.
        stderr: the log, unless it goes elsewhere.
        limits: how long the network may take.
        native: whether interpreters use QuickJS's C API.

    Raises:
        UsageError: the log cannot be opened.
    """
    color = stderr.isatty() and not config.no_color
    logger = open_log(
        config.log_output,
        config.log_format,
        verbose=config.verbose,
        color=color,
        console_output=config.console_output,
        stdout=stdout,
        stderr=stderr,
    )
    with Reactor() as reactor:
        run = TestRun(config, reactor, logger, stdout, stderr)
        try:
            return run.run(limits or Limits(), native)
        finally:
            logger.close()


class TestRun:
    """The state of one run."""

    __test__ = False  # the name looks like a test class to pytest

    def __init__(
        self, config: TestConfig, reactor: Reactor, logger: Logger, stdout: TextIO, stderr: TextIO
    ) -> None:
        self._config = config
        self._reactor = reactor
        self._logger = logger
        self._stdout = stdout
        self._stderr = stderr
        self._executors: list[LoopingExecutor] = []
        self._exit_code = ExitCode.OK
        self._stopping = False
        self._marked_failed = False
        self._main: Task | None = None
        self._single_vu: VirtualUser | None = None
        self._pool: VuPool | None = None
        self._initialised = (0, 0)
        self._started_s: float | None = None
        self._duration_s = 0.0
        self._longest_s = 0.0

    # ---- the whole

    def run(self, limits: Limits, native: bool) -> ExitCode:
        """Run the test and return its exit code."""
        watchdog = Watchdog(self._reactor.now)
        watchdog.start()
        handlers = self._catch_signals()
        try:
            self._main = self._reactor.spawn(self._run, limits, native)
            self._reactor.run(until=self._main)
        finally:
            watchdog.stop()
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return self._exit_code

    def _run(self, limits: Limits, native: bool) -> None:
        try:
            prepared = prepare(self._config, self._reactor, self._logger, limits=limits, native=native)
            prepared.context.running_test = self
            if "handleSummary" in prepared.exports.functions:
                self._logger.warning(
                    "handleSummary() is not available in this version of k6py: the built-in summary is shown"
                )
            outputs = SampleOutputs(self._reactor, prepared.context.collector, self._logger, self._config.out)
            outputs.start()
        except K6pyError as error:
            self._log_failure(error)
            return
        except Interrupted:
            return
        try:
            self._run_phases(prepared, outputs)
        finally:
            self._close_sockets(prepared)
            outputs.stop(None)

    def _run_phases(self, prepared: PreparedTest, outputs: SampleOutputs) -> None:
        scenarios = in_start_order(prepared.context.require_options().scenarios)
        self._longest_s = max_duration_s(scenarios)
        if not self._config.quiet:
            self._write(
                banner(
                    self._config.script,
                    outputs.descriptions(),
                    describe_scenarios(prepared.context.require_options().scenarios),
                )
            )
        display = self._display()
        display.start()
        data: str | None = None
        try:
            data = self._run_test(prepared, scenarios)
        except K6pyError as error:
            self._log_failure(error)
        except Interrupted:
            pass
        finally:
            display.stop()
        if self._pool is None or self._initialised[0] < self._initialised[1]:
            return
        self._finish(prepared, data, display)

    def _run_test(self, prepared: PreparedTest, scenarios: list[ScenarioConfig]) -> str | None:
        """Init, setup, scenarios and teardown; what setup() returned, as JSON."""
        context, options = prepared.context, prepared.context.require_options()
        self._pool = VuPool(context, self._config.script)
        self._initialised = (0, 1)
        self._pool.fill(scenarios, self._note_initialised)
        data: str | None = None
        if "setup" in prepared.exports.functions and not options.no_setup:
            data = self._run_single(prepared, "setup", None, options.effective_setup_timeout_s)
            self._pool.give_setup_data(data)
        try:
            self._run_scenarios(prepared, scenarios)
        finally:
            if "teardown" in prepared.exports.functions and not options.no_teardown:
                self._run_single(prepared, "teardown", data, options.effective_teardown_timeout_s)
        return data

    def _finish(self, prepared: PreparedTest, data: str | None, display: ProgressDisplay) -> None:
        if self._marked_failed and self._exit_code is ExitCode.OK:
            self._logger.error("test run was marked as failed")
            self._exit_code = ExitCode.MARKED_FAILED
        outcome = prepared.thresholds.evaluate(self._duration_s)
        if outcome.crossed and self._exit_code is ExitCode.OK:
            self._logger.error(outcome.message)
            self._exit_code = ExitCode.THRESHOLDS_CROSSED
        if self._started_s is not None and not any(e.counts.complete for e in self._executors):
            self._logger.warning(
                "No script iterations fully finished, consider making the test duration longer"
            )
        try:
            write_summary(
                self._config,
                prepared.context,
                duration_s=self._duration_s,
                setup_data=data,
                has_setup="setup" in prepared.exports.functions,
                stdout=self._stdout,
                stderr=self._stderr,
            )
        except K6pyError as error:
            self._log_failure(error)
        display.write_block()

    # ---- setup and teardown

    def _run_single(
        self, prepared: PreparedTest, function: Phase, data: str | None, timeout_s: float
    ) -> str | None:
        """Run setup() or teardown() in a VU of its own; what it returned, as JSON."""
        context = prepared.context
        vu = self._single_vu = VirtualUser(context, 0)
        group = context.root_group.child(function)
        try:
            load_script(vu, self._config.script)
            vu.give_setup_data(data)
            vu.start_phase(function, run_tags(context.require_options()), group=group)
            outcome = self._call_in_time(vu, function, timeout_s)
            take_data_samples(vu, context.wall_clock())
            if outcome.error is not None:
                raise outcome.error
            return vu.result()
        finally:
            self._single_vu = None
            if not group.checks and not group.groups:
                # k6's group tree knows the two phases only when something was counted in them.
                del context.root_group.groups[function]

    def _call_in_time(self, vu: VirtualUser, function: str, timeout_s: float) -> Outcome:
        deadline_s = self._reactor.now() + timeout_s
        task = self._reactor.spawn(vu.run, function, deadline_s)
        try:
            task.join(deadline_s)
        except DeadlineReached:
            self._cut_off(task, vu)
            raise _Timeout(function, timeout_s) from None
        except Interrupted:
            self._cut_off(task, vu)
            raise
        outcome: Outcome = task.result
        if outcome.interrupted:
            raise _Timeout(function, timeout_s)
        return outcome

    def _cut_off(self, task: Task, vu: VirtualUser) -> None:
        vu.interrupt()
        self._reactor.interrupt(task, Interrupted())
        task.join()

    # ---- scenarios

    def _run_scenarios(self, prepared: PreparedTest, scenarios: list[ScenarioConfig]) -> None:
        assert self._pool is not None
        if self._stopping:
            return
        self._started_s = self._reactor.now()
        tasks = [self._reactor.spawn(self._run_scenario, prepared, scenario) for scenario in scenarios]
        timers = [self._sample_vus(prepared), self._watch_thresholds(prepared)]
        for task in tasks:
            task.join()
        self._duration_s = self._reactor.now() - self._started_s
        for cancel in timers:
            cancel()

    def _run_scenario(self, prepared: PreparedTest, scenario: ScenarioConfig) -> None:
        assert self._pool is not None and self._started_s is not None
        context = prepared.context
        options = context.require_options()
        vus: list[VirtualUser] = []
        tags = run_tags(options).with_tags(dict(scenario.tags))
        if context.has_system_tag("scenario"):
            tags = tags.with_tag("scenario", scenario.name)

        numbers = itertools.count()

        def iterate(vu: LoopingVu, deadline_s: float) -> bool:
            assert isinstance(vu, VirtualUser)
            vu.begin_iteration(scenario.name, tags, scenario.env, next(numbers))
            try:
                return run_iteration(vu, scenario, deadline_s).interrupted
            except InternalError as error:
                # A bug of ours ends the test, and what was measured so far still reaches summary and outputs.
                self.stop(error.exit_code, error.message)
                return True

        executor = EXECUTORS[scenario.EXECUTOR](
            self._reactor, scenario, vus, iterate, options.min_iteration_duration_s or 0.0
        )
        self._executors.append(executor)
        try:
            self._reactor.sleep_until(self._started_s + scenario.start_time_s)
        except Interrupted:
            return
        if self._stopping:
            return
        vus += self._pool.take(scenario.max_vus())
        executor.run()
        self._pool.give_back(vus)
        dropped = executor.left_over()
        if dropped and not self._stopping:
            collector = context.collector
            collector.count(
                collector.registry.builtin(DROPPED_ITERATIONS), dropped, tags, context.wall_clock()
            )

    def _sample_vus(self, prepared: PreparedTest) -> Any:
        context = prepared.context
        collector, tags = context.collector, run_tags(context.require_options())

        def sample() -> None:
            active = sum(executor.counts.active_vus for executor in self._executors)
            assert self._pool is not None
            time_s = context.wall_clock()
            collector.add(collector.registry.builtin(VUS), active, tags, time_s)
            collector.add(collector.registry.builtin(VUS_MAX), self._pool.size, tags, time_s)

        return self._every(VUS_INTERVAL_S, sample)

    def _watch_thresholds(self, prepared: PreparedTest) -> Any:
        def evaluate() -> None:
            assert self._started_s is not None
            outcome = prepared.thresholds.evaluate(self._reactor.now() - self._started_s, is_final=False)
            if outcome.abort and not self._stopping:
                self.stop(ExitCode.THRESHOLDS_CROSSED, outcome.message)

        return self._every(THRESHOLDS_INTERVAL_S, evaluate)

    def _every(self, interval_s: float, action: Any) -> Any:
        """Call `action` at intervals until the returned function is called."""
        timer: Any = None

        def again() -> None:
            nonlocal timer
            timer = self._reactor.call_at(self._reactor.now() + interval_s, tick)

        def tick() -> None:
            action()
            again()

        again()
        return lambda: timer.cancel()

    # ---- what scripts see of it (RunningTest)

    def instance(self) -> dict[str, float]:
        """The members of k6/execution's ``instance``."""
        counts = [executor.counts for executor in self._executors]
        elapsed_s = 0.0 if self._started_s is None else self._reactor.now() - self._started_s
        return {
            "vusActive": sum(count.active_vus for count in counts),
            "vusInitialized": 0 if self._pool is None else self._pool.size,
            "iterationsCompleted": sum(count.complete for count in counts),
            "iterationsInterrupted": sum(count.interrupted for count in counts),
            "currentTestRunDuration": elapsed_s * 1000,
        }

    def scenario(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""
        executor = next(executor for executor in self._executors if executor.scenario.name == name)
        assert executor.started_s is not None
        elapsed_s = self._reactor.now() - executor.started_s
        started_at_s = time.time() - elapsed_s
        return ScenarioProgress(executor.scenario.EXECUTOR, started_at_s, executor.fraction(elapsed_s))

    def mark_failed(self, reason: str) -> None:
        """exec.test.fail(): the test goes on and ends with exit code 110."""
        self._logger.error(f"test marked as failed: {reason}")
        self._marked_failed = True

    # ---- stopping

    def stop(self, code: ExitCode, message: str) -> None:
        """End the test now: running iterations are cut off, teardown and summary still happen."""
        if self._stopping:
            return
        self._stopping = True
        self._exit_code = code
        self._logger.error(message)
        if not self._executors and self._main is not None:
            # Still in init or setup: cut off what waits there.
            self._reactor.interrupt(self._main, Interrupted())
        for executor in self._executors:
            if executor.started_s is not None and executor.finished_s is None:
                executor.stop()

    def _catch_signals(self) -> dict[int, Any]:
        if threading.current_thread() is not threading.main_thread():
            return {}
        return {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}

    def _on_signal(self, number: int, _frame: Any) -> None:
        if self._stopping:
            # The second time: at once, as k6 does. Files are closed by the system.
            os._exit(int(ExitCode.EXTERNAL_ABORT))
        name = {signal.SIGINT: "interrupt", signal.SIGTERM: "terminated"}[signal.Signals(number)]
        for executor in self._executors:
            # JavaScript that computes is the watchdog's; the reactor gets its turn afterwards.
            executor.interrupt_all()
        if self._single_vu is not None:
            self._single_vu.interrupt()
        message = f"test run was aborted because k6py received a '{name}' signal"
        self._reactor.call_soon_threadsafe(self.stop, ExitCode.EXTERNAL_ABORT, message)

    def _log_failure(self, error: K6pyError) -> None:
        if self._exit_code is ExitCode.OK:
            self._exit_code = error.exit_code
        if isinstance(error, ScriptError):
            self._logger.error(error.log_text(), hint="script exception", source="stacktrace")
        else:
            self._logger.error(error.message)

    # ---- what is shown

    def _display(self) -> ProgressDisplay:
        return ProgressDisplay(
            self._reactor,
            None if self._config.quiet else self._stdout,
            is_terminal=self._stdout.isatty(),
            logger=self._logger,
            lines=self._progress_lines,
        )

    def _note_initialised(self, done: int, total: int) -> None:
        self._initialised = (done, total)

    def _progress_lines(self, bar: bool) -> list[str]:
        assert self._pool is not None
        if not self._executors:
            return [initialising_line(*self._initialised)]
        elapsed_s = self._duration_s or self._reactor.now() - (self._started_s or self._reactor.now())
        lines = [running_line(self._executors, elapsed_s, self._longest_s, self._pool.size)]
        width = max(len(executor.scenario.name) for executor in self._executors)
        now_s = self._reactor.now()
        return lines + [scenario_line(executor, now_s, width, bar=bar) for executor in self._executors]

    def _write(self, text: str) -> None:
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except OSError as error:
            self._logger.debug(f"standard output cannot be written: {error.strerror}")

    def _close_sockets(self, prepared: PreparedTest) -> None:
        """Let connections that are being closed finish; their time is bounded by Limits.close_s."""
        for tasks in prepared.context.shared.values():
            for task in list(tasks) if isinstance(tasks, set) else ():
                if isinstance(task, Task):
                    task.join()


class _Timeout(K6pyError):
    """setup() or teardown() took too long."""

    def __init__(self, function: str, timeout_s: float) -> None:
        super().__init__(
            f"{function}() execution timed out after {format_duration(timeout_s)}; give it more time with the"
            f" option {function}Timeout"
        )
        self.exit_code = _TIMEOUT_CODES[function]
