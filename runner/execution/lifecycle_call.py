"""One call of setup() or teardown(): in a virtual user of its own, in time, and stoppable."""

from __future__ import annotations

from runner.errors import ExitCode, K6pyError
from runner.execution.iteration import take_data_samples
from runner.execution.preparation import load_script, run_tags
from runner.ops import Interrupted
from runner.reactor import DeadlineReached, Task
from runner.vu.context import TestContext
from runner.vu.outcome import Outcome
from runner.vu.vu import Phase, VirtualUser

_TIMEOUT_CODES = {"setup": ExitCode.SETUP_TIMEOUT, "teardown": ExitCode.TEARDOWN_TIMEOUT}


class LifecycleTimeout(K6pyError):
    """setup() or teardown() took too long."""

    def __init__(self, function: str, timeout_s: float) -> None:
        super().__init__(f"{function}() execution timed out after {timeout_s:g} seconds")
        self.exit_code = _TIMEOUT_CODES[function]


class LifecycleCall:
    """Runs one of the two functions.

    Args:
        script: as given on the command line, for error texts.
        timeout_s: how long the function may take; loading the script for it is not counted.
    """

    def __init__(self, context: TestContext, script: str, function: Phase, timeout_s: float) -> None:
        self._context = context
        self._script = script
        self._function: Phase = function
        self._timeout_s = timeout_s
        self._vu = VirtualUser(context, 0)
        self._task: Task | None = None
        self._stopped = False
        self._deadline_s = 0.0

    def run(self, data: str | None) -> str | None:
        """Call it; parks the calling task.

        Args:
            data: what setup() returned, as JSON.

        Returns:
            What the function returned, as JSON; None for undefined.

        Raises:
            ScriptError: it threw.
            LifecycleTimeout: it took too long.
            Interrupted: stop() was called.
        """
        context, vu = self._context, self._vu
        group = context.root_group.child(self._function)
        try:
            load_script(vu, self._script)
            vu.give_setup_data(data)
            vu.start_phase(self._function, run_tags(context.require_options()), group=group)
            outcome = self._call()
            take_data_samples(vu, context.wall_clock())
        finally:
            if not group.checks and not group.groups:
                # k6's group tree knows the two phases only when something was counted in them.
                del context.root_group.groups[self._function]
        if outcome.error is not None:
            raise outcome.error
        if self._stopped:
            raise Interrupted
        if outcome.interrupted:
            # Before its time, it was cut off by a signal, which stop() will tell of.
            is_late = context.reactor.now() >= self._deadline_s
            raise LifecycleTimeout(self._function, self._timeout_s) if is_late else Interrupted
        return vu.result()

    def stop(self) -> None:
        """Cut the function off."""
        self._stopped = True
        if self._task is not None:
            self._cut_off(self._task)

    def _call(self) -> Outcome:
        reactor = self._context.reactor
        self._deadline_s = reactor.now() + self._timeout_s
        task = self._task = reactor.spawn(self._vu.run, self._function, self._deadline_s)
        try:
            task.join(self._deadline_s)
        except DeadlineReached:
            self._cut_off(task)
            task.join()
        outcome: Outcome = task.result
        return outcome

    def _cut_off(self, task: Task) -> None:
        self._vu.interrupt()
        self._context.reactor.interrupt(task, Interrupted())
