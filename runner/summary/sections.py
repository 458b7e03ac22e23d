"""The groups and scenarios of the full summary as data, a ``SummaryData`` each.

Refuses: text.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from runner.metrics.groups import Group
from runner.metrics.sections import Section
from runner.summary.data import SummaryData, summary_data


class SectionData(NamedTuple):
    """One group or scenario.

    Args:
        data: what the summary's data would be if nothing else had run; rates are over the whole run.
        checks: passes and fails by name, in the order first seen.
        groups: those inside it.
    """

    name: str
    data: SummaryData
    checks: Mapping[str, tuple[int, int]]
    groups: tuple["SectionData", ...]


def section_data(
    sections: Iterable[Section], *, duration_s: float, trend_stats: Sequence[str], time_unit: str = ""
) -> list[SectionData]:
    """The data of `sections`, in the order in which k6's JavaScript has them: names that are numbers come first.

    Args:
        duration_s, trend_stats, time_unit: as for ``summary_data``.
    """
    figures: dict[str, Any] = {"duration_s": duration_s, "trend_stats": trend_stats, "time_unit": time_unit}
    return [
        SectionData(
            section.name,
            summary_data(section.metrics.values(), Group.root(), **figures),
            section.checks.counts(),
            tuple(section_data(section.groups.values(), **figures)),
        )
        for section in sorted(sections, key=_key_order)
    ]


def _key_order(section: Section) -> tuple[bool, int]:
    """Where JavaScript puts a member of this name (https://tc39.es/ecma262/#sec-ordinaryownpropertykeys)."""
    name = section.name
    is_index = name.isascii() and name.isdigit() and str(int(name)) == name and int(name) < 2**32 - 1
    return (False, int(name)) if is_index else (True, 0)
