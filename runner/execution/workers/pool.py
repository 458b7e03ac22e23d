"""The virtual users of one worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runner.execution.executors.base import ExecutorVu
from runner.execution.gate import Gate
from runner.execution.vu_pool import VuPool
from runner.execution.workers.board import Board
from runner.options.scenario_plan import planned_vus
from runner.options.scenarios import ScenarioConfig
from runner.vu.context import TestContext
from runner.vu.vu import VirtualUser


class WorkerPool(VuPool):
    """Those of the planned virtual users that live in this worker, and those it makes later.

    Args:
        script: as given on the command line, for error texts.
        worker: this one's number, from 0.
    """

    def __init__(self, context: TestContext, script: str, board: Board, worker: int) -> None:
        super().__init__(context, script)
        self._board = board
        self._worker = worker
        self._planned = 0
        # Whose making failed, for the error.
        self.last_id = 0
        self._returned = Gate(context.reactor)

    def fill(self, scenarios: list[ScenarioConfig], initialised: Callable[[int, int], None]) -> None:
        """Make every virtual user of the plan that is this worker's."""
        self._planned = planned_vus(scenarios)
        reactor = self._context.reactor
        for vu_id in range(self._worker + 1, self._planned + 1, self._board.workers):
            self._free.append(self._make(vu_id))
            initialised(self.size, self._planned)
            reactor.sleep_until(reactor.now())

    def make(self) -> VirtualUser:
        """One more VU, with the next number of the whole test."""
        return self._make(self._planned + 1 + self._board.take_vu())

    def take_ids(self, vu_ids: Sequence[int]) -> list[VirtualUser]:
        """The VUs with these ids, in this order; waits until the scenario before has given them back."""
        # A VU that was cut off at the end of its scenario needs a turn or two.
        self._returned.wait(lambda: set(vu_ids) <= {vu.vu_id for vu in self._free})
        found = {vu.vu_id: vu for vu in self._free}
        self._free = [vu for vu in self._free if vu.vu_id not in set(vu_ids)]
        return [found[vu_id] for vu_id in vu_ids]

    def give_back(self, vus: Sequence[ExecutorVu]) -> None:
        """Return VUs, for scenarios that start later or that wait for them."""
        super().give_back(vus)
        self._returned.look_again()

    def _make(self, vu_id: int) -> VirtualUser:
        self.last_id = vu_id
        vu = self._load(vu_id)
        self._board.set_initialised(self._worker, self.size)
        return vu
