"""The least a WebSocket client in Python can do: selectors, wsproto and nothing else.

    python bench/bare_client.py echo ws://127.0.0.1:8080 --connections 50 --each 2000

What it says is what the script of the same name in bench/scripts says.
"""

from __future__ import annotations

import argparse
import selectors
import socket
from collections.abc import Callable, Generator

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Request, TextMessage

# A conversation is given an event at a time, the first time that the connection is open, and yields its replies.
Conversation = Generator[tuple[Event, ...], Event, None]
NOTHING: tuple[Event, ...] = ()
CLOSE = CloseConnection(code=1000)
BINARY = bytes(16 * 1024)


def echo(round_trips: int, message: Message) -> Conversation:
    """Sends `message` and waits for it."""
    yield NOTHING
    for _ in range(round_trips):
        event = yield (message,)
        while not (isinstance(event, Message) and event.message_finished):
            event = yield NOTHING
    yield (CLOSE,)


def receive() -> Conversation:
    """Counts text messages until a binary one asks for the count."""
    yield NOTHING
    count = 0
    while True:
        event = yield NOTHING
        if isinstance(event, TextMessage):
            count += event.message_finished
        elif isinstance(event, BytesMessage):
            break
    yield (TextMessage(data=str(count)), CLOSE)


def idle() -> Conversation:
    """Is there until the server closes."""
    yield NOTHING
    while True:
        yield NOTHING


def connect() -> Conversation:
    """Closes what it opened."""
    yield NOTHING
    yield (CLOSE,)


def talk(address: tuple[str, int], connections: int, make: Callable[[], Conversation]) -> None:
    """Hold so many conversations at the same time, each on its connection.

    Raises:
        ConnectionError: the server went away.
    """
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        sock = socket.create_connection(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = WSConnection(ConnectionType.CLIENT)
        sock.sendall(wire.send(Request(host="{}:{}".format(*address), target="/")))
        conversation = make()
        next(conversation)
        selector.register(sock, selectors.EVENT_READ, (wire, conversation))
    while selector.get_map():
        for key, _ in selector.select():
            sock, (wire, conversation) = key.fileobj, key.data
            assert isinstance(sock, socket.socket)
            data = sock.recv(65536)
            if not data:
                raise ConnectionError("the server went away")
            wire.receive_data(data)
            for event in wire.events():
                if isinstance(event, CloseConnection):
                    if wire.state is ConnectionState.REMOTE_CLOSING:
                        sock.sendall(wire.send(event.response()))
                    selector.unregister(sock)
                    sock.close()
                    break
                for reply in conversation.send(event):
                    sock.sendall(wire.send(reply))
    selector.close()


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["echo", "echo_binary", "receive", "idle", "connect"])
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--each", type=int, default=1, help="round trips or connects of each connection")
    given = parser.parse_args()
    host, port = given.url.removeprefix("ws://").split(":")
    address = (host, int(port))
    if given.what == "connect":
        for _ in range(given.each):
            talk(address, given.connections, connect)
    elif given.what in ("receive", "idle"):
        talk(address, given.connections, receive if given.what == "receive" else idle)
    else:
        message = TextMessage(data="hello world") if given.what == "echo" else BytesMessage(data=BINARY)
        talk(address, given.connections, lambda: echo(given.each, message))


if __name__ == "__main__":
    main()
