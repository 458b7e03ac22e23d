"""Where a virtual user's memory goes, stage by stage: resident, and what of it is QuickJS's.

    python bench/memory.py
    python bench/memory.py --vus 500

Each stage is a process of its own, which makes so many of the same thing and divides by their number what its
resident memory has grown.  QuickJS's figure is that of JS_ComputeMemoryUsage for the last of them; the stack is the C
stack that a parked task keeps.  Sockets are open and idle, and their server is another process.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from greenlet import greenlet
from peers import echo_server

from jsbindings.registry import ModuleRegistry
from runner.cli import main as run_command
from runner.engine import native, quickjs
from runner.engine.extension import _dukpy
from runner.engine.interpreter import Interpreter
from runner.log import Logger
from runner.metrics.collector import Collector
from runner.metrics.registry import Registry
from runner.net.websocket import WebSocketConnection
from runner.reactor import Reactor
from runner.script.modules import ScriptModules
from runner.vu.context import Limits, TestContext
from runner.vu.vu import VirtualUser

KIB = 1024
ROW = "{:44} {:>9} {:>9} {:>9}"
# Made before the count begins: the first of anything imports, compiles and fills caches.
FIRST = 5
# From the last socket's connect() to the look at all of them, and how long each stays open.
SETTLE_S = 2
HOLD_S = 12
OPTIONS = """
export const options = { scenarios: { all: { executor: 'per-vu-iterations', vus: Number(__ENV.VUS) } } };
"""
SCRIPTS = {
    "no module": "export default function () {}",
    "k6/ws": """
import ws from 'k6/ws';
export default function () {
  ws.connect(__ENV.WS_URL, (socket) => {
    socket.on('message', () => {});
    socket.setTimeout(() => socket.close(), __ENV.HOLD_S * 1000);
  });
}""",
    "k6/websockets": """
import { WebSocket } from 'k6/websockets';
export default function () {
  const socket = new WebSocket(__ENV.WS_URL);
  socket.onmessage = () => {};
  setTimeout(() => socket.close(), __ENV.HOLD_S * 1000);
}""",
}
STAGES = ["context", "kernel", *(f"loaded: {name}" for name in SCRIPTS), "open: k6/ws", "open: k6/websockets"]


class MemoryUsage(ctypes.Structure):
    """QuickJS's JSMemoryUsage, of which the first figure is looked at."""

    _fields_ = [("malloc_size", ctypes.c_int64), ("others", ctypes.c_int64 * 25)]


def engine_kib(capsule: object) -> float:
    """What the interpreter behind dukpy's `capsule` has allocated."""
    library = ctypes.PyDLL(_dukpy.__file__)
    address = quickjs.get_pointer(capsule, native._CAPSULE_NAME)
    runtime = ctypes.c_void_p.from_address(address)
    usage = MemoryUsage()
    library.JS_ComputeMemoryUsage(runtime, ctypes.byref(usage))
    return usage.malloc_size / KIB


def resident_kib() -> int:
    """This process's (Linux)."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))


def made(stage: str, folder: Path, reactor: Reactor) -> Callable[[], Any]:
    """What makes one of a stage, up to a virtual user that has loaded its script."""
    if stage == "context":
        return _dukpy.create_context
    script = folder / "script.js"
    script.write_text(SCRIPTS.get(stage.removeprefix("loaded: "), ""), encoding="utf-8")
    modules = ScriptModules(script.as_uri(), vendor_folders=())
    if stage == "kernel":
        return lambda: Interpreter(modules, {}.get)
    context = TestContext(
        reactor=reactor,
        logger=Logger(None),
        modules=modules,
        registry=ModuleRegistry(),
        collector=Collector(Registry()),
        env={"WS_URL": "", "HOLD_S": ""},
        limits=Limits(),
        native=True,
        compatibility_mode="extended",
    )
    modules.builtin = context.registry.source

    def load() -> VirtualUser:
        vu = VirtualUser(context, 1)
        vu.load()
        return vu

    return load


def measure_made(stage: str, vus: int) -> list[float]:
    """Resident, engine's and stack, KiB for one."""
    figures: list[float] = []

    def measure() -> None:
        make = made(stage, Path(folder), reactor)
        kept = [make() for _ in range(FIRST)]
        gc.collect()
        before_kib = resident_kib()
        kept += [make() for _ in range(vus)]
        gc.collect()
        last = getattr(kept[-1], "_interpreter", kept[-1])
        capsule = getattr(last, "_ctx", last)
        figures.extend([(resident_kib() - before_kib) / vus, engine_kib(capsule), 0.0])

    with tempfile.TemporaryDirectory() as folder, Reactor() as reactor:
        reactor.run(until=reactor.spawn(measure))
    return figures


def held(module: str, vus: int, url: str) -> list[float]:
    """Resident in all, engine's and stack of one, while every virtual user has an open socket."""
    figures: list[float] = []

    def look() -> None:
        while len(list(Path("/proc/self/fd").iterdir())) < vus:
            time.sleep(SETTLE_S / 10)
        time.sleep(SETTLE_S)
        # First, because the list is large.
        kib = resident_kib()
        found = gc.get_objects()
        if sum(isinstance(one, WebSocketConnection) for one in found) < vus:
            return
        engines = [one._interpreter for one in found if isinstance(one, VirtualUser) and one._interpreter]
        stacks = [one._stack_saved for one in found if isinstance(one, greenlet)]
        # The first one compiled our code and has more of it than the others.
        engine = statistics.median(engine_kib(one._ctx) for one in engines)
        figures.extend([kib, engine, sum(stacks) / vus / KIB])

    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.js"
        script.write_text(OPTIONS + SCRIPTS[module], encoding="utf-8")
        flags = ["--workers", "1", "--quiet", "--summary-mode", "disabled"]
        env = ["-e", f"WS_URL={url}", "-e", f"HOLD_S={HOLD_S}", "-e", f"VUS={vus}"]
        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        run_command(["run", *flags, *env, str(script)])
        looking.join(HOLD_S)
    if not figures:
        raise SystemExit("not all sockets were open at the same time")
    return figures


def in_process(*arguments: str) -> list[float]:
    """The figures of a stage, from a process of its own."""
    command = [sys.executable, __file__, *arguments]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(figure) for figure in output.split()]


def figures_of(stage: str, vus: int, url: str) -> list[float]:
    """Resident, engine's and stack, KiB for one virtual user."""
    if not stage.startswith("open: "):
        return in_process("--stage", stage, "--vus", str(vus))
    few = in_process("--stage", stage, "--vus", "10", "--url", url)
    many = in_process("--stage", stage, "--vus", str(vus + 10), "--url", url)
    return [(many[0] - few[0]) / vus, many[1], many[2]]


def main() -> None:
    """Print a line for each stage; with --stage the bare figures of one, for the process that prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vus", type=int, default=200, help="how many of each (default: 200)")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage and given.url:
        print(*held(given.stage.removeprefix("open: "), given.vus, given.url))
    elif given.stage:
        print(*measure_made(given.stage, given.vus))
    else:
        print(ROW.format("KiB for one", "resident", "QuickJS", "C stack"))
        with echo_server() as url:
            for stage in STAGES:
                figures = [f"{figure:.0f}" for figure in figures_of(stage, given.vus, url)]
                print(ROW.format(stage, *figures), flush=True)


if __name__ == "__main__":
    main()
