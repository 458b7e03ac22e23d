"""The virtual users of a test: made before it starts, lent to scenarios, given back afterwards."""

from __future__ import annotations

from collections.abc import Callable

from runner.execution.preparation import load_script
from runner.options.scenario_plan import max_vus
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import TestContext
from runner.vu.vu import VirtualUser


class VuPool:
    """All VUs of a process.

    Args:
        script: as given on the command line, for error texts.
    """

    def __init__(self, context: TestContext, script: str) -> None:
        self._context = context
        self._script = script
        self._free: list[VirtualUser] = []
        self.size = 0

    def fill(self, scenarios: list[ScenarioConfig], initialised: Callable[[int, int], None]) -> None:
        """Make as many VUs as the scenarios need at the same time, each with the script loaded.

        Args:
            initialised: told how many there are, and how many there will be.

        Raises:
            ScriptError: the init code threw in one of them.
        """
        total = max_vus(scenarios)
        reactor = self._context.reactor
        for number in range(1, total + 1):
            vu = VirtualUser(self._context, number)
            load_script(vu, self._script)
            self._free.append(vu)
            self.size = number
            initialised(number, total)
            # Timers, signals and the progress display want a turn while many VUs load.
            reactor.sleep_until(reactor.now())

    def give_setup_data(self, data: str | None) -> None:
        """Hand what setup() returned to every VU."""
        for vu in self._free:
            vu.give_setup_data(data)

    def take(self, count: int) -> list[VirtualUser]:
        """The `count` free VUs with the lowest numbers."""
        taken, self._free = self._free[:count], self._free[count:]
        return taken

    def give_back(self, vus: list[VirtualUser]) -> None:
        """Return VUs, for scenarios that start later."""
        self._free = sorted([*self._free, *vus], key=lambda vu: vu.vu_id)
