"""Where a virtual user stands: the numbers behind ``__ITER`` and ``exec.vu``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class IterationState:
    """Where the VU stands in its scenario; counted from 0.

    Args:
        scenario: name, "" outside of scenarios.
        in_instance: iterations of this VU in the whole test.
        in_scenario: iterations of this VU in each scenario.
        number: the number of the iteration in its scenario, over all VUs of this run.
        in_test: the same over all runs that share the test.
    """

    scenario: str = ""
    in_instance: int = -1
    number: int = 0
    in_test: int = 0
    in_scenario: dict[str, int] = field(default_factory=dict)
