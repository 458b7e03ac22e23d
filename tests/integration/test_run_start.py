"""What a short run does not load: the time from start to end is mostly imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLAIN = "export default function () {}"
WEBSOCKET = f"import ws from 'k6/ws'; {PLAIN}"

# Modules that some runs need and these do not, each with what brings it in.
FOR_OTHER_RUNS = (
    "asyncio",  # ops that are coroutines
    "dukpy",  # nothing: its extension module is loaded without it
    "email",  # cookies with a date
    "http",  # the REST API
    "importlib.metadata",  # modules of others, by entry point
    "pickle",  # workers
    "runner.execution.executors.ramping_vus",
    "runner.execution.profiling",
    "runner.execution.rest_api",
    "runner.execution.workers.crew",
    "runner.outputs.registry",  # --out
    "ssl",  # TLS
    "tarfile",  # archives
    "tempfile",  # client certificates
)
FOR_CLIENTS = ("_hashlib", "h11", "wsproto")


def loaded_by_run(tmp_path: Path, script: str) -> set[str]:
    """The names of all modules in a process that has run `script`."""
    path = tmp_path / "script.js"
    path.write_text(script, encoding="utf-8")
    code = (
        "import sys; from runner.cli import main; "
        "status = main(['run', '--quiet', sys.argv[1]]); "
        "print('loaded:', *sys.modules); sys.exit(status)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.splitlines()[-1].removeprefix("loaded: ").split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "unwanted"),
    [(PLAIN, (*FOR_OTHER_RUNS, *FOR_CLIENTS)), (WEBSOCKET, FOR_OTHER_RUNS)],
    ids=["empty", "k6/ws"],
)
def test_run_loads_nothing_that_only_other_runs_need(
    script: str, unwanted: tuple[str, ...], tmp_path: Path
) -> None:
    loaded = loaded_by_run(tmp_path, script)
    assert "runner.execution.test_run" in loaded
    assert loaded.isdisjoint(unwanted)


@pytest.mark.slow
def test_no_annotation_is_compiled_at_the_start(tmp_path: Path) -> None:
    """NamedTuple compiles annotations that are texts; modules with one do without annotations from __future__."""
    path = tmp_path / "script.js"
    path.write_text(PLAIN, encoding="utf-8")
    code = (
        "import sys, typing; made = []; "
        "typing.ForwardRef = type('Noted', (typing.ForwardRef,), "
        "{'__init__': lambda self, text, **kept: made.append(text)}, _root=True); "
        "from runner.cli import main; main(['run', '--quiet', sys.argv[1]]); print('made:', made)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "made: []"
