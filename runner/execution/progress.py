"""What a run prints about itself while it runs: the banner and the progress block, as text.

Owns k6's layout of these lines; draws nothing (progress_display.py does) and counts nothing (the executors
do).
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from runner.execution.executors.base import Executor
from runner.options.durations import fixed_length_duration

BANNER = r"""         _      __   ____  __  __
        | | __ / /_ |  _ \ \ \/ /     k6py: k6 scripts,
        | |/ /| '_ \| |_) | \  /      inside Python
        |   < | (_) |  __/  / /
        |_|\_\ \___/|_|    /_/"""

BAR_WIDTH = 38
# What is narrower is shown as a percentage.
_BAR_WIDTH_MIN = 7
_NAME_WIDTH_MIN = len("Init")


class Canvas(NamedTuple):
    """Where the progress block goes.

    Args:
        columns: of the terminal; 0 for anything else, which gets percentages in place of bars.
        color: whether to use ANSI colours.
    """

    columns: int = 0
    color: bool = False

    def paint(self, text: str, code: str, end: str = "0") -> str:
        """`text` in a colour."""
        return f"\x1b[{code}m{text}\x1b[{end}m" if self.color else text


class ProgressRow(NamedTuple):
    """One line with a bar.

    Args:
        name: what it is about.
        fraction: how much is done, from 0 to 1.
        mark: one character.
        columns: what stands behind the bar.
    """

    name: str
    fraction: float = 0.0
    mark: str = " "
    columns: tuple[str, ...] = ()


def banner(script: str, outputs: Sequence[str], scenarios: tuple[str, str], canvas: Canvas) -> str:
    """The text before a run.

    Args:
        outputs: descriptions of the outputs, empty for none.
        scenarios: heading and list, as ``describe_scenarios`` gives them.
    """
    heading, listed = scenarios
    facts = (("execution", "local"), ("script", script), ("output", ", ".join(outputs) or "-"))
    lines = "".join(f"{name:>14}: {canvas.paint(value, '36')}\n" for name, value in facts)
    scenario_line = f"{'scenarios':>14}: {canvas.paint(heading, '36')}"
    return f"\n{canvas.paint(BANNER, '33')}\n\n{lines}\n{scenario_line}\n{listed}\n\n"


def running_line(executors: Sequence[Executor], elapsed_s: float, longest_s: float, vus: int) -> str:
    """``running (0m01.0s), 3/5 VUs, 4 complete and 0 interrupted iterations``.

    Args:
        elapsed_s: since the run began, setup() included.
        longest_s: the test's longest duration, which sets the width of the time.
        vus: how many VUs are initialised.
    """
    active = sum(executor.counts.active_vus for executor in executors)
    complete = sum(executor.counts.complete for executor in executors)
    interrupted = sum(executor.counts.interrupted for executor in executors)
    return (
        f"running ({fixed_length_duration(elapsed_s, longest_s)}), {active:0{len(str(vus))}d}/{vus} VUs,"
        f" {complete} complete and {interrupted} interrupted iterations"
    )


def scenario_row(executor: Executor, now_s: float, scenarios_started_s: float) -> ProgressRow:
    """One scenario's progress.

    Args:
        scenarios_started_s: when all scenarios began, those with a startTime to wait.
    """
    name, start_time_s = executor.scenario.name, executor.scenario.start_time_s
    if executor.started_s is None:
        left_s = max(0.0, scenarios_started_s + start_time_s - now_s)
        return ProgressRow(name, 0.0, "•", ("waiting", fixed_length_duration(left_s, start_time_s)))
    elapsed_s = (now_s if executor.finished_s is None else executor.finished_s) - executor.started_s
    fraction = max(0.0, min(1.0, executor.fraction(elapsed_s)))
    return ProgressRow(name, fraction, _mark(executor, elapsed_s), tuple(executor.details(elapsed_s)))


def _mark(executor: Executor, elapsed_s: float) -> str:
    if executor.finished_s is not None:
        return "✗" if executor.fell_short else "✓"
    return "↓" if elapsed_s >= executor.scenario.run_time_s() else " "


def block(heading: str | ProgressRow, rows: Sequence[ProgressRow], canvas: Canvas) -> list[str]:
    """The lines of the block, without their ends.

    Args:
        heading: the first line.
        rows: of the scenarios.
    """
    name_width = max(_NAME_WIDTH_MIN, *(len(row.name) for row in rows)) if rows else _NAME_WIDTH_MIN
    rights = _aligned([row.columns for row in rows])
    lines = [_line(row, right, rights, name_width, canvas) for row, right in zip(rows, rights, strict=True)]
    if isinstance(heading, str):
        return [heading, *lines]
    right = "".join(heading.columns)
    return [_line(heading, right, [right], name_width, canvas), *lines]


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Each row's columns as text; a row's last column makes no column wider, but is filled up to it."""
    widths = [max(map(len, column)) for column in zip_longest(*(row[:-1] for row in table), fillvalue="")]
    texts = []
    for row in table:
        text = "".join(f"{cell:<{width}}  " for cell, width in zip(row[:-1], widths, strict=False))
        last = row[-1] if row else ""
        is_filled = 0 < len(row) <= len(widths)
        texts.append(text + (f"{last:<{widths[len(row) - 1] + 1}}" if is_filled else last))
    return texts


def _line(row: ProgressRow, right: str, rights: Sequence[str], name_width: int, canvas: Canvas) -> str:
    left = f"{row.name:<{name_width}} {_painted(row.mark, canvas)} "
    # Name, mark, brackets and the widest text on the right leave this much, and the last column stays free.
    room = canvas.columns - 1 - (name_width + 3) - len("[] ") - max(map(len, rights), default=0)
    width = min(BAR_WIDTH, room)
    if canvas.columns == 0 or width < _BAR_WIDTH_MIN:
        return f"{left}[ {row.fraction * 100:3.0f}% ]{f' {right}' if right else ''}"
    return f"{left}[{_bar(row.fraction, width, canvas)}]{f' {right}' if right else ''}"


def _painted(mark: str, canvas: Canvas) -> str:
    match mark:
        case "✓":
            return canvas.paint(mark, "32")
        case "✗":
            return canvas.paint(mark, "31")
        case "•":
            return canvas.paint(mark, "2", "22")
    return mark


def _bar(fraction: float, width: int, canvas: Canvas) -> str:
    filled = min(width, int(fraction * width))
    tip = ">" if 0 < filled < width else ""
    return "=" * (filled - len(tip)) + tip + canvas.paint("-" * (width - filled), "2", "22")
