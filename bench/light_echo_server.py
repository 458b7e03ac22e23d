"""An echo server that costs next to nothing, for what is measured on the cores that it shares with its clients.

It knows one message, 11 bytes of text: each whole frame of it that comes is answered by the same frame, unread.
Whatever else comes ends the connection.  Prints its URL.
"""

from __future__ import annotations

import re
import select
import socket

from wsproto.utilities import generate_accept_token

# A frame of a client has four bytes of mask more (RFC 6455 section 5.2).
FRAME = b"\x81\x0bhello world"
CLIENT_FRAME_BYTES = len(FRAME) + 4
READ_BYTES = 65536


def main() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    epoll = select.epoll()
    epoll.register(listener, select.EPOLLIN)
    opening: dict[int, socket.socket] = {}
    opened: dict[int, socket.socket] = {}
    print(f"ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    while True:
        for fd, _ in epoll.poll():
            if fd in opened:
                frames, rest = divmod(len(opened[fd].recv(READ_BYTES)), CLIENT_FRAME_BYTES)
                if rest or not frames:
                    opened.pop(fd).close()
                else:
                    opened[fd].send(FRAME * frames)
            elif fd in opening:
                opened[fd] = opening.pop(fd)
                opened[fd].send(_answer(opened[fd].recv(READ_BYTES)))
            else:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opening[connection.fileno()] = connection
                epoll.register(connection, select.EPOLLIN)


def _answer(request: bytes) -> bytes:
    """To an opening handshake (RFC 6455 section 4.2.2)."""
    key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", request)
    assert key is not None, "a client that is no WebSocket client"
    token = generate_accept_token(key[1])
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"


if __name__ == "__main__":
    main()
