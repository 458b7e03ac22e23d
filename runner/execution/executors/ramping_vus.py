"""ramping-vus: the number of looping VUs follows stages.

Source: https://grafana.com/docs/k6/latest/using-k6/scenarios/executors/ramping-vus/
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from runner.execution.executors.base import Executor, ExecutorVu
from runner.execution.pacing import ActiveSpan, active_spans, cut_off_s, ramp_steps
from runner.ops import Interrupted
from runner.options.durations import fixed_length_duration, format_duration
from runner.options.scenarios import RampingVus
from runner.reactor import Task


class RampingVusExecutor(Executor):
    """Each VU knows from the start when it is wanted; the ramp is the sum of these times."""

    scenario: RampingVus

    def start_tasks(self) -> None:
        """One task for each VU that is ever wanted."""
        scenario = self.scenario
        steps = ramp_steps(scenario.start_vus, scenario.stages)
        for slot, vu in zip(self.slots(), self.take_vus(scenario.max_vus()), strict=False):
            spans = active_spans(steps, scenario.run_time_s(), slot)
            if spans:
                self.spawn(self._run_spans, vu, spans)

    def slots(self) -> Iterator[int]:
        """The place of each VU among all that the ramp has, from 0: the first ones are wanted longest."""
        return itertools.count()

    def _run_spans(self, vu: ExecutorVu, spans: list[ActiveSpan]) -> None:
        assert self.started_s is not None
        try:
            for index, span in enumerate(spans):
                self._reactor.sleep_until(self.started_s + span.start_s)
                limit_s = cut_off_s(
                    spans, index, self.scenario.graceful_ramp_down_s, self.scenario.run_time_s()
                )
                self._loop(vu, self.started_s + span.end_s, self.started_s + limit_s)
                # An iteration that was cut off took the interruption for itself.
                if self._is_over:
                    return
        except Interrupted:
            return

    def _loop(self, vu: ExecutorVu, end_s: float, limit_s: float) -> None:
        """Iterate until `end_s`; what still runs at `limit_s`, or at the scenario's own limit, is cut off."""
        task = self._reactor.current_task()
        assert task is not None
        self.counts.active_vus += 1
        try:
            while self._reactor.now() < min(end_s, self._end_s):
                started_s = self._reactor.now()
                hard_end_s = min(limit_s, self._hard_end_s)
                timer = self._reactor.call_at(hard_end_s, self._retire, task, vu)
                try:
                    self.iterate(vu, hard_end_s)
                finally:
                    timer.cancel()
                self._rest_in_ramp(started_s)
        finally:
            self.counts.active_vus -= 1

    def _rest_in_ramp(self, started_s: float) -> None:
        try:
            self.rest(started_s)
        except Interrupted:
            # Either the scenario is over, or _retire() came when the iteration had just ended: then the VU is free for
            # the next time when it is wanted.
            if self._is_over:
                raise

    def _retire(self, task: Task, vu: ExecutorVu) -> None:
        """The graceful ramp-down of a VU is over in the middle of an iteration."""
        vu.interrupt()
        self._reactor.interrupt(task, Interrupted())

    def fraction(self, elapsed_s: float) -> float:
        """By time."""
        total_s = self.scenario.run_time_s()
        return min(1.0, elapsed_s / total_s) if total_s else 1.0

    def details(self, elapsed_s: float) -> list[str]:
        """VUs of those at the peak, and time."""
        peak = self.scenario.max_vus()
        return [f"{self.shown_vus:0{len(str(peak))}d}/{peak} VUs", self.time_column(elapsed_s)]

    def time_column(self, elapsed_s: float) -> str:
        """Here k6 writes the whole time, too, in a fixed length."""
        total_s = self.scenario.run_time_s()
        if elapsed_s >= total_s:
            return format_duration(total_s)
        return f"{fixed_length_duration(elapsed_s, total_s)}/{fixed_length_duration(total_s, total_s)}"
