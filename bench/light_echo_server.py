"""An echo server that costs next to nothing, for what is measured on the cores that it shares with its clients.

It knows one message, 11 bytes of text: each whole frame of it that comes is answered by the same frame, unread.
Whatever else comes ends the connection.  Prints its URL.
"""

from __future__ import annotations

import re
import selectors
import socket

from wsproto.utilities import generate_accept_token

# A frame of a client has four bytes of mask more (RFC 6455 section 5.2).
FRAME = b"\x81\x0bhello world"
CLIENT_FRAME_BYTES = len(FRAME) + 4
READ_BYTES = 65536


def main() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    print(f"ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    opened: set[socket.socket] = set()
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ, connection)
                continue
            connection = key.data
            try:
                data = connection.recv(READ_BYTES)
                if connection in opened:
                    connection.sendall(_echo(data))
                else:
                    connection.sendall(_answer(data))
                    opened.add(connection)
            except (OSError, ValueError):
                selector.unregister(connection)
                opened.discard(connection)
                connection.close()


def _echo(data: bytes) -> bytes:
    frames, rest = divmod(len(data), CLIENT_FRAME_BYTES)
    if rest or not frames:
        raise ValueError("something else than whole frames of the one message")
    return FRAME * frames


def _answer(request: bytes) -> bytes:
    """To an opening handshake (RFC 6455 section 4.2.2)."""
    key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", request)
    if key is None:
        raise ValueError("no WebSocket client")
    token = generate_accept_token(key[1])
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"


if __name__ == "__main__":
    main()
