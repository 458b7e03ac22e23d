"""What the Autobahn fuzzing server reports, as a table by section of the suite and a list of what is not well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERDICTS = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
WELL = frozenset({"OK", "INFORMATIONAL"})


@dataclass(frozen=True)
class Case:
    """How one agent did in one case.

    Args:
        number: as the suite has it, ``6.22.14`` for example.
        behavior, closing: what the suite says of the messages, and of how the connection was closed.
        close_code: of the agent's close frame, None without one.
    """

    number: str
    behavior: str
    closing: str
    close_code: int | None
    duration_ms: int

    @property
    def section(self) -> int:
        """The first part of the number."""
        return int(self.number.partition(".")[0])

    @property
    def verdict(self) -> str:
        """One of VERDICTS: a connection that was not closed as it should be has failed."""
        return self.behavior if self.closing in WELL else "FAILED"

    @property
    def is_well(self) -> bool:
        """There is nothing to explain."""
        return self.verdict in WELL

    def __str__(self) -> str:
        code = "no close code" if self.close_code is None else f"close code {self.close_code}"
        return f"{self.number}: {self.behavior}, closing {self.closing}, {code}, {self.duration_ms} ms"


def cases_of(index: Mapping[str, Mapping[str, Any]], agent: str) -> list[Case]:
    """The cases that an agent went through, in the order of their numbers.

    Args:
        index: what ``index.json`` holds.
    """
    cases = [
        Case(number, entry["behavior"], entry["behaviorClose"], entry["remoteCloseCode"], entry["duration"])
        for number, entry in index.get(agent, {}).items()
    ]
    return sorted(cases, key=lambda case: [int(part) for part in case.number.split(".")])


def table(cases: list[Case]) -> str:
    """How many cases of each section got which verdict."""
    counts = Counter((case.section, case.verdict) for case in cases)
    rows = [
        [str(section), *(counts[section, verdict] for verdict in VERDICTS)]
        for section in sorted({case.section for case in cases})
    ]
    rows.append(["all", *(sum(row[column] for row in rows) for column in range(1, len(VERDICTS) + 1))])
    head = ["section", *VERDICTS]
    return "\n".join(
        "  ".join(f"{value!s:>{len(title)}}" for title, value in zip(head, row, strict=True))
        for row in [head, *rows]
    )
