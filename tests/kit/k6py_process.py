"""``k6py run`` as a process of its own, for signals and exit statuses.

with K6pyProcess(folder, script) as process:
    process.wait_for_line("here")
    process.interrupt()
    result = process.finish()
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.kit.run_script import json_lines, write

# No process lives so long unless something is wrong.
BOUND_S = 15.0


@dataclass(frozen=True)
class Finished:
    """What is left of a process.

    Args:
        points: the samples in its ``--out json`` file.
    """

    exit_code: int
    stdout: str
    log: str
    points: list[dict[str, object]]

    def metrics(self) -> set[str]:
        """Names of the metrics that have samples."""
        return {str(point["metric"]) for point in self.points}


class K6pyProcess:
    """Runs a script in `folder`, with an ``--out json`` file.

    Args:
        env: what ``-e`` gives.
        environ: more of the process environment.
    """

    def __init__(
        self,
        folder: Path,
        script: str,
        *arguments: str,
        env: dict[str, str] | None = None,
        environ: dict[str, str] | None = None,
    ) -> None:
        write(folder / "script.js", script)
        self._samples = folder / "samples.json"
        command = [
            sys.executable, "-m", "runner", "run", "--out", f"json={self._samples}",
            *(f"-e{name}={value}" for name, value in (env or {}).items()), *arguments, "script.js",
        ]  # fmt: skip
        root = str(Path(__file__).parents[2])
        environ = {**os.environ, "PYTHONPATH": root, "XDG_CONFIG_HOME": str(folder), **(environ or {})}
        self._process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> K6pyProcess:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    @property
    def log(self) -> str:
        """What it logged so far."""
        return "".join(self._lines)

    def wait_for_line(self, text: str) -> None:
        """Wait until its log has a line with `text`."""
        with self._changed:
            found = self._changed.wait_for(lambda: text in self.log, BOUND_S)
        assert found, f"no {text!r} in: {self.log}"

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def finish(self) -> Finished:
        """Wait for its end."""
        assert self._process.stdout is not None
        exit_code = self._process.wait(BOUND_S)
        self._reader.join(BOUND_S)
        points = [point for point in json_lines(self._samples) if point["type"] == "Point"]
        return Finished(exit_code, self._process.stdout.read(), self.log, points)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
