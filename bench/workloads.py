"""What `bench/compare.py` measures, and the command lines that do it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent
MODULES = ("ws", "websockets")


@dataclass(frozen=True)
class Size:
    """How many connections, and what each of them does how often."""

    connections: int
    each: int

    @property
    def units(self) -> int:
        return self.connections * self.each


@dataclass(frozen=True)
class Workload:
    """One line of the table; a figure is the difference of two sizes' costs per unit.

    Attributes:
        script: in bench/scripts, in the folder of a module when that is part of it.
        cost: what of a run is measured, an attribute of `compare.Cost`.
        few: a run that is taken off; None for nothing.
    """

    title: str
    unit: str
    script: str
    cost: str
    many: Size
    few: Size | None

    @property
    def modules(self) -> tuple[str, ...]:
        """Through which modules it can go; "" is none."""
        return MODULES if self.few else ("",)

    @property
    def units(self) -> int:
        return self.many.units - self.few.units if self.few else 1

    def scaled(self, factor: float) -> Workload:
        """The same, shorter: memory with fewer connections, the others with fewer round trips of each."""
        if self.few is None:
            return self
        if self.cost == "peak_kib":
            return self.with_connections(round(self.many.connections * factor))
        return replace(self, many=replace(self.many, each=max(round(self.many.each * factor), 2)))

    def with_connections(self, connections: int) -> Workload:
        """The same with more or fewer connections."""
        least = 2 * self.few.connections if self.few else 1
        return replace(self, many=replace(self.many, connections=max(connections, least)))


ONCE_10, ONCE_50, ONCE_1000 = Size(10, 1), Size(50, 1), Size(1000, 1)
_ROUND_TRIP, _CPU = "µs CPU per round trip", "cpu_us"
WORKLOADS = {
    "A": Workload("ping-pong, 11 bytes", _ROUND_TRIP, "echo", _CPU, Size(50, 2000), ONCE_50),
    "B": Workload("ping-pong, 11 bytes", _ROUND_TRIP, "echo", _CPU, Size(1000, 100), ONCE_1000),
    "C": Workload("idle sockets", "KiB per socket", "idle", "peak_kib", Size(5000, 1), ONCE_10),
    "D": Workload(
        "server pushes 100 bytes", "µs CPU per message", "receive", _CPU, Size(10, 100_000), ONCE_10
    ),
    "E": Workload("echo, 16 KiB binary", _ROUND_TRIP, "echo_binary", _CPU, Size(10, 1000), ONCE_10),
    "F": Workload("connect, open, close", "µs CPU per iteration", "connect", _CPU, Size(10, 200), ONCE_10),
    "G": Workload("empty script", "s from start to end", "empty", "wall_s", Size(1, 1), None),
}


def script_command(program: list[str], workload: Workload, module: str, size: Size, url: str) -> list[str]:
    """`program` (k6py or k6 with its flags) running the workload's script."""
    env = {"WS_URL": url, "VUS": size.connections, "EACH": size.each}
    flags = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
    return [*program, *flags, str(HERE / "scripts" / module / f"{workload.script}.js")]


def bare_command(workload: Workload, size: Size, url: str) -> list[str]:
    """The bare client doing what the workload's script does."""
    sizes = ["--connections", str(size.connections), "--each", str(size.each)]
    return [sys.executable, str(HERE / "bare_client.py"), workload.script, url, *sizes]
