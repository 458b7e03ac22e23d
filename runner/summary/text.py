"""The end-of-test summary as text, line by line what k6 prints.

Example: https://grafana.com/docs/k6/latest/results-output/end-of-test/.
Owns sections and their order.  Refuses: columns (rows.py), figures (format.py), printing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from runner.errors import UsageError
from runner.summary.data import MetricData, SummaryData
from runner.summary.format import plain_text, rate_text, value_text, whole_percent
from runner.summary.order import CATEGORY_TITLES, category, is_hidden, locale_key, sorted_names, split_name
from runner.summary.rows import Paint, Row, aligned, metric_row, share_row, stat_text
from runner.summary.sections import SectionData

MODES = ("compact", "full", "disabled")

_INDENT = "    "
_NESTED = "  "

NO_CHECKS: Mapping[str, tuple[int, int]] = MappingProxyType({})

Block = list[str]


def render_text(
    data: SummaryData,
    *,
    mode: str = "compact",
    color: bool = False,
    checks: Mapping[str, tuple[int, int]] = NO_CHECKS,
    groups: Sequence[SectionData] = (),
    scenarios: Sequence[SectionData] = (),
) -> str:
    """The whole text of the summary.

    Args:
        data: from ``summary_data`` with ``for_text``.
        mode: ``compact``; ``full`` shows all metrics, and the sections; ``disabled`` gives "".
        color: whether to use ANSI colours.
        checks: passes and fails by name, in the order in which they are shown (``Group.totals``).
        groups: sections of groups outside of named scenarios.
        scenarios: sections of named scenarios.

    Raises:
        UsageError: there is no such mode.
    """
    check_mode(mode)
    if mode == "disabled":
        return ""
    paint = Paint(color)
    thresholds = _threshold_blocks(data, paint)
    text = "\n"
    if thresholds:
        text += _section("THRESHOLDS", thresholds, paint)
    is_full = mode == "full"
    text += _section("TOTAL RESULTS", _result_blocks(data, checks, paint, _INDENT, is_full=is_full), paint)
    if is_full:
        for group in groups:
            text += _section(f"GROUP: {group.name}", _section_blocks(group, paint, _INDENT), paint)
        for scenario in sorted(scenarios, key=lambda section: locale_key(section.name)):
            text += _section(f"SCENARIO: {scenario.name}", _section_blocks(scenario, paint, _INDENT), paint)
    return text + "\n\n"


def check_mode(mode: str) -> None:
    """Let the values of ``--summary-mode`` pass.

    Raises:
        UsageError: for all others.
    """
    if mode not in MODES:
        raise UsageError("invalid summary mode")


def _section(title: str, blocks: Iterable[Block], paint: Paint) -> str:
    body = "".join("".join(f"{line}\n" for line in block) + "\n" for block in blocks)
    return f"\n  █ {paint.bold(title)} \n\n{body}"


def _threshold_blocks(data: SummaryData, paint: Paint) -> list[Block]:
    metrics = data["metrics"]
    blocks = []
    for name in sorted_names(metrics):
        metric = metrics[name]
        if not metric.get("rules"):
            continue
        parent, suffix = split_name(name)
        is_below_parent = bool(suffix) and parent in metrics and bool(metrics[parent].get("rules"))
        indent = _INDENT + ("  " if is_below_parent else "")
        blocks.append(
            [
                f"{indent}{f'{{{suffix}}}' if is_below_parent else name}",
                *(f"{indent}{line}" for line in _threshold_lines(metric, data, paint)),
            ]
        )
    return blocks


def _threshold_lines(metric: MetricData, data: SummaryData, paint: Paint) -> Iterator[str]:
    for source, holds in metric.get("rules", ()):
        aggregate = re.split("[=><]", source, maxsplit=1)[0].strip()
        figure = _threshold_figure(metric, aggregate, data["options"]["summaryTimeUnit"])
        mark = paint.green("✓") if holds else paint.red("✗")
        shown = paint.white(f"'{source.strip()}'")
        yield f"{mark} {shown} {paint.white(aggregate)}={paint.cyan(figure)}"


def _threshold_figure(metric: MetricData, aggregate: str, time_unit: str) -> str:
    values, contains = metric["values"], metric["contains"]
    match metric["type"]:
        case "counter" if aggregate == "count":
            return value_text(values["count"], contains, time_unit)
        case "counter":
            return f"{value_text(values['rate'], contains, time_unit)}/s"
        case "gauge":
            return value_text(values["value"], contains, time_unit)
        case "rate":
            return rate_text(values["rate"])
        case _:
            return stat_text(metric, aggregate, time_unit)


def _result_blocks(
    data: SummaryData, checks: Mapping[str, tuple[int, int]], paint: Paint, indent: str, *, is_full: bool
) -> list[Block]:
    blocks = [
        *_check_blocks(data, checks, paint, indent),
        *_metric_blocks(data, paint, is_full=is_full),
    ]
    return [[f"{indent}{line}" for line in block] for block in blocks]


def _section_blocks(section: SectionData, paint: Paint, indent: str) -> Iterator[Block]:
    yield from _result_blocks(section.data, section.checks, paint, indent, is_full=True)
    for group in section.groups:
        yield [f"{indent}↳ {paint.bold(f'GROUP: {group.name}')} "]
        yield from _section_blocks(group, paint, indent + _NESTED)


def _check_blocks(
    data: SummaryData, checks: Mapping[str, tuple[int, int]], paint: Paint, indent: str
) -> Iterator[Block]:
    metric = data["metrics"].get("checks")
    if metric is None:
        return
    passes, fails = int(metric["values"]["passes"]), int(metric["values"]["fails"])
    total = passes + fails
    if not total:
        return
    duration_ms = data["state"]["testRunDurationMs"]
    per_second = total / duration_ms * 1000 if duration_ms > 0 else 0.0
    rows = [
        Row("checks_total", plain_text(total), (f"{plain_text(per_second)}/s",)),
        share_row("checks_succeeded", passes / total, passes, total),
        share_row("checks_failed", fails / total, fails, total),
    ]
    yield aligned(rows, paint)
    # Also without any name, as happens without the system tag: then k6 shows an empty list.
    yield [line for name, counts in checks.items() for line in _check_lines(name, *counts, paint, indent)]


def _check_lines(name: str, passes: int, fails: int, paint: Paint, indent: str) -> Block:
    if not fails:
        return [paint.green(f"✓ {name}")]
    # k6 indents this line twice, and takes two spaces back.
    further = indent[: -len(_NESTED)]
    figures = f"↳  {whole_percent(passes, fails)}% — ✓ {passes} / ✗ {fails}"
    return [paint.red(f"✗ {name}"), f"{further}{paint.red(figures)}"]


def _metric_blocks(data: SummaryData, paint: Paint, *, is_full: bool) -> Iterator[Block]:
    names = [name for name in sorted_names(data["metrics"]) if not is_hidden(name, is_full=is_full)]
    rows = [metric_row(_label(name), data["metrics"][name], data["options"]) for name in names]
    lines = aligned(rows, paint)
    for title in CATEGORY_TITLES:
        block = [line for name, line in zip(names, lines, strict=True) if category(name) == title]
        if block:
            yield [paint.bold(title), *block]


def _label(name: str) -> str:
    _, suffix = split_name(name)
    return f"  {{ {suffix} }}" if suffix else name
