"""k6/execution: what a script may know of the running test, and how it ends it."""

from __future__ import annotations

from typing import Any

from jsbindings.api import Binding, Thrown, op
from runner.errors import ExitCode
from runner.ops import Interrupted
from runner.options.k6_form import final_options_to_k6
from runner.vu.context import RunningTest

NO_VU_IN_INIT = "getting VU information in the init context is not supported"


class ExecutionBinding(Binding):
    """The test as one virtual user sees it."""

    module = "k6/execution"

    @op(init_error=NO_VU_IN_INIT)
    def vu_value(self, name: str) -> int:
        """A member of ``vu`` that is a number."""
        vu = self.vu
        values = {
            "idInInstance": vu.vu_id,
            "idInTest": vu.id_in_test,
            "iterationInInstance": max(vu.iteration.in_instance, 0),
            "iterationInScenario": max(vu.iteration.in_scenario.get(vu.iteration.scenario, 0), 0),
        }
        return values[name]

    @op(init_error=NO_VU_IN_INIT)
    def labels(self, kind: str) -> dict[str, str]:
        """The tags, or the metadata, that samples of this VU carry now."""
        return self.vu.tags.as_dict() if kind == "tag" else dict(self.vu.metadata)

    @op(init_error=NO_VU_IN_INIT)
    def set_label(self, kind: str, name: str, value: str) -> None:
        """A tag, or an entry of the metadata, for all later samples of this VU."""
        if kind == "tag":
            self.vu.tags = self.vu.tags.with_tag(name, value)
        else:
            self.vu.metadata[name] = value

    @op(init_error=NO_VU_IN_INIT)
    def drop_label(self, kind: str, name: str) -> None:
        """Take one of them off, if it is there."""
        if kind == "tag":
            self.vu.tags = self.vu.tags.without(name)
        else:
            self.vu.metadata.pop(name, None)

    @op
    def scenario(self, name: str) -> Any:
        """A member of ``scenario``."""
        if self.vu.phase != "vu":
            raise Thrown("getting scenario information outside of the VU context is not supported")
        iteration = self.vu.iteration
        progress = self._test().scenario(iteration.scenario)
        values = {
            "name": iteration.scenario,
            "executor": progress.executor,
            "startTime": int(progress.started_at_s * 1000),
            "progress": progress.fraction,
            "iterationInInstance": iteration.number,
            "iterationInTest": iteration.in_test,
        }
        return values[name]

    @op
    def instance(self, name: str) -> Any:
        """A member of ``instance``."""
        if self.vu.phase in ("init", "teardown"):
            raise Thrown("getting instance information in the init context is not supported")
        return self._test().instance()[name]

    @op
    def abort(self, reason: str | None, frame: str) -> None:
        """End the test; nothing of the calling iteration runs any further.

        `frame` says where the script called; k6 shows it outside of setup() and teardown().
        """
        message = "test aborted" if reason is None else f"test aborted: {reason}"
        if frame and self.vu.phase in ("init", "vu"):
            message = f"{message} at {frame}"
        self.vu.abort_message = message
        if self.vu.phase == "init":
            # Whoever loads the script sees the message; the script itself cannot catch this.
            raise Interrupted
        self._test().stop(ExitCode.SCRIPT_ABORTED, message)
        raise Interrupted

    @op
    def fail(self, reason: str | None) -> None:
        """Let the test end as failed; it goes on until then."""
        if self.vu.phase == "init":
            raise Thrown("execution.test.fail() called outside of VU context")
        self._test().mark_failed(reason)

    @op(init_error="getting test options in the init context is not supported")
    def options(self) -> dict[str, object]:
        """The final options of the test."""
        return final_options_to_k6(self.vu.options)

    def _test(self) -> RunningTest:
        running = self.vu.context.running_test
        if running is None:
            raise Thrown("the test has not started yet")
        return running
