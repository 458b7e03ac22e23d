"""What benchmarks are held against: the echo server in a process of its own, and a bare wsproto client."""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage


@contextlib.contextmanager
def echo_server() -> Iterator[str]:
    """The URL of a running echo server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "echo-server", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


def ping_pong(host: str, port: int, connections: int, round_trips: int, text: str) -> None:
    """Each connection sends `text` and waits for it, `round_trips` times: selectors and wsproto, nothing else."""
    selector = selectors.DefaultSelector()
    left = {}
    for _ in range(connections):
        sock = socket.create_connection((host, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = WSConnection(ConnectionType.CLIENT)
        sock.sendall(wire.send(Request(host=f"{host}:{port}", target="/")))
        selector.register(sock, selectors.EVENT_READ, wire)
        left[sock] = round_trips
    while left:
        for key, _ in selector.select():
            sock, wire = key.fileobj, key.data
            assert isinstance(sock, socket.socket)
            wire.receive_data(sock.recv(65536) or None)
            for event in wire.events():
                if isinstance(event, TextMessage):
                    left[sock] -= 1
                if left[sock] > 0 and isinstance(event, TextMessage | AcceptConnection):
                    sock.sendall(wire.send(TextMessage(data=text)))
                elif left[sock] == 0:
                    sock.sendall(wire.send(CloseConnection(code=1000)))
                    selector.unregister(sock)
                    sock.close()
                    del left[sock]
                    break


if __name__ == "__main__":
    ping_pong(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), "hello world")
