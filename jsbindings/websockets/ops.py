"""k6/websockets: the sockets of one virtual user on its event loop."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from jsbindings.api import Binding, Thrown, op
from jsbindings.websockets.socket import CLOSE_NORMAL, CLOSED_WITHOUT_CODE, Socket, told_at_end
from jsbindings.ws.opening import answer_tags, open_websocket
from runner.engine.interpreter import Interpreter
from runner.errors import ScriptError, TransportError
from runner.metrics.builtin import WS_CONNECTING, WS_PING, WS_SESSIONS
from runner.net.websocket import Connected
from runner.net.websocket_url import MalformedUrl
from runner.ops import Interrupted
from runner.protocol.websocket import Event, PingReceived, PongReceived

CANCELLED = "operation was canceled"
# The engine's name of what a text goes to.
ENTRY = "message k6/websockets"


def _is_text(event: Event) -> bool:
    return type(event) is str


class WebSocketsBinding(Binding):
    """Sockets of one virtual user, by number."""

    module = "k6/websockets"

    def __init__(self, vu: Any, shared: None) -> None:
        super().__init__(vu, shared)
        self._sockets: dict[int, Socket] = {}
        self._numbers = itertools.count(1)
        self._event_loop, self._reactor = vu.event_loop, vu.reactor

    @op(init_error="using websockets in the init context is not supported")
    def check_context(self) -> None:
        """Refuse the init context before anything else is looked at."""

    @op
    def warn(self, message: str) -> None:
        """Log a warning."""
        self.vu.logger.warning(message)

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
        socket = Socket(vu, number, url, tags.with_tags(params["tags"]), self._event_loop.hold())
        self._sockets[number] = socket
        socket.connecting = vu.reactor.spawn(self._connect, socket, params)
        return number

    def _connect(self, socket: Socket, params: dict[str, Any]) -> None:
        """What the connecting task does."""
        vu = self.vu
        connected: Connected | None = None
        headers = params["headers"]
        if params["protocols"]:
            headers = [("Sec-WebSocket-Protocol", params["protocols"]), *headers]
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
        if socket.number in self._sockets:
            self._take_answer(socket, connected, problem)
        elif connected is not None and connected.connection is not None:
            # The iteration is over.
            connected.connection.cut()

    def _take_answer(self, socket: Socket, connected: Connected | None, problem: str) -> None:
        vu, started_at_s = self.vu, socket.started_at_s
        tags = socket.tags if connected is None else answer_tags(vu, socket.tags, connected)
        vu.emit(WS_SESSIONS, 1, tags, started_at_s)
        vu.emit(WS_CONNECTING, (vu.reactor.now() - socket.started_s) * 1000, tags, started_at_s)
        if connected is None or connected.connection is None:
            self._post(socket, [["error", problem], CLOSED_WITHOUT_CODE], is_end=True)
            return
        socket.open(connected.connection, tags)
        answer = connected.handshake
        agreed = [value for name, value in answer.headers if name.lower() == "sec-websocket-extensions"]
        self._post(socket, [["open", answer.subprotocol, agreed]])
        connected.connection.listen(self._listener(socket))
        if socket.close_wanted is not None:
            socket.close(*socket.close_wanted)

    # ---- commands

    @op
    def send_text(self, number: int, text: str) -> None:
        """Send a message; it leaves when the macrotask is over or waits."""
        socket = self._sockets.get(number)
        if socket is not None:
            socket.send_text(text)

    @op
    def send_binary(self, number: int, data: bytes) -> None:
        """As send_text()."""
        socket = self._sockets.get(number)
        if socket is not None:
            socket.send_binary(data)

    @op
    def buffered_amount(self, number: int) -> int:
        """See Socket.buffered_amount."""
        socket = self._sockets.get(number)
        return 0 if socket is None else socket.buffered_amount()

    @op
    def ping(self, number: int) -> None:
        """Send a ping; its pong gives a sample of ws_ping."""
        socket = self._sockets.get(number)
        if socket is not None:
            socket.ping()

    @op
    def close(self, number: int, code: int, reason: str, unheard: int) -> None:
        """Send a close frame, once there is a connection; the close event comes with the server's answer.

        Args:
            unheard: messages that have crossed and that the script will not hear of.
        """
        socket = self._sockets.get(number)
        if socket is None:
            return
        socket.is_closing = True
        if socket.connection is None:
            socket.close_wanted = code, reason
        else:
            # Of messages that are another socket's it may hear again: this one was handed none then.
            socket.received.count_handed(unheard)
            socket.close(code, reason)

    @op
    def fail(self, number: int, text: str, unheard: int) -> None:
        """A handler threw: the connection is cut, and the script told by an error and a close event."""
        socket = self._sockets.get(number)
        if socket is not None:
            if socket.connection is not None:
                socket.received.count_handed(unheard)
            socket.end(is_cut=True)
            self._post(socket, [["error", text], CLOSED_WITHOUT_CODE], is_end=True)

    @op
    def forget(self, number: int) -> None:
        """The script hears nothing more of the socket."""
        self._drop(number)

    # ---- events

    def _listener(self, socket: Socket) -> Callable[[], None]:
        """What is called when the socket's connection has events."""
        deliver, post, now = partial(self._deliver, socket), self._event_loop.post, self._reactor.now

        def notice() -> None:
            if not socket.is_posted:
                socket.is_posted = True
                post(deliver, now())

        return notice

    def _deliver(self, socket: Socket, interpreter: Interpreter) -> dict[str, Any]:
        """The macrotask that hands events to the script."""
        socket.is_posted = False
        connection, number = socket.connection, socket.number
        if connection is None:
            return {}
        told: str | dict[str, Any] = {}
        events = connection.take_events()
        while events:
            event = events[0]
            told = {}
            if type(event) is str:
                if len(events) == 1:
                    events = []
                    if not socket.is_closing:
                        socket.received.add()
                        told = interpreter.deliver_text(ENTRY, number, event)
                else:
                    told = self._hand_over(interpreter, socket, events)
            else:
                del events[0]
                if type(event) is not bytes:
                    told = self._tell(interpreter, number, self._told(socket, event))
                elif not socket.is_closing:
                    socket.received.add()
                    told = interpreter.deliver_bytes(self.module, number, event)
            if isinstance(told, str):
                socket.send_text(told)
            elif "threw" in told:
                break
        if connection.has_events:
            self._listener(socket)()
        return {} if isinstance(told, str) else told

    def _hand_over(
        self, interpreter: Interpreter, socket: Socket, events: list[Event]
    ) -> str | dict[str, Any]:
        """Hand over the texts at the beginning of `events`, which are taken out."""
        texts: list[Any] = list(itertools.takewhile(_is_text, events))
        del events[: len(texts)]
        if socket.is_closing:
            return {}
        socket.received.handed = len(texts)
        unheard = 0
        try:
            return interpreter.deliver_texts(self.module, socket.number, texts)
        except ScriptError:
            # Of a promise that nobody listens to.
            unheard = interpreter.enter("rarely", "unheard")
            raise
        finally:
            socket.received.count_handed(unheard)

    def _tell(self, interpreter: Interpreter, number: int, told: list[list[Any]]) -> dict[str, Any]:
        """Hand over what is no message."""
        state: dict[str, Any] = {}
        for words in told:
            state = interpreter.deliver(self.module, [number, *words])
            if "threw" in state:
                break
        return state

    def _post(self, socket: Socket, told: list[list[Any]], *, is_end: bool = False) -> None:
        """Hand over what no event of the connection says."""

        def macrotask(interpreter: Interpreter) -> dict[str, Any]:
            if is_end:
                self._drop(socket.number)
            return self._tell(interpreter, socket.number, told)

        self._event_loop.post(macrotask, self._reactor.now())

    def _told(self, socket: Socket, event: Event) -> list[list[Any]]:
        match event:
            case PingReceived():
                return [["ping"]]
            case PongReceived(payload):
                sent_s = socket.pings.pop(payload, None)
                if sent_s is not None:
                    self.vu.emit(WS_PING, (self.vu.reactor.now() - sent_s) * 1000, socket.tags)
                return [["pong"]]
            case _:
                self.vu.logger.debug(f"{socket.url} ended: {event!r}")
                self._drop(socket.number)
                return told_at_end(event)

    # ---- the end

    def _drop(self, number: int) -> None:
        socket = self._sockets.pop(number, None)
        if socket is not None:
            socket.end()
            self._event_loop.release(socket.hold)

    def wind_down(self) -> None:
        """Open sockets are closed with 1000, as in k6, and what is being opened is given up."""
        for socket in list(self._sockets.values()):
            if socket.connection is not None:
                socket.give_up()
                socket.end()
                self._post(socket, [["close", CLOSE_NORMAL, ""]], is_end=True)
            elif socket.connecting is not None:
                self.vu.reactor.interrupt(socket.connecting, Interrupted())

    def end_iteration(self) -> None:
        """Sockets are still here when the iteration was cut off."""
        for socket in list(self._sockets.values()):
            if socket.connecting is not None:
                self.vu.reactor.interrupt(socket.connecting, Interrupted())
            socket.give_up()
            self._drop(socket.number)
