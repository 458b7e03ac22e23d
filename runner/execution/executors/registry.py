"""Which executor runs which kind of scenario."""

from __future__ import annotations

from runner.execution.executors.constant_vus import ConstantVusExecutor
from runner.execution.executors.looping import LoopingExecutor
from runner.execution.executors.per_vu_iterations import PerVuIterationsExecutor
from runner.execution.executors.shared_iterations import SharedIterationsExecutor

EXECUTORS: dict[str, type[LoopingExecutor]] = {
    "shared-iterations": SharedIterationsExecutor,
    "per-vu-iterations": PerVuIterationsExecutor,
    "constant-vus": ConstantVusExecutor,
}
