"""Runs a k6 script in this process, as ``k6py run`` would, and gives back everything that came of it.

    result = run_script('''
        import { sleep } from 'k6';
        export default function () { sleep(0.01); console.log('slept'); }
    ''')
    assert result.console == [("info", "slept")]

A run that hangs fails its test: after ``BOUND_S`` seconds it is broken off.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import signal
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from runner.errors import ExitCode
from runner.execution.config import TestConfig
from runner.execution.test_run import run_test
from runner.vu.context import Limits

# No test runs so long unless something is wrong.
BOUND_S = 30.0


class ScriptHangs(BaseException):
    """The run did not end; not an Exception, so that nothing on the way takes it for its own."""


@dataclass(frozen=True)
class Result:
    """What a run left behind.

    Args:
        console: (level, message) of each line that the script logged.
        log: all lines of the log, the script's own included, as JSON objects.
        summary: the ``--summary-export`` file; {} when none was written.
        samples: the points of ``--out json``; [] unless asked for.
    """

    exit_code: ExitCode
    console: list[tuple[str, str]]
    log: list[dict[str, Any]]
    stdout: str
    stderr: str
    summary: dict[str, Any] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """Messages of the script's own lines."""
        return [message for _, message in self.console]

    @property
    def messages(self) -> list[str]:
        """Messages of k6py's own lines, "level: text" each."""
        own = [entry for entry in self.log if entry.get("source") != "console"]
        return [f"{entry['level']}: {entry['msg']}" for entry in own]

    def count(self, metric: str) -> float:
        """The count of a counter in the summary, 0 when it has none."""
        value: float = self.summary["metrics"].get(metric, {"count": 0})["count"]
        return value

    def values(self, metric: str, **tags: str) -> list[float]:
        """Values of the samples of `metric` that carry `tags`."""
        return [
            point["data"]["value"]
            for point in self.samples
            if point["metric"] == metric and tags.items() <= point["data"]["tags"].items()
        ]


def run_script(
    script: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    flags: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    native: bool = True,
    out_samples: bool = False,
    name: str = "script.js",
    folder: Path | None = None,
    modules: Sequence[str] = (),
    summary_mode: str = "compact",
    new_machine_readable_summary: bool = False,
    verbose: bool = False,
    workers: int | None = None,
) -> Result:
    """Run a test to its end.

    Args:
        script: the text of the script, indented as it likes.
        files: further files by their path relative to the script.
        flags: options by k6 name, which win over those of the script.
        env: what ``-e`` gives.
        limits: how long the network may take.
        native: False for the path without QuickJS's C API.
        out_samples: collect every sample.
        name: the script's file name.
        folder: where all of it goes; default: a folder that is gone afterwards.
        modules: Python files with bindings.
        verbose: debug lines, too.
        workers: how many processes; default: as k6py chooses.
    """
    with contextlib.ExitStack() as stack:
        base = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for path, content in {name: textwrap.dedent(script), **(files or {})}.items():
            write(base / path, content)
        log, summary, samples = base / "run.log", base / "run-summary.json", base / "run-samples.json"
        config = TestConfig(
            script=str(base / name),
            flags=flags or {},
            env=env or {},
            environ={"XDG_CONFIG_HOME": str(base / "config")},
            out=[f"json={samples}"] if out_samples else [],
            log_format="json",
            log_output=f"file={log}",
            summary_export=str(summary),
            summary_mode=summary_mode,
            new_machine_readable_summary=new_machine_readable_summary,
            modules=modules,
            verbose=verbose,
            workers=workers,
        )
        stdout, stderr = io.StringIO(), io.StringIO()
        with bounded(BOUND_S):
            code = run_test(config, stdout=stdout, stderr=stderr, limits=limits, native=native)
        entries = json_lines(log)
        return Result(
            exit_code=code,
            console=[(e["level"], e["msg"]) for e in entries if e.get("source") == "console"],
            log=entries,
            stdout=stdout.getvalue(),
            stderr=stderr.getvalue(),
            summary=json.loads(summary.read_text()) if summary.exists() else {},
            samples=[point for point in json_lines(samples) if point["type"] == "Point"],
        )


def run_iteration_code(code: str, *, imports: str = "", **how: Any) -> Result:
    """Run `code` once as the default function; `imports` stands before it."""
    return run_script(f"{imports}\nexport default function () {{\n{textwrap.dedent(code)}\n}}\n", **how)


def write(path: Path, content: str | bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects in a file with one per line; [] without the file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Break off what takes longer, JavaScript that never ends included."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise ScriptHangs(f"not done after {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, give_up)
    # Again and again: an exception in a destructor or a callback of C code gets lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    # A script that catches even that: better no test run than one without an end.
    faulthandler.dump_traceback_later(2 * seconds, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
