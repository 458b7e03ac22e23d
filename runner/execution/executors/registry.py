"""Which executor runs which kind of scenario."""

from __future__ import annotations

import importlib

from runner.execution.executors.base import Executor

# The class is in the module that is called as the executor is.
_CLASSES = {
    "shared-iterations": "SharedIterationsExecutor",
    "per-vu-iterations": "PerVuIterationsExecutor",
    "constant-vus": "ConstantVusExecutor",
    "ramping-vus": "RampingVusExecutor",
    "constant-arrival-rate": "ConstantArrivalRateExecutor",
    "ramping-arrival-rate": "RampingArrivalRateExecutor",
}


def executor_class(name: str) -> type[Executor]:
    """The executor that k6 calls `name`; imported when a test asks for it, and few tests have more than one."""
    module = importlib.import_module(f"runner.execution.executors.{name.replace('-', '_')}")
    found: type[Executor] = getattr(module, _CLASSES[name])
    return found
