"""``k6py echo-server``: the command line of the server that tests and examples talk to."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  k6py echo-server
  k6py echo-server --port 8080
  k6py echo-server --host 0.0.0.0 --port 8080 --tls-port 8443
"""

_PORT = click.IntRange(0, 65535)


def serve_echo(host: str, port: int, tls_port: int | None) -> int:
    """Serve until interrupted."""
    from runner.echo_server import serve

    serve(host=host, port=port, tls_port=tls_port)
    return 0


command = click.Command(
    "echo-server",
    callback=serve_echo,
    params=[
        click.Option(["--host"], default="127.0.0.1", show_default=True, help="address to listen on"),
        click.Option(["--port"], type=_PORT, default=0, show_default=True, help="port; 0 takes a free one"),
        click.Option(["--tls-port"], type=_PORT, help="port for TLS with a certificate made on the spot"),
    ],
    help="Serve WebSocket echoes on any path, for trying scripts out; addresses are printed at the start.",
    short_help="Serve WebSocket echoes.",
    epilog=EPILOG,
)
