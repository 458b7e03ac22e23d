"""The end of a run on paper: the text on standard output or what handleSummary() made, and the exported file."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from runner import K6_VERSION
from runner.errors import K6pyError
from runner.execution.config import TestConfig
from runner.metrics.json_text import json_text
from runner.summary.data import NO_SETUP_DATA, SummaryData, summary_data
from runner.summary.export import export_text
from runner.summary.machine import Origin, machine_data, machine_text
from runner.summary.sections import section_data
from runner.summary.text import render_text
from runner.vu.context import TestContext


class SummaryFailed(K6pyError):
    """The summary, or a part of it, could not be written."""


class EndOfTest:
    """The summary of one run, in all its forms.

    Args:
        duration_s: of the run, setup() and teardown() included.
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

    def publish(self, files: Mapping[str, str | bytes] | None) -> None:
        """Write the summary and the ``--summary-export`` file; what cannot be written keeps nothing else from it.

        Args:
            files: what handleSummary() returned: contents by path, relative to the current folder; ``stdout`` and
                ``stderr`` are the streams.  None for k6's own text.

        Raises:
            SummaryFailed: something could not be written, or there is nothing to show.
        """
        outputs = {"stdout": self._text()} if files is None else dict(files)
        if self._config.summary_export:
            outputs[self._config.summary_export] = self._export()
        problems = list(filter(None, (self._write(path, content) for path, content in outputs.items())))
        if problems:
            listed = "".join(f"\n\t- {problem}" for problem in problems)
            raise SummaryFailed(f"Could not save some summary information:{listed}")

    def _text(self) -> str:
        data = self._data(for_text=True)
        if not data["metrics"]:
            # k6 fails here, too, for want of a longest name.
            raise SummaryFailed("there is nothing to show: not a single sample was taken")
        collector, root = self._context.collector, self._context.root_group
        sections = collector.sections
        return render_text(
            data,
            mode=self._config.summary_mode,
            color=self._stdout.isatty() and not self._config.no_color,
            checks=root.totals.counts(),
            groups=section_data(sections.groups.values(), **self._figures) if sections else (),
            scenarios=section_data(sections.scenarios.values(), **self._figures) if sections else (),
        )

    def _export(self) -> str:
        data = self._data()
        return machine_text(self._machine(data)) if self._is_new else export_text(data)

    def _write(self, path: str, content: str | bytes) -> str | None:
        """Write one of the outputs; a clause about what went wrong, None for nothing."""
        if path in ("stdout", "stderr"):
            stream = self._stdout if path == "stdout" else self._stderr
            text = content if isinstance(content, str) else content.decode(errors="replace")
            try:
                stream.write(text)
                stream.flush()
            except (OSError, ValueError) as error:
                return f"could not write to {path}: {_reason(error)}"
            return None
        try:
            if not path:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
        except (OSError, ValueError) as error:
            return f"could not open '{path}': open {path}: {_reason(error)}"
        return None

    @property
    def _is_new(self) -> bool:
        return self._config.new_machine_readable_summary

    def _data(self, *, for_text: bool = False) -> SummaryData:
        return summary_data(
            self._context.collector.registry.all(),
            # The text has groups and checks from elsewhere.
            None if for_text else self._context.root_group,
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


def _reason(error: OSError | ValueError) -> str:
    """As Go tells it."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
