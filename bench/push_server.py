"""Sends messages to WebSocket clients as fast as they take them, and checks that each counted all of them.

    python bench/push_server.py --connections 10 --messages 100000
    python bench/push_server.py --connections 5000 --idle

Waits until so many connections are open at the same time, sends each so many text messages of 100 bytes and a
binary one, to which the client answers with its count.  With --idle it sends none, and closes all of them after a
while.  Prints its URL at the start and one line at the end; exit status 1 says that a count or a close was missing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Request, TextMessage

MESSAGE = "x" * 100
# So many in one write that this process is not what a client waits for.
BATCH = 640
BACKLOG = 4096
# How long idle connections are open together.
IDLE_S = 2
CLOSED = "closed"


class PushServer:
    """Serves `connections` clients and no more.

    Args:
        messages: for each; None keeps them idle.

    Attributes:
        done: each client has ended.
        answers: how many clients answered what; "" is a client that went away.
    """

    def __init__(self, connections: int, messages: int | None) -> None:
        self.done = asyncio.Event()
        self.answers: Counter[str] = Counter()
        self._connections = connections
        self._messages = messages
        self._all_open = asyncio.Barrier(connections)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its handshake to its end."""
        answer = ""
        try:
            answer = await self._ask(reader, writer)
        except ConnectionError:
            pass
        finally:
            self.answers[answer] += 1
            writer.close()
            if self.answers.total() == self._connections:
                self.done.set()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        wire = WSConnection(ConnectionType.SERVER)
        while wire.state is ConnectionState.CONNECTING:
            for event in await receive(reader, wire):
                if isinstance(event, Request):
                    writer.write(wire.send(AcceptConnection()))
        await self._all_open.wait()
        if self._messages is None:
            await asyncio.sleep(IDLE_S)
            writer.write(wire.send(CloseConnection(code=1000)))
        else:
            await self._push(wire, writer, self._messages)
        answer = ""
        while True:
            for event in await receive(reader, wire):
                if isinstance(event, TextMessage):
                    answer += event.data
                elif isinstance(event, CloseConnection):
                    if wire.state is ConnectionState.REMOTE_CLOSING:
                        writer.write(wire.send(event.response()))
                    return answer or CLOSED

    async def _push(self, wire: WSConnection, writer: asyncio.StreamWriter, messages: int) -> None:
        frame = wire.send(TextMessage(data=MESSAGE))
        batch = frame * BATCH
        for _ in range(messages // BATCH):
            writer.write(batch)
            await writer.drain()
        writer.write(frame * (messages % BATCH) + wire.send(BytesMessage(data=b"?")))


async def receive(reader: asyncio.StreamReader, wire: WSConnection) -> list[Event]:
    """What the client sent next; the end of its stream is an error before a close frame.

    Raises:
        ConnectionError: it went away.
    """
    data = await reader.read(65536)
    if not data:
        raise ConnectionError("the client went away")
    wire.receive_data(data)
    return list(wire.events())


async def run(connections: int, messages: int | None) -> bool:
    """Serve; whether each client counted all messages, or let itself be closed."""
    server = PushServer(connections, messages)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=BACKLOG)
    host, port = listener.sockets[0].getsockname()
    print(f"push server listens on ws://{host}:{port}", flush=True)
    await server.done.wait()
    listener.close()
    expected = CLOSED if messages is None else str(messages)
    right = server.answers[expected]
    wrong = {answer: count for answer, count in server.answers.items() if answer != expected}
    what = "were closed" if messages is None else f"counted {messages} messages"
    print(f"{right} of {connections} clients {what}, others {wrong or 'none'}")
    return right == connections


def main() -> None:
    """Serve once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--messages", type=int, default=100_000, help="for each connection")
    parser.add_argument("--idle", action="store_true", help="send nothing")
    given = parser.parse_args()
    if not asyncio.run(run(given.connections, None if given.idle else given.messages)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
