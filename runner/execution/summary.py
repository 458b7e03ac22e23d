"""The end of a run on paper: the text on standard output or what handleSummary() made, and the exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from runner import K6_VERSION
from runner.errors import UsageError
from runner.execution.config import TestConfig
from runner.metrics.json_text import json_text
from runner.summary.data import NO_SETUP_DATA, SummaryData, summary_data
from runner.summary.export import export_text
from runner.summary.machine import Origin, machine_data, machine_text
from runner.summary.sections import section_data
from runner.summary.text import render_text
from runner.vu.context import TestContext


class EndOfTest:
    """The summary of one run, in all its forms.

    Args:
        duration_s: of the scenarios' run.
        setup_data: what setup() returned, as JSON; None for nothing.
    """

    def __init__(
        self,
        config: TestConfig,
        context: TestContext,
        *,
        duration_s: float,
        setup_data: str | None,
        stdout: TextIO,
        stderr: TextIO,
    ) -> None:
        options = context.require_options()
        self._config = config
        self._context = context
        self._stdout = stdout
        self._stderr = stderr
        self._figures: dict[str, Any] = {
            "duration_s": duration_s,
            "trend_stats": options.summary_trend_stats,
            "time_unit": options.summary_time_unit or "",
        }
        self._setup_data = NO_SETUP_DATA if setup_data is None else json.loads(setup_data)

    def for_script(self) -> str:
        """The argument of handleSummary(), as JSON."""
        data = self._data()
        return json_text(self._machine(data) if self._is_new else data, for_javascript=True)

    def show(self) -> None:
        """Write k6's own text to standard output."""
        collector, root = self._context.collector, self._context.root_group
        sections = collector.sections
        text = render_text(
            self._data(for_text=True),
            mode=self._config.summary_mode,
            color=self._stdout.isatty() and not self._config.no_color,
            checks=root.totals.counts(),
            groups=section_data(sections.groups.values(), **self._figures) if sections else (),
            scenarios=section_data(sections.scenarios.values(), **self._figures) if sections else (),
        )
        self._print(self._stdout, "stdout", text)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write what handleSummary() returned; what cannot be written is logged, the rest is written.

        Args:
            files: contents by path, relative to the current folder; ``stdout`` and ``stderr`` are the streams.
        """
        for path, content in files.items():
            if path in ("stdout", "stderr"):
                stream = self._stdout if path == "stdout" else self._stderr
                self._print(
                    stream, path, content if isinstance(content, str) else content.decode(errors="replace")
                )
                continue
            try:
                Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
            except (OSError, ValueError) as error:
                self._log_lost(f"could not open '{path}'", error)

    def export(self) -> None:
        """Write the ``--summary-export`` file, if one is asked for.

        Raises:
            UsageError: it cannot be written.
        """
        path, data = self._config.summary_export, self._data()
        if path is None:
            return
        text = machine_text(self._machine(data)) if self._is_new else export_text(data)
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"the summary cannot be exported to {path}: {error.strerror}") from None

    @property
    def _is_new(self) -> bool:
        return self._config.new_machine_readable_summary

    def _data(self, *, for_text: bool = False) -> SummaryData:
        return summary_data(
            self._context.collector.registry.all(),
            self._context.root_group,
            no_color=self._config.no_color,
            is_stdout_tty=self._stdout.isatty(),
            is_stderr_tty=self._stderr.isatty(),
            setup_data=self._setup_data,
            for_text=for_text,
            **self._figures,
        )

    def _machine(self, data: SummaryData) -> dict[str, object]:
        modules = self._context.modules
        origin = Origin(
            datetime.now(UTC),
            K6_VERSION,
            modules.read_file(modules.main).decode("utf-8-sig", errors="replace"),
        )
        return machine_data(data, origin, self._context.root_group.totals.counts())

    def _print(self, stream: TextIO, name: str, text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError) as error:
            self._log_lost(f"could not write to {name}", error)

    def _log_lost(self, what: str, error: OSError | ValueError) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        self._context.logger.error("failed to handle the end-of-test summary", error=f"{what}: {reason}")
