"""The WebSocket driver: one connection between a dialled stream and the sans-IO session.

Owns the order of things (receive, feed, flush, take events), deadlines and the end of a connection.  Knows no
script, no metric and no tag.  Source: RFC 6455 sections 4.1, 5.5 and 7.1.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from runner.errors import K6pyError, TransportError
from runner.net.dial import Dialer
from runner.net.stream import ByteCounter, Stream
from runner.net.transport_errors import StreamTimeout
from runner.protocol.handshake import ClientHandshake, HandshakeResult
from runner.protocol.websocket import Event, Role, State, WebSocketSession
from runner.reactor import Reactor, Task

MALFORMED_URL = "malformed ws or wss URL"

# Connections of one process that wait in the background for the peer's half of the closing handshake.
LINGERING_MAX = 1000

# Events that are handed out before the other tasks get a turn: small messages come by the thousand in one read.
EVENTS_IN_A_ROW_MAX = 64

_DEFAULT_PORTS = {"ws": 80, "wss": 443}
# What a URL may hold unescaped in path and query; everything else is percent-encoded, what is encoded stays.
_URL_SAFE = "%/?:@!$&'()*+,;=~[]"


class MalformedUrl(K6pyError):
    """A URL that no WebSocket can be opened for."""


@dataclass(frozen=True)
class WebSocketUrl:
    """The parts of a ws or wss URL that connecting needs.

    Args:
        authority: host and port as written, for the Host header.
        target: path and query, percent-encoded; a fragment is left out (RFC 6455 section 3).
    """

    secure: bool
    host: str
    port: int
    authority: str
    target: str

    @classmethod
    def parse(cls, url: str) -> WebSocketUrl:
        """The parts of `url`.

        Raises:
            MalformedUrl: another scheme, user information, or no port number where one should be.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise MalformedUrl(MALFORMED_URL) from None
        if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc:
            raise MalformedUrl(MALFORMED_URL)
        target = quote(parts.path or "/", safe=_URL_SAFE)
        if parts.query or url.partition("#")[0].endswith("?"):
            target += "?" + quote(parts.query, safe=_URL_SAFE)
        return cls(
            secure=parts.scheme == "wss",
            host=parts.hostname or "",
            port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
            authority=parts.netloc,
            target=target,
        )


@dataclass(frozen=True)
class Connected:
    """What opening gave: the server's answer, and a connection if it accepted.

    Args:
        remote_ip: the peer's address, "" when none was reached.
    """

    handshake: HandshakeResult
    remote_ip: str
    connection: WebSocketConnection | None


def connect(
    reactor: Reactor,
    dialer: Dialer,
    url: WebSocketUrl,
    handshake: ClientHandshake,
    *,
    deadline_s: float,
    vu_id: int,
    counter: ByteCounter,
) -> Connected:
    """Dial, do the opening handshake, and begin a session; parks the calling task.

    Args:
        deadline_s: on the reactor's clock, for all of it together.

    Raises:
        TransportError: no connection, or it broke before the server answered.
    """
    stream = dialer.open(url.secure, url.host, url.port, deadline_s=deadline_s, vu_id=vu_id, counter=counter)
    try:
        result = _shake_hands(stream, handshake, deadline_s)
    except BaseException:
        stream.close()
        raise
    if not result.accepted:
        stream.close()
        return Connected(result, stream.remote_ip, None)
    session = WebSocketSession(Role.CLIENT, deflate=result.deflate, trailing=result.trailing)
    connection = WebSocketConnection(reactor, stream, session)
    # Frames that came together with the answer may want answers of their own.
    connection.flush_answers()
    return Connected(result, stream.remote_ip, connection)


def _shake_hands(stream: Stream, handshake: ClientHandshake, deadline_s: float) -> HandshakeResult:
    stream.send(handshake.bytes_to_send(), deadline_s)
    while handshake.result is None:
        try:
            data = stream.receive(deadline_s=deadline_s)
        except TransportError as error:
            return _cut_short(handshake, error)
        if data:
            handshake.receive(data)
        else:
            handshake.receive_eof()
    return handshake.result


def _cut_short(handshake: ClientHandshake, error: TransportError) -> HandshakeResult:
    """The refusal in an answer whose body does not end; `error` when not even its headers are there."""
    handshake.receive_eof()
    if handshake.result is None or not handshake.result.status:
        raise error
    return handshake.result


class WebSocketConnection:
    """An open WebSocket; used by one task at a time.

    Args:
        stream: the connection belongs to it from now on.
    """

    def __init__(self, reactor: Reactor, stream: Stream, session: WebSocketSession) -> None:
        self._reactor = reactor
        self._stream = stream
        self._session = session
        self._events: deque[Event] = deque(session.events())
        self._events_in_a_row = 0

    def __repr__(self) -> str:
        return f"<WebSocketConnection {self._session!r}>"

    def next_event(self, deadline_s: float | None = None) -> Event | None:
        """The next event, or None when the deadline (on the reactor's clock) comes first.

        The last one of a connection is CloseReceived, ProtocolFailed or ConnectionLost; ask no further.
        """
        while not self._events:
            try:
                data = self._stream.receive(deadline_s=deadline_s)
            except StreamTimeout:
                return None
            except TransportError as error:
                self._session.receive_reset(error.message)
            else:
                self._feed(data)
            self.flush_answers()
            self._events.extend(self._session.events())
        self._events_in_a_row += 1
        if self._events_in_a_row >= EVENTS_IN_A_ROW_MAX:
            self._events_in_a_row = 0
            self._reactor.sleep_until(self._reactor.now())
        return self._events.popleft()

    def send_text(self, text: str, deadline_s: float) -> None:
        """Send a text message and wait until the system has taken it.

        Raises:
            ProtocolStateError: a close frame has been sent.
            TransportError: the connection failed or the peer did not read in time; nothing more can be sent.
        """
        self._session.send_text(text)
        self._flush(deadline_s)

    def send_binary(self, data: bytes, deadline_s: float) -> None:
        """Send a binary message; as send_text()."""
        self._session.send_binary(data)
        self._flush(deadline_s)

    def ping(self, payload: bytes, deadline_s: float) -> None:
        """Send a ping; as send_text()."""
        self._session.ping(payload)
        self._flush(deadline_s)

    def close(self, code: int, deadline_s: float) -> None:
        """Send a close frame with any code, 1005 for none; as send_text()."""
        self._session.close(code)
        self._flush(deadline_s)

    @property
    def is_open(self) -> bool:
        """Neither side has begun to close."""
        return self._session.state is State.OPEN

    def fail(self, message: str) -> None:
        """Give the connection up after a failed send; next_event() tells it as a lost connection."""
        self._session.receive_reset(message)
        self._events.extend(self._session.events())

    def end(self, lingering: set[Task], linger_s: float) -> None:
        """Give the TCP connection back, without parking the caller.

        Closing it at once, with frames of the peer unread, would send a reset that can overtake our close
        frame.
        So a task in the background waits for the peer to finish, up to `linger_s` seconds.

        Args:
            lingering: where the task is kept while it runs; at most LINGERING_MAX are.
        """
        if self._session.state in (State.LOST,) or len(lingering) >= LINGERING_MAX:
            self._stream.close()
            return
        lingering.add(self._reactor.spawn(self._linger, self._reactor.now() + linger_s, lingering))

    def _linger(self, deadline_s: float, lingering: set[Task]) -> None:
        try:
            # A peer that never stops sending never lets receive() reach the deadline.
            while (data := self._stream.receive(deadline_s=deadline_s)) and self._reactor.now() < deadline_s:
                self._session.receive(data)
                self.flush_answers()
        except TransportError:
            pass
        finally:
            self._stream.close()
            task = self._reactor.current_task()
            assert task is not None
            lingering.discard(task)

    def _feed(self, data: bytes) -> None:
        if data:
            self._session.receive(data)
        else:
            self._session.receive_eof()

    def _flush(self, deadline_s: float) -> None:
        data = self._session.bytes_to_send()
        if data:
            self._stream.send(data, deadline_s)

    def flush_answers(self) -> None:
        """Send pongs and close frames that the session made by itself; a peer that is gone gets none."""
        data = self._session.bytes_to_send()
        if data:
            try:
                self._stream.send(data, self._reactor.now() + 10.0)
            except TransportError as error:
                self._session.receive_reset(error.message)
