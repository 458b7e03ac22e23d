"""Which executor runs which kind of scenario."""

from __future__ import annotations

from runner.execution.executors.base import Executor
from runner.execution.executors.constant_arrival_rate import ConstantArrivalRateExecutor
from runner.execution.executors.constant_vus import ConstantVusExecutor
from runner.execution.executors.per_vu_iterations import PerVuIterationsExecutor
from runner.execution.executors.ramping_arrival_rate import RampingArrivalRateExecutor
from runner.execution.executors.ramping_vus import RampingVusExecutor
from runner.execution.executors.shared_iterations import SharedIterationsExecutor

EXECUTORS: dict[str, type[Executor]] = {
    "shared-iterations": SharedIterationsExecutor,
    "per-vu-iterations": PerVuIterationsExecutor,
    "constant-vus": ConstantVusExecutor,
    "ramping-vus": RampingVusExecutor,
    "constant-arrival-rate": ConstantArrivalRateExecutor,
    "ramping-arrival-rate": RampingArrivalRateExecutor,
}
