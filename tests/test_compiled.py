"""The compiled build does what the interpreted one does: it passes the same tests."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from runner import is_compiled
from tests.test_packaging import copy_sources, run

# What uses the compiled modules most; `make compiled` runs all.
TESTS = [
    "properties",
    "unit/engine",
    "unit/net",
    "unit/protocol",
    "unit/reactor",
    "unit/vu",
    "bindings/test_ws.py",
    "bindings/test_websockets.py",
]
TELL = """
import runner, runner.engine.compiled_entry, runner.net.websocket
assert runner.is_compiled()
print(runner.engine.compiled_entry.__file__, runner.net.websocket.__file__)
"""


def can_compile(folder: Path) -> bool:
    """Whether there is a C compiler that finds Python's headers."""
    source = folder / "probe.c"
    source.write_text("#include <Python.h>\n", encoding="utf-8")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    command = [*compiler, f"-I{sysconfig.get_path('include')}", "-c", str(source), "-o", f"{source}.o"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(is_compiled(), reason="is a test of the interpreted build")
def test_compiled_modules_pass_the_tests_of_the_interpreted_ones(tmp_path: Path) -> None:
    if not can_compile(tmp_path):
        pytest.skip("needs a C compiler and Python's headers")
    copy_sources(tmp_path, "scripts", "tests")

    def python(*arguments: str) -> str:
        # Optimising takes longer than it makes these tests faster.
        environ = {"K6PY_COMPILE": "1", "K6PY_COMPILE_OPTIMISE": "0"}
        return run([sys.executable, *arguments], tmp_path, **environ).stdout

    python("setup.py", "--quiet", "build_ext", "--inplace")
    files = python("-c", TELL).split()
    assert [Path(file).is_relative_to(tmp_path) and Path(file).suffix for file in files] == [".so"] * 2
    shown = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in TESTS))
    assert " passed" in shown and " skipped" not in shown
