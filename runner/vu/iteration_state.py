"""Where a virtual user stands: the numbers behind ``__ITER`` and ``exec.vu``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class IterationState:
    """Where the VU stands in its scenario; counted from 0.

    Args:
        scenario: name, "" outside of scenarios.
        in_instance: iterations of this VU in the whole test.
        in_scenario: iterations of this VU in each scenario.
        numbered: the number of the iteration in its scenario, over all VUs of this run, or what gives it.
    """

    scenario: str = ""
    in_instance: int = -1
    numbered: int | Callable[[], int] = 0
    in_scenario: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """The number of the iteration in its scenario, over all VUs of this run; asked for once."""
        if not isinstance(self.numbered, int):
            self.numbered = self.numbered()
        return self.numbered
