"""The end of a run on paper: the text on standard output and the --summary-export file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from runner.errors import UsageError
from runner.execution.config import TestConfig
from runner.summary.data import NO_SETUP_DATA, summary_data
from runner.summary.export import export_text
from runner.summary.text import render_text
from runner.vu.context import TestContext


def write_summary(
    config: TestConfig,
    context: TestContext,
    *,
    duration_s: float,
    setup_data: str | None,
    has_setup: bool,
    stdout: TextIO,
    stderr: TextIO,
) -> None:
    """Write what the configuration asks for.

    Args:
        duration_s: of the scenarios' run.
        setup_data: what setup() returned, as JSON.

    Raises:
        UsageError: the export file cannot be written.
    """
    options = context.require_options()
    settings: dict[str, Any] = {
        "duration_s": duration_s,
        "trend_stats": options.summary_trend_stats,
        "time_unit": options.summary_time_unit or "",
        "no_color": config.no_color,
        "is_stdout_tty": stdout.isatty(),
        "is_stderr_tty": stderr.isatty(),
    }
    if has_setup:
        settings["setup_data"] = None if setup_data is None else json.loads(setup_data)
    else:
        settings["setup_data"] = NO_SETUP_DATA
    registry, root = context.collector.registry, context.root_group
    text = render_text(
        summary_data(registry, root, with_threshold_percentiles=True, **settings),
        mode=config.summary_mode,
        color=stdout.isatty() and not config.no_color,
        check_names=root.check_names(),
    )
    try:
        stdout.write(text)
        stdout.flush()
    except OSError as error:
        context.logger.error(f"the summary cannot be written to standard output: {error.strerror}")
    if config.summary_export is not None:
        _export(config.summary_export, export_text(summary_data(registry, root, **settings)))


def _export(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the summary cannot be exported to {path}: {error.strerror}") from None
