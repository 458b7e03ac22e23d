"""What the executors with a fixed number of VUs share: every VU loops until it gets no further iteration."""

from __future__ import annotations

from abc import abstractmethod

from runner.execution.executors.base import Executor, ExecutorVu
from runner.ops import Interrupted


class LoopingExecutor(Executor):
    """One scenario with a fixed set of VUs; which VU gets how many iterations is the subclass's to say."""

    @abstractmethod
    def take_iteration(self, vu: ExecutorVu) -> bool:
        """Whether `vu` has an iteration to run; True takes it."""

    def start_tasks(self) -> None:
        """Every VU begins to loop."""
        for vu in self.take_vus(self.scenario.max_vus()):
            self.spawn(self._loop, vu)

    def _loop(self, vu: ExecutorVu) -> None:
        self.counts.active_vus += 1
        try:
            while self._reactor.now() < self._end_s and self.take_iteration(vu):
                started_s = self._reactor.now()
                self.iterate(vu, self._hard_end_s)
                self.rest(started_s)
        except Interrupted:
            return
        finally:
            self.counts.active_vus -= 1
