"""One test from start to end: init, setup, scenarios, teardown, summary, exit code.

Owns the order of the phases, what becomes of an error in each, and stopping.
Source: https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any, Protocol, TextIO

from runner.engine.watchdog import Watchdog
from runner.errors import ExitCode, K6pyError, ScriptError
from runner.execution.config import TestConfig
from runner.execution.lifecycle_call import LifecycleCall, SummaryCall
from runner.execution.preparation import PreparedTest, prepare
from runner.execution.processes import hire_workers, scenarios_run
from runner.execution.progress import banner, initialising_line, running_line, scenario_line
from runner.execution.progress_display import ProgressDisplay
from runner.execution.run_log import run_log
from runner.execution.samples import SampleOutputs
from runner.execution.scenarios_run import ScenariosRun
from runner.execution.summary import EndOfTest
from runner.execution.vu_pool import VuPool
from runner.execution.workers.crew import Crew
from runner.execution.workers.workers_run import WorkersRun
from runner.log import Logger
from runner.metrics.sections import Sections
from runner.ops import Interrupted
from runner.options.scenario_plan import describe_scenarios, max_duration_s, scenarios_of_run
from runner.options.scenarios import ScenarioConfig
from runner.reactor import Reactor, Task
from runner.vu.context import Limits, ScenarioProgress
from runner.vu.outcome import BadSummary


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
    with run_log(config, stdout, stderr) as logger, Reactor() as reactor:
        return TestRun(config, reactor, logger, stdout, stderr).run(limits or Limits(), native)


class Stoppable(Protocol):
    """A phase that can be ended from outside of its task."""

    def stop(self) -> None:
        """End it now."""


class _Loading:
    """Reading the script and making the VUs: all of it happens in the main task."""

    def __init__(self, reactor: Reactor, task: Task) -> None:
        self._reactor = reactor
        self._task = task

    def stop(self) -> None:
        """See Stoppable."""
        self._reactor.interrupt(self._task, Interrupted())


class TestRun:
    """The state of one run; also what scripts see of it (RunningTest)."""

    __test__ = False  # the name looks like a test class to pytest

    def __init__(
        self, config: TestConfig, reactor: Reactor, logger: Logger, stdout: TextIO, stderr: TextIO
    ) -> None:
        self._config = config
        self._reactor = reactor
        self._logger = logger
        self._stdout = stdout
        self._stderr = stderr
        self._watchdog = Watchdog(reactor.now)
        self._exit_code = ExitCode.OK
        self._stopping = False
        self._signal_message: str | None = None
        self._signal_heeded = False
        self._marked_failed = False
        self._phase: Stoppable | None = None
        self._crew: Crew | None = None
        self._pool: VuPool | Crew | None = None
        self._scenarios: ScenariosRun | WorkersRun | None = None
        self._initialised = (0, 0)
        self._longest_s = 0.0

    # ---- the whole

    def run(self, limits: Limits, native: bool) -> ExitCode:
        """Run the test and return its exit code."""
        self._watchdog.start()
        handlers = self._catch_signals()
        try:
            main = self._reactor.spawn(self._run_and_dismiss, limits, native)
            self._phase = _Loading(self._reactor, main)
            self._reactor.run(until=main)
        finally:
            self._watchdog.stop()
            for number, handler in handlers.items():
                signal.signal(number, handler)
        return self._exit_code

    def _run_and_dismiss(self, limits: Limits, native: bool) -> None:
        try:
            self._run(limits, native)
        finally:
            if self._crew is not None:
                self._crew.close()

    def _run(self, limits: Limits, native: bool) -> None:
        try:
            prepared = prepare(self._config, self._reactor, self._logger, limits=limits, native=native)
            prepared.context.running_test = self
            if self._config.summary_mode == "full":
                prepared.context.collector.sections = Sections()
            outputs = SampleOutputs(
                self._reactor,
                prepared.context.collector,
                self._logger,
                self._config.out,
                environ=self._config.environ,
                system_tags=prepared.context.require_options().system_tags,
            )
            self._crew = hire_workers(self._config, prepared.context, self)
            outputs.start()
        except K6pyError as error:
            self._log_failure(error)
            return
        except Interrupted as interruption:
            self._note_end(interruption)
            return
        try:
            self._run_prepared(prepared, outputs)
        finally:
            prepared.context.lingering.wait(self._reactor)
            outputs.stop(None)

    def _run_prepared(self, prepared: PreparedTest, outputs: SampleOutputs) -> None:
        options = prepared.context.require_options()
        scenarios = scenarios_of_run(options)
        self._longest_s = max_duration_s(scenarios)
        if not self._config.quiet:
            listed = describe_scenarios(scenarios, float(options.segment.length) if options.segment else 1.0)
            self._write(banner(self._config.script, outputs.descriptions(), listed))
        display = ProgressDisplay(
            self._reactor,
            None if self._config.quiet else self._stdout,
            is_terminal=self._stdout.isatty(),
            logger=self._logger,
            lines=self._progress_lines,
        )
        display.start()
        try:
            self._pool = self._crew or VuPool(prepared.context, self._config.script)
            self._pool.fill(scenarios, self._note_initialised)
        except (K6pyError, Interrupted) as error:
            self._note_end(error)
            return
        finally:
            self._phase = None
            if self._initialised[0] < self._initialised[1]:
                display.stop()
        data = self._run_phases(prepared, scenarios)
        display.stop()
        self._finish(prepared, data)
        display.write_block()

    def _run_phases(self, prepared: PreparedTest, scenarios: list[ScenarioConfig]) -> str | None:
        """Setup, scenarios and teardown; what setup() returned, as JSON."""
        assert self._pool is not None
        options = prepared.context.require_options()
        data: str | None = None
        # k6 makes a virtual user for each of these calls, and so runs the init code, also without the function.
        if not options.no_setup:
            call = LifecycleCall(
                prepared.context, self._config.script, "setup", options.effective_setup_timeout_s
            )
            try:
                self._phase = call
                data = call.run(None)
            except (K6pyError, Interrupted) as error:
                # As in k6: without its setup() neither the scenarios nor teardown() run.
                self._note_end(error)
                return None
            self._pool.give_setup_data(data)
        if not self._stopping:
            self._scenarios = self._phase = scenarios_run(
                prepared.context,
                self._pool,
                scenarios,
                on_bug=lambda error: self.stop(error.exit_code, error.message),
                on_interval=lambda elapsed_s: self._judge(prepared, elapsed_s),
            )
            self._scenarios.run()
        if not options.no_teardown:
            call = LifecycleCall(
                prepared.context, self._config.script, "teardown", options.effective_teardown_timeout_s
            )
            try:
                self._phase = call
                call.run(data)
            except (K6pyError, Interrupted) as error:
                self._note_end(error)
        self._phase = None
        return data

    def _finish(self, prepared: PreparedTest, data: str | None) -> None:
        if self._marked_failed and self._exit_code is ExitCode.OK:
            self._logger.error("test run was marked as failed")
            self._exit_code = ExitCode.MARKED_FAILED
        elapsed_s = self._scenarios.elapsed_s if self._scenarios else 0.0
        outcome = prepared.thresholds.evaluate(elapsed_s)
        if outcome.crossed and self._exit_code is ExitCode.OK:
            self._logger.error(outcome.message)
            self._exit_code = ExitCode.THRESHOLDS_CROSSED
        if self._scenarios is not None and not self._scenarios.has_complete_iterations:
            self._logger.warning(
                "No script iterations fully finished, consider making the test duration longer"
            )
        summary = EndOfTest(
            self._config,
            prepared.context,
            duration_s=elapsed_s,
            setup_data=data,
            stdout=self._stdout,
            stderr=self._stderr,
        )
        if self._config.summary_mode != "disabled":
            files = self._handle_summary(prepared, summary)
            if files is None:
                summary.show()
            else:
                summary.write(files)
        try:
            summary.export()
        except K6pyError as error:
            self._log_failure(error)

    def _handle_summary(self, prepared: PreparedTest, summary: EndOfTest) -> dict[str, str | bytes] | None:
        """What the script's own handleSummary() wants written; None without one, and when it failed.

        Whatever goes wrong in it leaves the exit code as it is, as in k6.
        """
        timeout_s = prepared.context.require_options().effective_handle_summary_timeout_s
        call = SummaryCall(prepared.context, self._config.script, timeout_s)
        try:
            self._phase = call
            return call.run(summary.for_script())
        except BadSummary as error:
            self._logger.error("failed to handle the end-of-test summary", error=error.message)
            return {}
        except K6pyError as error:
            self._log_error(error)
        except Interrupted as interruption:
            self._note_end(interruption)
        finally:
            self._phase = None
        return None

    # ---- what scripts see (RunningTest)

    def instance(self) -> dict[str, float]:
        """The members of k6/execution's ``instance``."""
        if self._scenarios is not None:
            return self._scenarios.instance()
        vus = 0 if self._pool is None else self._pool.size
        return {
            "vusActive": 0,
            "vusInitialized": vus,
            "iterationsCompleted": 0,
            "iterationsInterrupted": 0,
            "currentTestRunDuration": 0.0,
        }

    def scenario(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""
        assert self._scenarios is not None
        return self._scenarios.progress(name)

    def mark_failed(self, reason: str) -> None:
        """exec.test.fail(): the test goes on and ends with exit code 110."""
        self._logger.error(f"test marked as failed: {reason}")
        self._marked_failed = True

    # ---- stopping

    def stop(self, code: ExitCode, message: str) -> None:
        """End the running phase now; teardown and summary still follow where k6 lets them follow."""
        self._watchdog.cut_off_all = False
        is_signal = code is ExitCode.EXTERNAL_ABORT
        if self._stopping and not is_signal:
            return
        if not self._stopping:
            self._exit_code = code
        self._stopping = True
        self._logger.error(message)
        # A signal also ends what still runs after another reason to stop, teardown() for example.
        if self._phase is not None:
            self._phase.stop()

    def _judge(self, prepared: PreparedTest, elapsed_s: float) -> None:
        outcome = prepared.thresholds.evaluate(elapsed_s, is_final=False)
        if outcome.abort:
            self.stop(ExitCode.THRESHOLDS_CROSSED, outcome.message)

    def _catch_signals(self) -> dict[int, Any]:
        if threading.current_thread() is not threading.main_thread():
            return {}
        return {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}

    def _on_signal(self, number: int, _frame: Any) -> None:
        if self._signal_message is not None:
            # The second time: at once, as k6 does. Files are closed by the system.
            os._exit(int(ExitCode.EXTERNAL_ABORT))
        # JavaScript that computes now would not let the reactor have its turn.
        self._watchdog.cut_off_all = True
        name = {signal.SIGINT: "interrupt", signal.SIGTERM: "terminated"}[signal.Signals(number)]
        self._signal_message = f"test run was aborted because k6py received a '{name}' signal"
        self._reactor.call_soon_threadsafe(self._heed_signal)

    def _heed_signal(self) -> None:
        # Asked twice: by the reactor, and by a phase that the signal cut off before the reactor had its turn.
        if self._signal_message is not None and not self._signal_heeded:
            self._signal_heeded = True
            self.stop(ExitCode.EXTERNAL_ABORT, self._signal_message)

    def _note_end(self, error: K6pyError | Interrupted) -> None:
        """How a phase ended; an interruption is logged by stop(), which a phase that computed forestalls."""
        self._phase = None
        if isinstance(error, K6pyError):
            self._log_failure(error)
        else:
            self._heed_signal()

    def _log_failure(self, error: K6pyError) -> None:
        if self._exit_code is ExitCode.OK:
            self._exit_code = error.exit_code
        self._log_error(error)

    def _log_error(self, error: K6pyError) -> None:
        if isinstance(error, ScriptError):
            self._logger.error(error.log_text(), hint="script exception", source="stacktrace")
        else:
            self._logger.error(error.message)

    # ---- what is shown

    def _note_initialised(self, done: int, total: int) -> None:
        self._initialised = (done, total)

    def _progress_lines(self, bar: bool) -> list[str]:
        if self._scenarios is None or self._pool is None:
            return [initialising_line(*self._initialised)]
        executors = self._scenarios.executors
        width = max((len(executor.scenario.name) for executor in executors), default=0)
        now_s = self._reactor.now()
        return [
            running_line(executors, self._scenarios.elapsed_s, self._longest_s, self._pool.size),
            *(scenario_line(executor, now_s, width, bar=bar) for executor in executors),
        ]

    def _write(self, text: str) -> None:
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except OSError as error:
            self._logger.debug(f"standard output cannot be written: {error.strerror}")
