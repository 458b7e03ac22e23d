"""One test from start to end: init, setup, scenarios, teardown, summary, exit code.

Owns what becomes of an error in each phase, and stopping; the phases themselves are in phases.py.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runner.engine.watchdog import Watchdog
from runner.errors import ExitCode, K6pyError
from runner.execution.config import TestConfig
from runner.execution.garbage import short_collections
from runner.execution.hold import Hold
from runner.execution.intervals import watching
from runner.execution.phases import Phases, Stoppable
from runner.execution.preparation import PreparedTest, prepare
from runner.execution.processes import hire_workers
from runner.execution.progress import Canvas, banner
from runner.execution.progress_display import ProgressDisplay
from runner.execution.rest_server import NO_SERVER, RestApiFailed, serving
from runner.execution.run_end import RunEnd
from runner.execution.run_log import run_log
from runner.execution.run_progress import RunProgress
from runner.execution.samples import SampleOutputs
from runner.execution.signals import Signals
from runner.execution.summary import EndOfTest
from runner.execution.summary_phase import SummaryPhase
from runner.execution.terminal import terminal_safe
from runner.execution.vu_pool import VuPool
from runner.log import Logger
from runner.metrics.sections import Sections
from runner.ops import Interrupted
from runner.options.layers import config_file_outputs
from runner.options.scenario_plan import describe_scenarios, scenarios_of_run
from runner.reactor import Reactor, Task
from runner.vu.context import Limits, ScenarioProgress

if TYPE_CHECKING:
    from runner.execution.run_control import RunControl
    from runner.execution.workers.crew import Crew
    from runner.options.scenarios import ScenarioConfig

LINGERING = "The test is done, but --linger was enabled, so k6py is waiting for Ctrl+C to continue..."


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
        UsageError: the log or the profile cannot be opened.
    """
    with (
        run_log(config, terminal_safe(stdout), terminal_safe(stderr)) as logger,
        _profiling(config, stderr),
        short_collections(),
        Reactor() as reactor,
    ):
        return TestRun(config, reactor, logger, stdout, stderr).run(limits or Limits(), native)


def _profiling(config: TestConfig, stderr: TextIO) -> AbstractContextManager[None]:
    if config.profile is None:
        return nullcontext()
    # A run without it pays nothing for it.
    from runner.execution.profiling import profiling

    return profiling(Path(config.profile), terminal_safe(stderr))


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
        self._signals = Signals(reactor, self._watchdog, logger, self._heed_signal)
        self._end = RunEnd(logger)
        self._stopping = False
        self._marked_failed = False
        # Holds a run that lingers.
        self._linger: Hold | None = None
        self._phase: Stoppable | None = None
        self._crew: Crew | None = None
        self._phases: Phases | None = None

    # ---- the whole

    def run(self, limits: Limits, native: bool) -> ExitCode:
        """Run the test and return its exit code."""
        self._watchdog.start()
        try:
            with self._signals:
                main = self._reactor.spawn(self._run_and_dismiss, limits, native)
                self._phase = _Loading(self._reactor, main)
                self._reactor.run(until=main)
        finally:
            self._watchdog.stop()
        return self._end.exit_code

    def _run_and_dismiss(self, limits: Limits, native: bool) -> None:
        try:
            self._run(limits, native)
        finally:
            self._end.tell()
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
                self._config.out or config_file_outputs(self._config.config_file, self._config.environ),
                environ=self._config.environ,
                options=prepared.context.require_options(),
            )
            self._crew = hire_workers(self._config, prepared.context, self)
            outputs.start()
        except K6pyError as error:
            self._end.note_error(error)
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
        if not self._config.quiet:
            listed = describe_scenarios(scenarios, float(options.segment.length) if options.segment else 1.0)
            canvas = Canvas(color=self._has_colors)
            self._write(banner(self._config.script, outputs.descriptions(), listed, canvas))
        phases = self._phases = Phases(
            prepared.context,
            self._config.script,
            prepared.exports.functions,
            self._crew or VuPool(prepared.context, self._config.script),
            scenarios,
            on_bug=lambda error: self.stop(error.exit_code, error.message),
        )
        display = ProgressDisplay(
            self._reactor,
            None if self._config.quiet else self._stdout,
            is_terminal=self._stdout.isatty(),
            color=self._has_colors,
            logger=self._logger,
            lines=RunProgress(phases, scenarios, self._reactor.now).lines,
        )
        display.start()
        try:
            with (
                serving(
                    self._config,
                    lambda: self._control(prepared, phases, scenarios),
                    self._reactor,
                    self._logger,
                ),
                watching(
                    self._reactor,
                    sample_vus=phases.sample_vus,
                    judge_thresholds=lambda: self._judge(prepared, phases),
                ),
            ):
                has_begun = self._run_phases(phases)
                if has_begun and options.linger:
                    self._stay(display)
            self._finish(prepared, phases)
        except RestApiFailed as error:
            self._end.note(error.exit_code, NO_SERVER, {"error": error.message})
            return
        finally:
            display.stop()
        if has_begun:
            display.write_block()

    def _control(self, prepared: PreparedTest, phases: Phases, scenarios: list[ScenarioConfig]) -> RunControl:
        # Nobody but the REST API needs it.
        from runner.execution.run_control import RunControl

        return RunControl(
            prepared.context,
            self._config.script,
            phases,
            scenarios,
            stop=self._stop_by_api,
            is_stopping=lambda: self._stopping,
        )

    def _run_phases(self, phases: Phases) -> bool:
        """Whether they began: the virtual users are there."""
        try:
            phases.make_vus()
            # For a stop that came in their last moment: it interrupts the next wait.
            self._reactor.sleep_until(self._reactor.now())
        except (K6pyError, Interrupted) as error:
            self._note_end(error)
            return False
        try:
            self._phase = phases
            phases.run()
        except (K6pyError, Interrupted) as error:
            self._note_end(error)
        self._phase = None
        return True

    def _stay(self, display: ProgressDisplay) -> None:
        """Linger until Ctrl-C, unless that is what ended the run."""
        if self._signals.message is None:
            display.say(LINGERING)
            self._linger = Hold(self._reactor)
            self._linger.wait()

    def _finish(self, prepared: PreparedTest, phases: Phases) -> None:
        if self._marked_failed:
            self._end.note(ExitCode.MARKED_FAILED, "test run was marked as failed")
        outcome = prepared.thresholds.evaluate(phases.elapsed_s)
        if outcome.crossed:
            self._end.note(ExitCode.THRESHOLDS_CROSSED, outcome.message)
        run = phases.scenarios_run
        if run is not None and not run.has_complete_iterations and not self._stopping:
            self._logger.warning(
                "No script iterations fully finished, consider making the test duration longer"
            )
        summary = EndOfTest(
            self._config,
            prepared.context,
            duration_s=phases.elapsed_s,
            setup_data=phases.setup_data,
            stdout=terminal_safe(self._stdout),
            stderr=terminal_safe(self._stderr),
        )
        self._phase = phase = SummaryPhase(self._config, prepared, summary)
        try:
            phase.run()
        except Interrupted as interruption:
            self._note_end(interruption)
        self._phase = None

    # ---- what scripts see (RunningTest)

    def instance(self) -> dict[str, float]:
        """The members of k6/execution's ``instance``."""
        assert self._phases is not None
        return self._phases.instance()

    def scenario(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""
        assert self._phases is not None
        return self._phases.progress(name)

    def mark_failed(self, reason: str | None) -> None:
        """exec.test.fail(): the test goes on and ends with exit code 110."""
        self._logger.error("test marked as failed" if reason is None else f"test marked as failed: {reason}")
        self._marked_failed = True

    # ---- stopping

    def stop(self, code: ExitCode, message: str) -> None:
        """End the running phase now; teardown and summary still follow where k6 lets them follow."""
        # A signal also ends what still runs after another reason to stop, teardown() for example.
        if self._note_stop(code, message) and self._phase is not None:
            self._phase.stop()

    def _stop_by_api(self) -> None:
        if not self._note_stop(ExitCode.STOPPED_BY_REST_API, "test run stopped from REST API"):
            return
        if self._phases is not None and self._phase is self._phases:
            self._phases.stop_before_teardown()
        elif self._phase is not None:
            self._phase.stop()

    def _note_stop(self, code: ExitCode, message: str) -> bool:
        """Whether there is something to stop."""
        is_signal = code is ExitCode.EXTERNAL_ABORT
        if self._linger is not None or (self._stopping and not is_signal):
            return False
        if isinstance(self._phase, SummaryPhase) and not is_signal:
            # The test is over: nothing is left for handleSummary() to abort.
            self._logger.error(message)
        else:
            self._end.note(code, message)
            self._stopping = True
        return True

    def _judge(self, prepared: PreparedTest, phases: Phases) -> None:
        prepared.context.collector.gather()
        outcome = prepared.thresholds.evaluate(phases.elapsed_s, is_final=False)
        if outcome.abort:
            self.stop(ExitCode.THRESHOLDS_CROSSED, outcome.message)

    def _heed_signal(self, message: str) -> None:
        if self._linger is not None:
            self._linger.release()
        else:
            self.stop(ExitCode.EXTERNAL_ABORT, message)

    def _note_end(self, error: K6pyError | Interrupted) -> None:
        """How a phase ended; the reason of an interruption is stop()'s, which a phase that computed forestalls."""
        self._phase = None
        if isinstance(error, K6pyError):
            self._end.note_error(error)
        else:
            self._signals.heed()

    # ---- what is shown

    @property
    def _has_colors(self) -> bool:
        return self._stdout.isatty() and not self._config.no_color

    def _write(self, text: str) -> None:
        stdout = terminal_safe(self._stdout)
        try:
            stdout.write(text)
            stdout.flush()
        except OSError as error:
            self._logger.debug(f"standard output cannot be written: {error.strerror}")
