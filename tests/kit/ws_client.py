"""A WebSocket client over a blocking socket, for tests of servers; and how to send what no client would."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.protocol.handshake import ClientHandshake, HandshakeResult
from runner.protocol.websocket import Event, Role, WebSocketSession

BOUND_S = 10.0


class BlockingClient:
    """Connected and shaken hands; every wait is bounded by BOUND_S.

    Args:
        url: ws or wss.
        tls_context: for wss.
        compression: offer permessage-deflate.
    """

    def __init__(
        self, url: str, *, tls_context: ssl.SSLContext | None = None, compression: bool = False
    ) -> None:
        self.sock = connect(url, tls_context)
        parts = urlsplit(url)
        handshake = ClientHandshake(parts.netloc, parts.path or "/", user_agent="", compression=compression)
        self.sock.sendall(handshake.bytes_to_send())
        while handshake.result is None:
            handshake.receive(self.sock.recv(65536))
        self.handshake: HandshakeResult = handshake.result
        assert self.handshake.accepted
        self.session = WebSocketSession(
            Role.CLIENT, deflate=self.handshake.deflate, trailing=self.handshake.trailing
        )

    def flush(self) -> None:
        """Send what the session has queued."""
        self.sock.sendall(self.session.bytes_to_send())

    def events(self) -> list[Event]:
        """At least one event; waits for it."""
        while True:
            events = self.session.events()
            if events:
                return events
            data = self.sock.recv(65536)
            if data:
                self.session.receive(data)
            else:
                self.session.receive_eof()
            self.flush()

    def ends(self) -> bool:
        """The server closed its side without a reset."""
        return self.sock.recv(65536) == b""

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def __enter__(self) -> BlockingClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


def connect(url: str, tls_context: ssl.SSLContext | None = None) -> socket.socket:
    """A connected socket, TLS included when a context is given."""
    parts = urlsplit(url)
    assert parts.hostname
    sock = socket.create_connection((parts.hostname, parts.port or 80), timeout=BOUND_S)
    return tls_context.wrap_socket(sock, server_hostname=parts.hostname) if tls_context else sock


@contextlib.contextmanager
def raw_connection(url: str) -> Iterator[socket.socket]:
    """A TCP connection that has said nothing yet."""
    with connect(url) as sock:
        yield sock


def receive_all(sock: socket.socket) -> bytes:
    """Everything until the end of the stream."""
    data = bytearray()
    while piece := sock.recv(65536):
        data += piece
    return bytes(data)
