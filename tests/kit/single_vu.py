"""One virtual user with a script in it, without executors: for what happens inside one iteration.

with single_vu(script) as user:
    outcome = user.run(deadline_s=0.1)
    assert outcome.interrupted
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from runner.engine.watchdog import Watchdog
from runner.execution.config import TestConfig
from runner.execution.preparation import load_script, prepare
from runner.log import open_log
from runner.metrics.tags import TagSet
from runner.ops import Interrupted
from runner.reactor import DeadlineReached, Reactor
from runner.vu.outcome import Outcome
from runner.vu.vu import VirtualUser
from tests.kit.run_script import BOUND_S, bounded, write


class SingleVu:
    """The virtual user and its surroundings; each call runs the reactor until it is done."""

    def __init__(self, reactor: Reactor, vu: VirtualUser, log: io.StringIO) -> None:
        self.reactor = reactor
        self.vu = vu
        self._log = log

    @property
    def log(self) -> list[str]:
        """Messages logged so far."""
        return self._log.getvalue().splitlines()

    def run(self, function: str = "default", *, deadline_s: float | None = None) -> Outcome:
        """Call one of the script's functions in an iteration of its own.

        Args:
            deadline_s: from now.
        """
        self.vu.begin_iteration("scenario", TagSet.of({}), {}, 0, 0)
        outcome: Outcome = self.call(self._run, function, deadline_s)
        return outcome

    def _run(self, function: str, deadline_s: float | None) -> Outcome:
        """As an executor does it: what waits at the deadline is interrupted there."""
        until_s = None if deadline_s is None else self.reactor.now() + deadline_s
        task = self.reactor.spawn(self.vu.run, function, until_s)
        try:
            task.join(until_s)
        except DeadlineReached:
            self.vu.interrupt()
            self.reactor.interrupt(task, Interrupted())
            task.join()
        outcome: Outcome = task.result
        return outcome

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call `function` in a task."""
        task = self.reactor.spawn(function, *args)
        with bounded(BOUND_S):
            self.reactor.run(until=task)
        return task.result


@contextlib.contextmanager
def single_vu(script: str, *, native: bool = True, env: dict[str, str] | None = None) -> Iterator[SingleVu]:
    """A virtual user that has loaded `script`; the watchdog runs."""
    log = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, Reactor() as reactor:
        write(Path(folder, "script.js"), textwrap.dedent(script))
        config = TestConfig(
            str(Path(folder, "script.js")), environ={"XDG_CONFIG_HOME": folder}, env=env or {}
        )
        logger = open_log("stderr", "raw", stderr=log, stdout=log)
        watchdog = Watchdog(reactor.now)
        watchdog.start()
        try:
            user = SingleVu(reactor, None, log)  # type: ignore[arg-type]
            prepared = user.call(lambda: prepare(config, reactor, logger, native=native))
            user.vu = VirtualUser(prepared.context, 1)
            user.call(load_script, user.vu, config.script)
            yield user
        finally:
            watchdog.stop()
            logger.close()
