"""One call of setup(), teardown() or handleSummary(): in a virtual user of its own, in time, and stoppable."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Literal

from runner.errors import ExitCode, K6pyError
from runner.execution.iteration import take_data_samples
from runner.execution.preparation import load_script, run_tags
from runner.metrics.collector import Collector
from runner.metrics.groups import Group
from runner.metrics.registry import Registry
from runner.ops import Interrupted
from runner.reactor import Task
from runner.vu.context import TestContext
from runner.vu.outcome import Outcome
from runner.vu.vu import VirtualUser

_TIMEOUT_CODES = {
    "setup": ExitCode.SETUP_TIMEOUT,
    "teardown": ExitCode.TEARDOWN_TIMEOUT,
    "handleSummary": ExitCode.GENERIC_TIMEOUT,
}


class LifecycleTimeout(K6pyError):
    """One of the functions took too long."""

    def __init__(self, function: str, timeout_s: float) -> None:
        super().__init__(f"{function}() execution timed out after {timeout_s:g} seconds")
        self.exit_code = _TIMEOUT_CODES[function]
        self._hint = f"You can increase the time limit via the {function}Timeout option"

    def log_fields(self) -> dict[str, object]:
        """What to do about it."""
        return {"hint": self._hint}


class BoundedCall:
    """Loads the script anew and calls one function in it, if there is one.

    Args:
        script: as given on the command line, for error texts.
        function: its name.
        timeout_s: how long the function may take; loading the script for it is not counted.
    """

    def __init__(self, context: TestContext, script: str, function: str, timeout_s: float) -> None:
        self._context = context
        self._script = script
        self._function = function
        self._timeout_s = timeout_s
        self._vu = VirtualUser(context, 0)
        self._task: Task | None = None
        self._stopped = False
        self._deadline_s = 0.0

    def stop(self) -> None:
        """Cut the function off."""
        self._stopped = True
        self._cut_off()

    def _make(self, call: Callable[[float], Outcome]) -> None:
        """Make `call` with its deadline, in a task of its own; parks the calling one.

        Raises:
            ScriptError: the script does not load any more, or the function threw.
            LifecycleTimeout: it took too long.
            Interrupted: stop() was called, or a signal cut it off.
        """
        task = self._task = self._context.reactor.spawn(self._load_and, call)
        outcome: Outcome = task.join()
        if outcome.error is not None:
            raise outcome.error
        if self._stopped:
            raise Interrupted
        if outcome.interrupted:
            # Before its time, it was cut off by a signal, which stop() will tell of.
            is_late = self._context.reactor.now() >= self._deadline_s
            raise LifecycleTimeout(self._function, self._timeout_s) if is_late else Interrupted

    def _load_and(self, call: Callable[[float], Outcome]) -> Outcome:
        self._heed_stop()
        load_script(self._vu, self._script)
        exports = self._vu.exports()
        self._heed_stop()
        if self._function not in exports.functions:
            return Outcome()
        reactor = self._context.reactor
        self._deadline_s = reactor.now() + self._timeout_s
        timer = reactor.call_at(self._deadline_s, self._cut_off)
        try:
            return call(self._deadline_s)
        finally:
            timer.cancel()

    def _heed_stop(self) -> None:
        if self._stopped:
            raise Interrupted

    def _cut_off(self) -> None:
        if self._task is not None:
            self._vu.interrupt()
            self._context.reactor.interrupt(self._task, Interrupted())


class LifecycleCall(BoundedCall):
    """Runs setup() or teardown()."""

    def __init__(
        self, context: TestContext, script: str, function: Literal["setup", "teardown"], timeout_s: float
    ) -> None:
        super().__init__(context, script, function, timeout_s)
        self._phase = function

    def run(self, data: str | None) -> str | None:
        """Call it; parks the calling task.

        Args:
            data: what setup() returned, as JSON.

        Returns:
            What setup() returned, as JSON; None for undefined, and of teardown().

        Raises:
            ScriptError: it threw.
            LifecycleTimeout: it took too long.
            Interrupted: stop() was called.
            NoJson: setup() returned what cannot be handed on.
        """
        context, vu = self._context, self._vu
        group = context.root_group.child(self._phase)

        def call(deadline_s: float) -> Outcome:
            vu.give_setup_data(data)
            vu.start_phase(self._phase, run_tags(context.require_options()), group=group)
            outcome = vu.run(self._phase, deadline_s)
            take_data_samples(vu, context.wall_clock())
            return outcome

        try:
            self._make(call)
        finally:
            if not group.checks and not group.groups:
                # k6's group tree knows the two phases only when something was counted in them.
                context.root_group.groups.pop(self._phase, None)
        return vu.result() if self._phase == "setup" else None


class SummaryCall(BoundedCall):
    """Runs handleSummary().  What it measures counts nowhere: the summary's data is complete by then."""

    def __init__(self, context: TestContext, script: str, timeout_s: float) -> None:
        apart = copy(context)
        apart.collector = Collector(Registry())
        apart.root_group = Group.root()
        super().__init__(apart, script, "handleSummary", timeout_s)

    def run(self, data: Callable[[], str]) -> dict[str, str | bytes] | None:
        """Call it; parks the calling task.

        Args:
            data: makes its argument, as JSON; asked when there is a function to call.

        Returns:
            Contents by path, None when it returned nothing.

        Raises:
            ScriptError: it threw.
            LifecycleTimeout: it took too long.
            Interrupted: stop() was called.
            BadSummary: it returned what cannot be written.
        """

        def call(deadline_s: float) -> Outcome:
            # k6 lets it see of the test what teardown() may see.
            self._vu.start_phase("teardown", run_tags(self._context.require_options()))
            return self._vu.summarise(data(), deadline_s)

        self._make(call)
        return self.files()

    def files(self) -> dict[str, str | bytes] | None:
        """What it returned, also when a promise beside it was rejected.

        Raises:
            BadSummary: it returned what cannot be written.
        """
        return self._vu.files()
