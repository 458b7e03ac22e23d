"""k6/websockets: sockets of one virtual user on its event loop, their bounds and their metrics."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from jsbindings.api import Binding, Thrown, op
from jsbindings.ws.opening import answer_tags, open_websocket
from jsbindings.ws.texts import CLOSE_NO_STATUS, close_text
from runner.engine.interpreter import Interpreter
from runner.errors import ScriptError, TransportError
from runner.metrics.builtin import (
    WS_CONNECTING,
    WS_MSGS_RECEIVED,
    WS_MSGS_SENT,
    WS_PING,
    WS_SESSION_DURATION,
    WS_SESSIONS,
)
from runner.metrics.tags import TagSet
from runner.net.websocket import Connected, MalformedUrl, WebSocketConnection
from runner.ops import Interrupted
from runner.protocol.websocket import (
    BinaryMessage,
    CloseReceived,
    ConnectionLost,
    Event,
    PingReceived,
    PongReceived,
    ProtocolFailed,
    ProtocolStateError,
    TextMessage,
)
from runner.reactor import Task, Timer

CLOSE_NORMAL = 1000
# Of an end without a close frame the script learns no code.
CLOSED_WITHOUT_CODE = ["close", None, ""]
UNEXPECTED_EOF = "unexpected EOF"
# What k6 would have let pass: without a word, nobody would know why the connection is closed.
TOLD_VIOLATIONS = frozenset({"bad UTF-8", "bad compressed data", "message too big"})
CANCELLED = "operation was canceled"

# What a peer that does not read may make us keep for it; the send() that goes beyond it fails the connection, as the
# WHATWG's specification has it (https://websockets.spec.whatwg.org/#dom-websocket-send).
UNSENT_BYTES_MAX = 64 * 1024 * 1024
# Events that cross at once, so that a flood neither grows memory nor keeps other VUs waiting.
EVENTS_PER_DELIVERY_MAX = 64


@dataclass
class Socket:
    """One socket, from its constructor to its close event.

    Args:
        number: its handle in JavaScript.
        tags: on its samples; more of them once the server has answered.
        started_s: when it was made, on the reactor's clock; `started_at_s` is the same in Unix time.
        hold: keeps the iteration from ending.
        connecting: the task that opens it.
        close_wanted: code and reason of a close() before it was open.
        is_closing: close() was called: messages are dropped.
        is_posted: a macrotask that takes its events is on its way.
        unsent: size of each message that has not left as a whole, and where it ends in all that was queued.
    """

    number: int
    url: str
    tags: TagSet
    started_s: float
    started_at_s: float
    hold: int
    connecting: Task | None = None
    connection: WebSocketConnection | None = None
    close_wanted: tuple[int, str] | None = None
    close_timer: Timer | None = None
    is_closing: bool = False
    is_posted: bool = False
    is_cancelled: bool = False
    pings: dict[bytes, float] = field(default_factory=dict)
    ping_numbers: itertools.count[int] = field(default_factory=itertools.count)
    unsent: deque[tuple[int, int]] = field(default_factory=deque)
    queued_bytes: int = 0


class WebSocketsBinding(Binding):
    """Sockets of one virtual user, by number."""

    module = "k6/websockets"

    def __init__(self, vu: Any, shared: None) -> None:
        super().__init__(vu, shared)
        self._sockets: dict[int, Socket] = {}
        self._numbers = itertools.count(1)

    @op(init_error="using websockets in the init context is not supported")
    def check_context(self) -> None:
        """Refuse the init context before anything else is looked at."""

    @op
    def warn(self, message: str) -> None:
        """Log a warning."""
        self.vu.logger.warning(message)

    @op
    def timestamp(self) -> float:
        """What events carry: milliseconds of Unix time."""
        return self.vu.context.wall_clock() * 1000

    # ---- connecting

    @op
    def check_url(self, url: str) -> str:
        """`url` as the socket's ``url`` shows it; refuses what no WebSocket can be opened for."""
        try:
            parts = urlsplit(url)
            _ = parts.port
            if " " in parts.netloc:
                raise ValueError('invalid character " " in host name')
        except ValueError as error:
            if not str(error).startswith("Port out of range"):
                raise Thrown(
                    f'WebSocket requires valid url, but got "{url}" which resulted in parse "{url}": {error}'
                ) from None
        if parts.scheme not in ("ws", "wss"):
            raise Thrown(f'WebSocket requires url with scheme ws or wss, but got "{parts.scheme}"')
        if parts.fragment:
            raise Thrown(f'WebSocket requires no url fragment, but got "{parts.fragment}"')
        path = quote(parts.path, safe="%/?:@!$&'()*+,;=~[]")
        return urlunsplit(parts._replace(path=path))

    @op
    def open(self, url: str, params: dict[str, Any]) -> int:
        """Begin to open a socket.

        Returns:
            Its number; events of this number follow, the last one is ``close``.
        """
        vu = self.vu
        tags = vu.tags
        if vu.context.has_system_tag("url"):
            tags = tags.with_tag("url", params["tags"].get("name", url))
        if vu.context.has_system_tag("name"):
            tags = tags.with_tag("name", url)
        number = next(self._numbers)
        socket = self._sockets[number] = Socket(
            number,
            url,
            tags.with_tags(params["tags"]),
            vu.reactor.now(),
            vu.context.wall_clock(),
            vu.event_loop.hold(),
        )
        socket.connecting = vu.reactor.spawn(self._connect, socket, params)
        return number

    def _connect(self, socket: Socket, params: dict[str, Any]) -> None:
        """What the connecting task does."""
        vu = self.vu
        connected: Connected | None = None
        headers = params["headers"]
        if params["protocols"]:
            headers = [("Sec-WebSocket-Protocol", params["protocols"]), *headers]
        problem = ""
        try:
            connected = open_websocket(
                vu,
                socket.url,
                headers=headers,
                jar=params["jar"],
                compression=params["compression"],
                deadline_s=socket.started_s + vu.context.limits.connect_s,
            )
            problem = connected.handshake.problem
        except (TransportError, MalformedUrl, ScriptError) as error:
            problem = error.message
        except Interrupted:
            problem = CANCELLED
        finally:
            socket.connecting = None
        if socket.number not in self._sockets:
            # The iteration is over.
            if connected is not None and connected.connection is not None:
                connected.connection.cut()
            return
        if connected is not None:
            socket.tags = answer_tags(vu, socket.tags, connected)
        vu.emit(WS_SESSIONS, 1, socket.tags, socket.started_at_s)
        vu.emit(WS_CONNECTING, (vu.reactor.now() - socket.started_s) * 1000, socket.tags, socket.started_at_s)
        if connected is None or connected.connection is None:
            self._post(socket, [["error", problem], CLOSED_WITHOUT_CODE], is_end=True)
            return
        socket.connection = connected.connection
        extensions = [
            value for name, value in connected.handshake.headers if name.lower() == "sec-websocket-extensions"
        ]
        self._post(socket, [["open", connected.handshake.subprotocol, extensions]])
        socket.connection.listen(partial(self._notice, socket))
        if socket.close_wanted is not None:
            self._close(socket, *socket.close_wanted)

    # ---- commands

    @op
    def send_text(self, number: int, text: str) -> None:
        """Send a message; it leaves when the macrotask is over or waits."""
        socket = self._sockets.get(number)
        if socket is not None and socket.connection is not None:
            self._send(socket, socket.connection.send_text, text, len(text))

    @op
    def send_binary(self, number: int, data: bytes) -> None:
        """As send_text()."""
        socket = self._sockets.get(number)
        if socket is not None and socket.connection is not None:
            self._send(socket, socket.connection.send_binary, data, len(data))

    def _send(self, socket: Socket, send: Any, data: str | bytes, length: int) -> None:
        connection = socket.connection
        assert connection is not None
        self.vu.count(WS_MSGS_SENT, 1, socket.tags)
        before_bytes = connection.unsent_bytes
        if not before_bytes:
            socket.unsent.clear()
        elif before_bytes > UNSENT_BYTES_MAX:
            connection.fail(f"the server does not read: {before_bytes} bytes wait to be sent")
            return
        try:
            send(data)
        except ProtocolStateError:
            # The server was faster: its close frame is known, and not yet told to the script.
            return
        socket.queued_bytes += connection.unsent_bytes - before_bytes
        size_bytes = len(data.encode()) if isinstance(data, str) and not data.isascii() else length
        socket.unsent.append((size_bytes, socket.queued_bytes))

    @op
    def buffered_amount(self, number: int) -> int:
        """Bytes of messages that have not left yet, without frames and encryption."""
        socket = self._sockets.get(number)
        if socket is None or socket.connection is None:
            return 0
        sent_bytes = socket.queued_bytes - socket.connection.unsent_bytes
        while socket.unsent and socket.unsent[0][1] <= sent_bytes:
            socket.unsent.popleft()
        return sum(size_bytes for size_bytes, _ in socket.unsent)

    @op
    def ping(self, number: int) -> None:
        """Send a ping with a number of its own as payload; its pong gives a sample of ws_ping."""
        socket = self._sockets.get(number)
        if socket is None or socket.connection is None or not socket.connection.is_open:
            return
        payload = str(next(socket.ping_numbers)).encode()
        socket.pings[payload] = self.vu.reactor.now()
        self.vu.count(WS_MSGS_SENT, 1, socket.tags)
        socket.connection.ping(payload)

    @op
    def close(self, number: int, code: int, reason: str) -> None:
        """Send a close frame, once there is a connection; the close event comes with the server's answer."""
        socket = self._sockets.get(number)
        if socket is None:
            return
        socket.is_closing = True
        if socket.connection is None:
            socket.close_wanted = code, reason
        else:
            self._close(socket, code, reason)

    def _close(self, socket: Socket, code: int, reason: str) -> None:
        connection = socket.connection
        assert connection is not None
        if not connection.is_open:
            return
        self.vu.count(WS_MSGS_SENT, 1, socket.tags)
        connection.close(code, reason)
        reactor = self.vu.reactor
        until_s = reactor.now() + self.vu.context.limits.close_answer_s
        socket.close_timer = reactor.call_at(until_s, connection.fail, "")

    @op
    def fail(self, number: int, text: str) -> None:
        """A handler threw: the connection is cut, and the script told by an error and a close event."""
        socket = self._sockets.get(number)
        if socket is not None:
            self._end_session(socket, is_cut=True)
            self._post(socket, [["error", text], CLOSED_WITHOUT_CODE], is_end=True)

    @op
    def forget(self, number: int) -> None:
        """The script hears nothing more of the socket."""
        self._drop(number)

    # ---- events

    def _notice(self, socket: Socket) -> None:
        """The connection has events."""
        if not socket.is_posted:
            socket.is_posted = True
            self.vu.event_loop.post(partial(self._deliver, socket), self.vu.reactor.now())

    def _deliver(self, socket: Socket, interpreter: Interpreter) -> dict[str, Any]:
        """The macrotask that hands events to the script."""
        socket.is_posted = False
        connection = socket.connection
        if connection is None or socket.number not in self._sockets:
            return {}
        told: list[list[Any]] = []
        received_count = 0
        while len(told) < EVENTS_PER_DELIVERY_MAX and (event := connection.take_event()) is not None:
            is_message = isinstance(event, (TextMessage, BinaryMessage))
            if is_message and socket.is_closing:
                continue
            received_count += is_message
            told += self._told(socket, event)
        self.vu.count(WS_MSGS_RECEIVED, received_count, socket.tags)
        if connection.has_events:
            self._notice(socket)
        return self._enter(socket, told, interpreter) if told else {}

    def _enter(self, socket: Socket, told: list[list[Any]], interpreter: Interpreter) -> dict[str, Any]:
        return interpreter.deliver(self.module, [[socket.number, *event] for event in told])

    def _post(self, socket: Socket, told: list[list[Any]], *, is_end: bool = False) -> None:
        """Hand over what no event of the connection says."""

        def macrotask(interpreter: Interpreter) -> dict[str, Any]:
            if is_end:
                self._drop(socket.number)
            return self._enter(socket, told, interpreter)

        self.vu.event_loop.post(macrotask, self.vu.reactor.now())

    def _told(self, socket: Socket, event: Event) -> list[list[Any]]:
        match event:
            case TextMessage(data):
                return [["message", data]]
            case BinaryMessage(data):
                return [["binary", data]]
            case PingReceived():
                return [["ping"]]
            case PongReceived(payload):
                sent_s = socket.pings.pop(payload, None)
                if sent_s is not None:
                    self.vu.emit(WS_PING, (self.vu.reactor.now() - sent_s) * 1000, socket.tags)
                return [["pong"]]
            case _:
                self._end_session(socket)
                self._drop(socket.number)
                return self._ending(event)

    def _ending(self, event: Event) -> list[list[Any]]:
        """The error and the close event."""
        match event:
            case CloseReceived(1000 | 1001 as code, reason):
                return [["close", code, reason]]
            case CloseReceived(code, reason):
                return [["error", close_text(code, reason)], ["close", code, reason]]
            case ConnectionLost(message, reset=False):
                return [["error", message], ["close", event.code, UNEXPECTED_EOF]]
            case ConnectionLost(message):
                self.vu.logger.debug(f"a WebSocket connection was lost: {message}")
                return [CLOSED_WITHOUT_CODE]
            case ProtocolFailed(close_frame_one_byte=True):
                return [["error", close_text(CLOSE_NO_STATUS, "")], ["close", CLOSE_NO_STATUS, ""]]
            case ProtocolFailed(code, message) if message in TOLD_VIOLATIONS:
                return [["error", f"websocket: {message} (closed with {code})"], CLOSED_WITHOUT_CODE]
            case ProtocolFailed(_, message):
                self.vu.logger.debug(f"the WebSocket server broke the protocol: {message}")
                return [CLOSED_WITHOUT_CODE]
        raise AssertionError(event)

    # ---- the end

    def _end_session(self, socket: Socket, *, is_cut: bool = False) -> None:
        connection, socket.connection = socket.connection, None
        if socket.close_timer is not None:
            socket.close_timer.cancel()
        if connection is None:
            return
        vu = self.vu
        vu.emit(WS_SESSION_DURATION, (vu.reactor.now() - socket.started_s) * 1000, socket.tags)
        if is_cut:
            connection.cut()
        else:
            connection.end(vu.context.lingering, vu.context.limits.close_s)

    def _drop(self, number: int) -> None:
        socket = self._sockets.pop(number, None)
        if socket is not None:
            self._end_session(socket)
            self.vu.event_loop.release(socket.hold)

    def wind_down(self) -> None:
        """Open sockets are closed with 1000, as in k6, and what is being opened is given up."""
        for socket in list(self._sockets.values()):
            connection = socket.connection
            if connection is not None:
                self._send_close(socket)
                self._end_session(socket)
                self._post(socket, [["close", CLOSE_NORMAL, ""]], is_end=True)
            elif socket.connecting is not None:
                self.vu.reactor.interrupt(socket.connecting, Interrupted())

    def end_iteration(self) -> None:
        """Sockets are still here when the iteration was cut off."""
        for socket in list(self._sockets.values()):
            if socket.connecting is not None:
                self.vu.reactor.interrupt(socket.connecting, Interrupted())
            self._send_close(socket)
            self._drop(socket.number)

    def _send_close(self, socket: Socket) -> None:
        if socket.connection is not None and socket.connection.is_open:
            # Not one of the script's, and so not counted (as in k6).
            socket.connection.close(CLOSE_NORMAL)
