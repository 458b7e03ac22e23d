"""``k6py echo-server``: the command line of the server that tests and examples talk to."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from runner.cli.flags import Command, FlagTexts
from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.readers import integer_from_flag
from runner.options.runtime import read_settings
from runner.options.table import OptionSpec


def port_number(text: str) -> int:
    """A TCP port, or 0 for a free one."""
    with contextlib.suppress(ValueError):
        port = integer_from_flag(text)
        if 0 <= port <= 65535:
            return port
    raise ValueError(f"invalid port '{text}', use 0 to 65535")


def serve_echo(_arguments: Sequence[str], flags: FlagTexts) -> int:
    """Serve until interrupted."""
    settings = read_settings(command.specs, flags, {})
    from runner.echo_server import serve

    serve(
        host=settings.get("host", "127.0.0.1"), port=settings.get("port", 0), tls_port=settings.get("tlsPort")
    )
    return 0


_PORT = Kind("port", str, port_number)

command = Command(
    "echo-server",
    serve_echo,
    (
        OptionSpec(
            "host", None, kinds.STRING, None, "host", default="127.0.0.1", help="address to listen on"
        ),
        OptionSpec("port", None, _PORT, None, "port", default="0", help="port; 0 takes a free one"),
        OptionSpec(
            "tlsPort", None, _PORT, None, "tls-port", help="port for TLS with a certificate made on the spot"
        ),
    ),
    summary="Serve WebSocket echoes.",
    help="Serve WebSocket echoes on any path, for trying scripts out; addresses are printed at the start.",
    examples=(
        "k6py echo-server",
        "k6py echo-server --port 8080",
        "k6py echo-server --host 0.0.0.0 --port 8080 --tls-port 8443",
    ),
)
