"""What benchmarks talk to, each a process of its own: the echo server, and the server that pushes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# From the last client's end to the server's own.
END_TIMEOUT_S = 20


@contextlib.contextmanager
def echo_server() -> Iterator[str]:
    """The URL of a running echo server."""
    with _served([sys.executable, "-m", "runner", "echo-server", "--port", "0"]) as url:
        yield url


@contextlib.contextmanager
def light_echo_server() -> Iterator[str]:
    """The same of one that knows one message only, see there."""
    with _served([sys.executable, str(Path(__file__).with_name("light_echo_server.py"))]) as url:
        yield url


@contextlib.contextmanager
def _served(command: list[str]) -> Iterator[str]:
    """The URL that a server prints, while it runs."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@contextlib.contextmanager
def push_server(connections: int, messages: int | None) -> Iterator[str]:
    """The URL of a server that sends so many messages to each of so many connections; None keeps them idle.

    Raises:
        SystemExit: a client did not count all of them, or went away.
    """
    script = str(Path(__file__).with_name("push_server.py"))
    command = [sys.executable, script, "--connections", str(connections)]
    command += ["--idle"] if messages is None else ["--messages", str(messages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
            report, _ = process.communicate(timeout=END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise SystemExit("the server that pushes still waits for connections or counts") from None
        finally:
            process.kill()
    if process.returncode:
        raise SystemExit(f"wrong counts: {report.strip()}")
