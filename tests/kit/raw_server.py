"""A server on loopback whose every byte a test decides: for peers that break off, stall or send nonsense.

def serve(peer: Peer) -> None:
    peer.upgrade()
    peer.send(frame(TEXT, b"hello"))

with RawServer(serve) as server:
    run_script(..., env={"URL": server.url})
assert server.told == [...]      # what serve() gave to peer.tell()
"""

from __future__ import annotations

import base64
import hashlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType

from tests.kit.ws_pair import CLOSE, PING, PONG, frame

# Nobody waits so long for the other side unless something is wrong.
BOUND_S = 10.0

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_HEAD_END = b"\r\n\r\n"


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, told: list[object], number: int) -> None:
        sock.settimeout(BOUND_S)
        self.sock = sock
        self.number = number
        self._told = told
        self._unread = b""

    def tell(self, what: object) -> None:
        """Let the test know something."""
        self._told.append(what)

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def read_head(self) -> bytes:
        """The request up to the empty line."""
        while _HEAD_END not in self._unread:
            data = self.sock.recv(65536)
            assert data, "the client went away within its request"
            self._unread += data
        head, _, self._unread = self._unread.partition(_HEAD_END)
        return head

    def upgrade(self, *headers: bytes) -> bytes:
        """Accept a WebSocket; the request's head."""
        head = self.read_head()
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        key = {name.lower(): value for name, value in fields.items()}[b"sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        lines = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + accept,
            *headers,
        ]
        self.send(b"\r\n".join(lines) + _HEAD_END)
        return head

    def read_frame(self) -> tuple[int, bytes] | None:
        """(opcode, payload) of the client's next frame; None at the end of the stream."""
        head = self._read(2)
        if head is None:
            return None
        size = head[1] & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._read(2) or b"")
        elif size == 127:
            (size,) = struct.unpack("!Q", self._read(8) or b"")
        assert head[1] & 0x80, "a client masks its frames"
        mask = self._read(4) or b""
        payload = self._read(size) or b""
        return head[0] & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))

    def read_to_end(self) -> str:
        """How the client ends the TCP connection: "fin" or "reset"."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            return "reset"
        return "fin"

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _read(self, size_bytes: int) -> bytes | None:
        while len(self._unread) < size_bytes:
            data = self.sock.recv(65536)
            if not data:
                assert not self._unread, "the client's stream ended within a frame"
                return None
            self._unread += data
        data, self._unread = self._unread[:size_bytes], self._unread[size_bytes:]
        return data


class RawServer:
    """Calls ``serve(peer)`` for each connection in a thread of its own and closes the connection after it.

    A script that cuts its connection is no failure of the server; any other exception fails the test.
    """

    def __init__(self, serve: Callable[[Peer], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/"
        self.told: list[object] = []

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shutdown() ends the accept() of the other thread, which close() does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(BOUND_S)
        if error is None:
            assert not self._errors, self._errors
            assert not any(thread.is_alive() for thread in self._threads), "the server hangs"

    def wait_for_peers(self) -> None:
        """Wait until every connection so far is served to its end: then `told` is complete."""
        for thread in self._threads[1:]:
            thread.join(BOUND_S)

    def _start(self, function: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._run, Peer(sock, self.told, number))
            number += 1

    def _run(self, peer: Peer) -> None:
        try:
            with peer.sock:
                self._serve(peer)
        except (ConnectionError, TimeoutError):
            pass
        except BaseException as error:
            self._errors.append(error)


def echo(peer: Peer) -> None:
    """Serve one WebSocket: messages come back, pings are answered; tells the close frame and how TCP ended."""
    peer.upgrade()
    while (received := peer.read_frame()) is not None:
        opcode, payload = received
        if opcode == CLOSE:
            peer.tell(payload)
            peer.send(frame(CLOSE, payload))
            peer.sock.shutdown(socket.SHUT_WR)
            peer.tell(peer.read_to_end())
            return
        peer.send(frame(PONG if opcode == PING else opcode, payload))
    peer.tell("ended without a close frame")
