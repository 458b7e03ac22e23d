"""The groups and scenarios of the full summary as data, a ``SummaryData`` each.

Refuses: text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.metrics.sections import Section
from runner.summary.data import SummaryData, summary_data


@dataclass(frozen=True)
class SectionData:
    """One group or scenario.

    Args:
        data: what the summary's data would be if nothing else had run; rates are over the whole run.
        check_names: order of its checks.
        groups: those inside it, in the order first seen.
    """

    name: str
    data: SummaryData
    check_names: tuple[str, ...]
    groups: tuple[SectionData, ...]


def section_data(
    sections: Iterable[Section], *, duration_s: float, trend_stats: Sequence[str], time_unit: str = ""
) -> list[SectionData]:
    """The data of `sections`, in their order.

    Args:
        duration_s, trend_stats, time_unit: as for ``summary_data``.
    """
    return [
        SectionData(
            section.name,
            summary_data(
                section.registry,
                section.checks,
                duration_s=duration_s,
                trend_stats=trend_stats,
                time_unit=time_unit,
            ),
            tuple(section.checks.check_names()),
            tuple(
                section_data(
                    section.groups.values(),
                    duration_s=duration_s,
                    trend_stats=trend_stats,
                    time_unit=time_unit,
                )
            ),
        )
        for section in sections
    ]
