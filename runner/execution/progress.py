"""What a run prints about itself while it runs: the banner and the progress block, as text.

Owns k6's layout of these lines; draws nothing (progress_display.py does) and counts nothing (the executors
do).
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.execution.executors.base import Executor

BANNER = r"""
         _      __   ____  __  __
        | | __ / /_ |  _ \ \ \/ /     k6py: k6 scripts,
        | |/ /| '_ \| |_) | \  /      inside Python
        |   < | (_) |  __/  / /
        |_|\_\ \___/|_|    /_/
"""

_BAR_WIDTH = 38


def banner(script: str, outputs: Sequence[str], scenarios: str) -> str:
    """The text before a run.

    Args:
        outputs: descriptions of the outputs, empty for none.
        scenarios: the list of scenarios, as ``describe_scenarios`` gives it.
    """
    return (
        f"{BANNER}\n     execution: local\n        script: {script}\n"
        f"        output: {', '.join(outputs) or '-'}\n\n{scenarios}\n\n"
    )


def running_line(
    executors: Sequence[Executor],
    elapsed_s: float,
    longest_s: float,
    vus: int,
    *,
    status: str = "running",
) -> str:
    """``running (0m01.0s), 3/5 VUs, 4 complete and 0 interrupted iterations``.

    Args:
        longest_s: the test's longest duration, which sets the width of the time.
        vus: how many VUs are initialised.
    """
    active = sum(executor.counts.active_vus for executor in executors)
    complete = sum(executor.counts.complete for executor in executors)
    interrupted = sum(executor.counts.interrupted for executor in executors)
    return (
        f"{status} ({_clock(elapsed_s, longest_s)}), {active:0{len(str(vus))}d}/{vus} VUs,"
        f" {complete} complete and {interrupted} interrupted iterations"
    )


def scenario_line(executor: Executor, now_s: float, name_width: int, *, bar: bool) -> str:
    """One scenario's progress.

    Args:
        name_width: of the longest scenario name.
        bar: draw a bar instead of the bare percentage.
    """
    scenario = executor.scenario
    name = scenario.name.ljust(name_width)
    if executor.started_s is None:
        return f"{name} • [ {'waiting':^{_BAR_WIDTH - 2}}]" if bar else f"{name} • [   0% ]"
    end_s = now_s if executor.finished_s is None else executor.finished_s
    elapsed_s = min(end_s - executor.started_s, scenario.run_time_s())
    fraction = max(0.0, min(1.0, executor.fraction(elapsed_s)))
    columns = executor.details(_elapsed(elapsed_s, scenario.run_time_s()))
    shown = f"[{_bar(fraction)}]" if bar else f"[ {int(fraction * 100):3d}% ]"
    return f"{name} {_mark(executor, end_s)} {shown} {'  '.join(columns)}"


def waiting_lines(
    title: str, text: str, fraction: float, scenarios: Sequence[str], name_width: int, *, bar: bool
) -> list[str]:
    """The block before the scenarios start: what the run does now, and no progress in any of them.

    Args:
        text: what it does, behind the bar.
        fraction: how much of that is done.
        scenarios: their names.
    """

    def shown(share: float) -> str:
        return f"[{_bar(share)}]" if bar else f"[ {int(share * 100):3d}% ]"

    names = (f"{name.ljust(name_width)}   {shown(0.0)}" for name in scenarios)
    return [f"{title.ljust(name_width)}   {shown(fraction)} {text}", *names]


def _mark(executor: Executor, end_s: float) -> str:
    assert executor.started_s is not None
    if executor.finished_s is not None:
        return "✗" if executor.was_cut_off else "✓"
    return "↓" if end_s - executor.started_s > executor.scenario.run_time_s() else " "


def _bar(fraction: float) -> str:
    filled = int(fraction * _BAR_WIDTH)
    if filled >= _BAR_WIDTH:
        return "=" * _BAR_WIDTH
    return ("=" * max(0, filled - 1) + (">" if filled else "")).ljust(_BAR_WIDTH, "-")


def _clock(elapsed_s: float, longest_s: float) -> str:
    """``0m01.0s``, with as many digits of minutes as the longest duration needs, and hours if it has them."""
    minutes, seconds = divmod(int(elapsed_s * 10) / 10, 60)
    if longest_s >= 3600:
        hours, minutes = divmod(int(minutes), 60)
        return f"{hours:0{len(str(int(longest_s // 3600)))}d}h{minutes:02d}m{seconds:04.1f}s"
    return f"{int(minutes):0{2 if longest_s >= 600 else 1}d}m{seconds:04.1f}s"


def _elapsed(elapsed_s: float, longest_s: float) -> str:
    return f"{int(elapsed_s * 10) / 10:04.1f}s" if longest_s < 60 else _clock(elapsed_s, longest_s)
