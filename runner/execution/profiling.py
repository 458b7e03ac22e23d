"""Where the processor time of a run goes, for ``--profile``: a sampling profiler with two results, a table and a file.

A signal comes whenever the process has used some processor time, and what the main thread has used since the last
one is put down to the Python stack that is there.  Python runs signal handlers between two of its own steps: after a
call of QuickJS or of the system, however long it took, they see the function that made the call.

Owns samples, layers and both texts.  Refuses to look at other threads (which look names up) and at worker processes.
"""

from __future__ import annotations

import contextlib
import opcode
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TextIO

from runner import is_compiled
from runner.errors import UsageError

INTERVAL_S = 0.001
FUNCTIONS_SHOWN_MAX = 10
COMPILED_NOTE = """
This build is compiled: what its compiled modules (setup.py lists them) use counts with those that call them.
Install k6py without K6PY_COMPILE to see it.
"""

JAVASCRIPT = "JavaScript"
IMPORTS = "imports"
OTHER = "other"
# What a layer consists of, as the table and the documentation name it: the longest path that fits counts.
LAYERS = {
    "runner/engine/interpreter.py": JAVASCRIPT,
    "runner/engine/entry.py": JAVASCRIPT,
    "runner/engine/native.py": JAVASCRIPT,
    "runner/engine/sandbox.py": JAVASCRIPT,
    "runner/engine": "bridge",
    "runner/ops.py": "bridge",
    "jsbindings": "modules",
    "runner/vu": "virtual users",
    "runner/net": "network",
    "runner/protocol": "protocol",
    "runner/reactor": "reactor",
    "runner/metrics": "metrics",
    "runner/outputs": "outputs",
    "runner/execution": "execution",
    "runner": OTHER,
}

# The folder that ``runner`` and ``jsbindings`` are in.
_ROOT = f"{Path(__file__).parents[2]}/"
_RESUME = opcode.opmap["RESUME"]


class Profile:
    """Processor time by stack; a stack is a tuple of code objects, the innermost first."""

    def __init__(self) -> None:
        self._seconds: defaultdict[tuple[CodeType, ...], float] = defaultdict(float)

    def add(self, frame: FrameType | None, seconds: float) -> None:
        """Put processor time down to the stack that ends in `frame`."""
        if frame is not None and frame.f_code.co_code[frame.f_lasti] == _RESUME:
            # It is about to begin: the time was its caller's, JavaScript's for example when it is an op.
            frame = frame.f_back
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        if stack:
            self._seconds[tuple(stack)] += seconds

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(self._seconds.values())

    def by_layer(self) -> dict[str, float]:
        """Seconds by layer, the most first."""
        return self._sums(layer_of)

    def by_function(self) -> dict[str, float]:
        """Seconds by function, without those that it calls, the most first."""
        return self._sums(lambda stack: _name(stack[0]))

    def _sums(self, key: Callable[[tuple[CodeType, ...]], str]) -> dict[str, float]:
        sums: defaultdict[str, float] = defaultdict(float)
        for stack, seconds in self._seconds.items():
            sums[key(stack)] += seconds
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def table(self) -> str:
        """For people: layers, and the functions that took the most."""
        layers = [f"  {_share(part, self.seconds)}  {layer}" for layer, part in self.by_layer().items()]
        functions = [f"  {_share(part, self.seconds)}  {name}" for name, part in self.by_function().items()]
        return "\n".join([*layers, "", *functions[:FUNCTIONS_SHOWN_MAX], ""])

    def stacks(self) -> str:
        """For flamegraph.pl, speedscope and their like: each stack, outermost function first, and its microseconds."""
        lines = []
        for stack, seconds in self._seconds.items():
            names = [_name(code) for code in reversed(stack)]
            if layer_of(stack) == JAVASCRIPT:
                names.append(JAVASCRIPT)
            lines.append(f"{';'.join(names)} {round(seconds * 1e6)}\n")
        return "".join(sorted(lines))


def layer_of(stack: tuple[CodeType, ...]) -> str:
    """The layer that the innermost function of ours belongs to; what it calls in libraries is its own."""
    for code in stack:
        name = _file(code)
        path = name
        while path:
            if path in LAYERS:
                return IMPORTS if code.co_name == "<module>" else LAYERS[path]
            path = path.rpartition("/")[0]
        if name.startswith("<frozen importlib"):
            return IMPORTS
    return OTHER


@contextlib.contextmanager
def profiling(file: Path, out: TextIO) -> Iterator[None]:
    """Profile what happens in this context, which is to be entered in the main thread.

    Args:
        file: gets the stacks; what it held is gone.
        out: gets the table at the end.

    Raises:
        UsageError: the file cannot be written, or this is not the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("--profile needs the main thread, the only one that Python delivers signals to")
    try:
        stacks = file.open("w", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--profile: open {file}: {(error.strerror or '').lower()}") from error
    profile = Profile()
    began_s, used_s = time.monotonic(), time.thread_time()
    try:
        with _sampling(profile):
            yield
    finally:
        used_s, took_s = time.thread_time() - used_s, time.monotonic() - began_s
        with stacks:
            stacks.write(profile.stacks())
        out.write(f"\nProfile: {used_s:.2f} s of processor time in {took_s:.2f} s, stacks in {file}\n\n")
        out.write(profile.table())
        if is_compiled():
            out.write(COMPILED_NOTE)
        out.flush()


@contextlib.contextmanager
def _sampling(profile: Profile) -> Iterator[None]:
    last_s = time.thread_time()

    def sample(_signal: int, frame: FrameType | None) -> None:
        nonlocal last_s
        now_s = time.thread_time()
        # However many intervals it was: a long call of QuickJS is one sample with all of its time.
        profile.add(frame, now_s - last_s)
        # What sampling takes is nobody's.
        last_s = time.thread_time()

    previous: Any = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:6.1%} {part:8.3f} s" if whole else f"{'':17}"


def _name(code: CodeType) -> str:
    # A semicolon ends a name in the stacks.
    return f"{_file(code)}:{code.co_qualname}".replace(";", ",")


def _file(code: CodeType) -> str:
    """The file below the folder of ours, or the last two parts of any other's path."""
    path = code.co_filename
    if path.startswith(_ROOT):
        ours = path.removeprefix(_ROOT)
        if ours.startswith(("runner/", "jsbindings/")):
            return ours
    return path if path.startswith("<") else "/".join(path.split("/")[-2:])
