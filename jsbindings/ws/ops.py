"""k6/ws: sockets of one virtual user, their timers and their metrics."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.ws.opening import answer_tags, open_websocket
from jsbindings.ws.texts import CLOSE_NO_STATUS, CLOSE_SENT, close_text
from runner.errors import K6pyError, ScriptError, TransportError
from runner.metrics.builtin import (
    WS_CONNECTING,
    WS_MSGS_RECEIVED,
    WS_MSGS_SENT,
    WS_PING,
    WS_SESSION_DURATION,
    WS_SESSIONS,
)
from runner.metrics.collector import Tally
from runner.metrics.tags import TagSet
from runner.net.websocket import Connected, WebSocketConnection
from runner.net.websocket_url import MalformedUrl
from runner.ops import Interrupted
from runner.protocol.handshake import HandshakeResult, canonical_header_name
from runner.protocol.websocket import (
    CloseReceived,
    ConnectionLost,
    Event,
    PingReceived,
    PongReceived,
    ProtocolFailed,
    ProtocolStateError,
)
from runner.vu.event_loop import LoopTimers

CLOSE_GOING_AWAY = 1001

# A text that may wait to be sent while the script waits for events; with a longer one, with several, and while others
# wait, the script first waits until the system has taken all of it.
UNWAITED_LENGTH_MAX = 16384

_NO_PARAMS: dict[str, Any] = {"headers": [], "tags": {}, "jar": None, "compression": False}


@dataclass(slots=True)
class Socket:
    """One open socket.

    Args:
        tags: on every sample of the session.
        started_s: when connect() began, on the reactor's clock.
        timers: None until there is one.
    """

    connection: WebSocketConnection
    tags: TagSet
    started_s: float
    sent: Tally
    received: Tally
    timers: LoopTimers | None = None
    pings: dict[bytes, float] = field(default_factory=dict)
    ping_numbers: itertools.count[int] = field(default_factory=itertools.count)
    close_sent: bool = False
    network_first: bool = False


class WsBinding(Binding):
    """Sockets of one virtual user, by number."""

    module = "k6/ws"

    def __init__(self, vu: Any, shared: None) -> None:
        super().__init__(vu, shared)
        self._sockets: dict[int, Socket] = {}
        self._numbers = itertools.count(1)
        # A script may keep a socket object after connect() and go on sending.
        self._ended_tags: dict[int, TagSet] = {}

    @op(init_error="using websockets in the init context is not supported")
    def check_context(self) -> None:
        """Refuse the init context before anything else is looked at."""

    # ---- connecting

    @op
    def connect(self, url: str, params: dict[str, Any] | None) -> dict[str, Any]:
        """Open a connection.

        Args:
            params: the script's, None when it gave none.

        Returns:
            ``socket``: its number, None when there is none; ``response``: what ``ws.connect()`` returns.
        """
        vu = self.vu
        if params is None:
            params = _NO_PARAMS
        started_s, started_at_s = vu.reactor.now(), vu.context.wall_clock()
        tags = vu.tags.with_tags(params["tags"])
        if vu.context.has_system_tag("url"):
            tags = tags.with_tag("url", url)
        problem = ""
        connected: Connected | None = None
        try:
            connected = open_websocket(
                vu,
                url,
                headers=params["headers"],
                jar=params["jar"],
                compression=params["compression"],
                deadline_s=started_s + vu.context.limits.connect_s,
            )
        except (TransportError, MalformedUrl, ScriptError) as error:
            problem = error.message
        connecting_ms = (vu.reactor.now() - started_s) * 1000
        if connected is not None:
            tags = answer_tags(vu, tags, connected)
        vu.emit(WS_SESSIONS, 1, tags, started_at_s)
        vu.emit(WS_CONNECTING, connecting_ms, tags, started_at_s)
        if connected is not None and connected.connection is not None:
            number = next(self._numbers)
            self._sockets[number] = Socket(
                connected.connection,
                tags,
                started_s,
                sent=vu.tally(WS_MSGS_SENT, tags),
                received=vu.tally(WS_MSGS_RECEIVED, tags),
            )
            return {"socket": number, "response": _response(connected.handshake, url, "")}
        vu.emit(WS_SESSION_DURATION, (vu.reactor.now() - started_s) * 1000, tags, started_at_s)
        if vu.options.throw:
            raise Thrown(problem or (connected.handshake.problem if connected else ""))
        answer = HandshakeResult(accepted=False, status=0) if connected is None else connected.handshake
        return {"socket": None, "response": _response(answer, "", problem)}

    # ---- commands

    @op
    def send_texts(self, number: int, texts: str | list[str]) -> str | None:
        """Send one message or several, and wait until the system has taken them.

        Returns:
            what went wrong, None when nothing did.
        """
        socket = self._sockets.get(number)
        if socket is None:
            # k6 counts a message before it tries to send it, also after the end of connect().
            count = 1 if isinstance(texts, str) else len(texts)
            self.vu.count(WS_MSGS_SENT, count, self._ended_tags.get(number, self.vu.tags))
            return CLOSE_SENT
        return self._queue_texts(socket, texts) or self._wait_sent(socket)

    def _queue_texts(self, socket: Socket, texts: str | list[str]) -> str | None:
        connection = socket.connection
        try:
            if isinstance(texts, str):
                socket.sent.add()
                connection.send_text(texts)
            else:
                socket.sent.add(len(texts))
                for text in texts:
                    connection.send_text(text)
        except ProtocolStateError:
            return CLOSE_SENT
        return None

    def _wait_sent(self, socket: Socket) -> str | None:
        try:
            socket.connection.wait_sent(self.vu.reactor.now() + self.vu.context.limits.send_s)
        except TransportError as error:
            socket.connection.fail("")
            return error.message
        return None

    @op
    def send_binary(self, number: int, data: bytes) -> str | None:
        """As send_texts()."""
        socket = self._sockets.get(number)
        if socket is None:
            self.vu.count(WS_MSGS_SENT, 1, self._ended_tags.get(number, self.vu.tags))
        else:
            socket.sent.add()
        return self._command(number, lambda connection: connection.send_binary(data))

    @op
    def ping(self, number: int) -> str | None:
        """Send a ping with a number of its own as payload; its pong gives a sample of ws_ping."""
        socket = self._sockets.get(number)
        if socket is None:
            return CLOSE_SENT
        payload = str(next(socket.ping_numbers)).encode()
        socket.pings[payload] = self.vu.reactor.now()
        return self._command(number, lambda connection: connection.ping(payload))

    @op
    def close(self, number: int, code: int) -> str | None:
        """Send a close frame with the lower 16 bits of `code`, whatever they are."""
        socket = self._sockets.get(number)
        if socket is None or socket.close_sent:
            return None
        socket.close_sent = True
        if not socket.connection.is_open:
            # The server was faster; its close frame waits behind events that the script has not seen yet.
            return None
        return self._command(number, lambda connection: connection.close(code & 0xFFFF))

    def _command(self, number: int, action: Callable[[WebSocketConnection], None]) -> str | None:
        socket = self._sockets.get(number)
        if socket is None:
            return CLOSE_SENT
        try:
            action(socket.connection)
        except ProtocolStateError:
            return CLOSE_SENT
        return self._wait_sent(socket)

    # ---- events

    @op
    def start_timer(self, number: int, delay_ms: float, repeats: bool) -> int:
        """A timer of the socket; it fires while the socket is open."""
        socket = self._sockets.get(number)
        if socket is None:
            return 0
        if socket.timers is None:
            socket.timers = LoopTimers()
        socket.timers.now_s = self.vu.reactor.now()
        return socket.timers.start_timer("", delay_ms / 1000, repeats)

    @op
    def next_events(self, number: int, texts: str | list[str] | None = None) -> str | list[Any]:
        """Send `texts`, then wait for the next events, and give those that are there.

        Returns:
            A text for one text message.  Otherwise what went wrong with sending, and after it the events: a text for a
            text message, for others a list of the kind and what belongs to it.  The kinds are those of ``Socket.on``
            and two more: ``timer`` with the timer's number, and ``closed`` with the code of the close event and, when
            an error event comes first, its text.
        """
        socket = self._sockets[number]
        if socket.received.handed:
            socket.received.count_handed()
        connection = socket.connection
        problem = None
        if texts is not None:
            problem = self._queue_texts(socket, texts)
            is_small = isinstance(texts, str) and len(texts) <= UNWAITED_LENGTH_MAX
            if not (is_small and connection.flush_soon()):
                problem = problem or self._wait_sent(socket)
        timers = socket.timers
        while True:
            due_s = None
            if timers is not None and (due_s := timers.next_due_s()) is not None:
                timers.now_s = self.vu.reactor.now()
                # Timers and messages take turns, so that neither a flood nor a short interval starves the other.
                if due_s <= timers.now_s and not socket.network_first:
                    socket.network_first = True
                    return [problem, ["timer", timers.take_due()]]
                socket.network_first = False
            events = connection.wait_events(due_s)
            if len(events) == 1 and problem is None:
                event = events[0]
                if type(event) is str:
                    socket.received.add()
                    return event
            if events:
                return self._told_together(socket, events, problem)

    def _told_together(self, socket: Socket, events: list[Event], problem: str | None) -> list[Any]:
        told: list[Any] = [problem]
        messages = 0
        for event in events:
            if type(event) is str:
                messages += 1
                told.append(event)
            else:
                messages += type(event) is bytes
                told.append(self._told(socket, event))
        socket.received.handed = messages
        return told

    def _told(self, socket: Socket, event: Event) -> list[Any]:
        match event:
            case bytes():
                return ["binaryMessage", event]
            case PingReceived():
                return ["ping"]
            case PongReceived(payload):
                sent_s = socket.pings.pop(payload, None)
                if sent_s is not None:
                    self.vu.emit(WS_PING, (self.vu.reactor.now() - sent_s) * 1000, socket.tags)
                return ["pong"]
            case _:
                socket.close_sent = True
                return ["closed", *self._ending(event)]

    def _ending(self, event: Event) -> tuple[int, str | None]:
        """Code of the close event, and the text of the error event before it."""
        match event:
            case CloseReceived(1000 | 1001 as code):
                return code, None
            case CloseReceived(code, reason):
                return code, close_text(code, reason)
            case ConnectionLost(message, reset=False):
                return event.code, message
            case ConnectionLost(message):
                return CLOSE_GOING_AWAY, message or None
            case ProtocolFailed(close_frame_one_byte=True):
                return CLOSE_NO_STATUS, close_text(CLOSE_NO_STATUS, "")
            case ProtocolFailed(1002, message):
                # k6's text is about its own second close frame, and scripts compare with it; the log has
                # the cause.
                self.vu.logger.debug(f"the WebSocket server broke the protocol: {message}")
                return CLOSE_GOING_AWAY, CLOSE_SENT
            case ProtocolFailed(code, message):
                return CLOSE_GOING_AWAY, f"websocket: {message} (closed with {code})"
        raise AssertionError(event)

    # ---- the end

    @op
    def end(self, number: int, unheard: int) -> None:
        """connect() returns: the session is over.

        Args:
            unheard: messages that were given and that the script did not hear of; they are not counted, as in k6.
        """
        socket = self._sockets.pop(number)
        socket.received.count_handed(unheard)
        self._ended_tags[number] = socket.tags
        self._end(socket)

    def end_iteration(self) -> None:
        """Sockets are still open here when the iteration was cut off: they are closed with 1001, as in k6."""
        while self._sockets:
            _, socket = self._sockets.popitem()
            try:
                if socket.connection.is_open:
                    socket.connection.close(CLOSE_GOING_AWAY)
            except (K6pyError, Interrupted) as error:
                self.vu.logger.debug(f"no close frame could be sent: {error}")
            self._end(socket)
        self._ended_tags.clear()

    def _end(self, socket: Socket) -> None:
        socket.sent.close()
        socket.received.close()
        self.vu.emit(WS_SESSION_DURATION, (self.vu.reactor.now() - socket.started_s) * 1000, socket.tags)
        socket.connection.end(self.vu.context.lingering, self.vu.context.limits.close_s)


def _response(answer: HandshakeResult, url: str, problem: str) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for name, value in answer.headers:
        canonical = canonical_header_name(name)
        headers[canonical] = f"{headers[canonical]}, {value}" if canonical in headers else value
    return {
        "url": url,
        "status": answer.status,
        "headers": headers,
        "body": answer.body.decode("utf-8", "replace"),
        "error": problem,
    }
