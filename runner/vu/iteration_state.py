"""Where a virtual user stands: the numbers behind ``__ITER`` and ``exec.vu``."""

from __future__ import annotations


class IterationState:
    """Where the VU stands in its scenario; counted from 0.

    Attributes:
        scenario: name, "" outside of scenarios.
        in_instance: iterations of this VU in the whole test.
        in_scenario: iterations of this VU in each scenario.
        number: the number of the iteration in its scenario, over all VUs of this run.
        in_test: the same over all runs that share the test.
    """

    __slots__ = ("in_instance", "in_scenario", "in_test", "number", "scenario")

    def __init__(self) -> None:
        self.scenario = ""
        self.in_instance = -1
        self.number = 0
        self.in_test = 0
        self.in_scenario: dict[str, int] = {}
