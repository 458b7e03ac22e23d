"""The last phase of a run: handleSummary(), or k6's own text, and the exported file.

Whatever goes wrong in it is logged at once and leaves the exit code as it is, as in k6.
"""

from __future__ import annotations

from runner.errors import ScriptError
from runner.execution.config import TestConfig
from runner.execution.lifecycle_call import LifecycleTimeout, SummaryCall
from runner.execution.preparation import PreparedTest
from runner.execution.summary import EndOfTest, SummaryFailed
from runner.ops import Interrupted
from runner.vu.outcome import BadSummary


class SummaryPhase:
    """Shows the summary; can be stopped.

    Args:
        summary: the figures.
    """

    def __init__(self, config: TestConfig, prepared: PreparedTest, summary: EndOfTest) -> None:
        self._config = config
        self._prepared = prepared
        self._summary = summary
        context = prepared.context
        self._logger = context.logger
        timeout_s = context.require_options().effective_handle_summary_timeout_s
        self._call = SummaryCall(context, config.script, timeout_s)

    def stop(self) -> None:
        """Cut handleSummary() off; k6's own text is shown instead."""
        self._call.stop()

    def run(self) -> None:
        """Do all of it; parks the calling task.

        Raises:
            Interrupted: a signal cut handleSummary() off; everything has been shown all the same.
        """
        if self._config.summary_mode == "disabled":
            return
        interruption = None
        try:
            try:
                files = self._files()
            except Interrupted as error:
                interruption, files = error, None
            self._summary.publish(files)
        except (BadSummary, LifecycleTimeout, SummaryFailed) as error:
            # Then k6 writes nothing at all, the exported file included.
            self._logger.error("failed to handle the end-of-test summary", error=error.message)
        if interruption is not None:
            raise interruption

    def _files(self) -> dict[str, str | bytes] | None:
        """What handleSummary() wants written; None without one, and when it threw."""
        if "handleSummary" in self._prepared.exports.others:
            raise BadSummary("exported identifier handleSummary must be a function")
        try:
            return self._call.run(self._summary.for_script)
        except ScriptError as error:
            self._logger.error(error.log_text(), **error.log_fields())
            # A promise that was rejected is for k6 an object like any other, and an empty one.
            return self._call.files() or {} if error.is_uncaught else None
