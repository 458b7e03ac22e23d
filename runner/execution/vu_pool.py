"""The virtual users of a test: made before it starts, lent to scenarios, given back afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.errors import ScriptError
from runner.execution.executors.base import ExecutorVu
from runner.execution.preparation import load_script
from runner.options.scenario_plan import planned_vus
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import TestContext
from runner.vu.vu import VirtualUser

# How long a scenario waits for VUs that another one is about to give back.
TAKE_S_MAX = 2.0
TAKE_INTERVAL_S = 0.005


class VuPool:
    """All VUs of a process.

    Args:
        script: as given on the command line, for error texts.
    """

    def __init__(self, context: TestContext, script: str) -> None:
        self._context = context
        self._script = script
        self._free: list[VirtualUser] = []
        # Those that have been lent: k6 reads the data once, before a VU's first iteration.
        self._used: set[int] = set()
        self._setup_data: str | None = None
        self.size = 0

    def fill(self, scenarios: list[ScenarioConfig], initialised: Callable[[int, int], None]) -> None:
        """Make as many VUs as the scenarios plan to use at the same time, each with the script loaded.

        Args:
            initialised: told how many there are, and how many there will be.

        Raises:
            ScriptError: the init code threw in one of them.
        """
        total = planned_vus(scenarios)
        reactor = self._context.reactor
        initialised(0, total)
        for _ in range(total):
            self._free.append(self.make())
            initialised(self.size, total)
            # Timers, signals and the progress display want a turn while many VUs load.
            reactor.sleep_until(reactor.now())

    def make(self) -> VirtualUser:
        """One more VU.

        Raises:
            ScriptError: the init code threw.
        """
        return self._load(self.size + 1)

    def _load(self, vu_id: int) -> VirtualUser:
        self.size += 1
        vu = VirtualUser(self._context, vu_id)
        vu.give_setup_data(self._setup_data)
        try:
            load_script(vu, self._script)
        except ScriptError as error:
            kind = f" ({error.hint})" if error.hint else ""
            error.hint = f"error while initializing VU #{vu_id}{kind}"
            raise
        return vu

    def give_setup_data(self, data: str | None) -> None:
        """Hand what setup() returned to every VU that was not lent yet, also to those made later."""
        self._setup_data = data
        for vu in self._free:
            if vu.vu_id not in self._used:
                vu.give_setup_data(data)

    def take(self, count: int) -> list[VirtualUser]:
        """The `count` free VUs with the lowest numbers; parks while another scenario still has some of them.

        A scenario may begin in the moment in which another one ends and gives its VUs back.
        """
        reactor = self._context.reactor
        deadline_s = reactor.now() + TAKE_S_MAX
        while len(self._free) < count and reactor.now() < deadline_s:
            reactor.sleep_until(reactor.now() + TAKE_INTERVAL_S)
        if len(self._free) < count:
            self._context.logger.warning(
                f"a scenario needs {count} VUs and gets {len(self._free)}: the others are still in use"
            )
        taken, self._free = self._free[:count], self._free[count:]
        return taken

    def give_back(self, vus: Sequence[ExecutorVu]) -> None:
        """Return VUs, for scenarios that start later."""
        returned = [vu for vu in vus if isinstance(vu, VirtualUser)]
        self._used.update(vu.vu_id for vu in returned)
        self._free = sorted([*self._free, *returned], key=lambda vu: vu.vu_id)
