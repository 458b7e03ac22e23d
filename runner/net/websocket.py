"""The WebSocket driver: one connection between a dialled stream and the sans-IO session.

Owns the order of things (receive, feed, flush, take events), deadlines, bounds and the end of a connection.  Knows
no script, no metric and no tag.  Source: RFC 6455 sections 4.1, 5.5 and 7.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.errors import TransportError
from runner.net.dial import Dialer
from runner.net.lingering import Lingering
from runner.net.stream import ByteCounter, Stream
from runner.net.transport_errors import stream_timeout
from runner.net.websocket_url import WebSocketUrl
from runner.protocol.handshake import ClientHandshake, HandshakeResult
from runner.protocol.websocket import (
    Event,
    ProtocolFailed,
    Role,
    State,
    WebSocketSession,
)
from runner.reactor import DeadlineReached, Reactor, Task, Timer

# When so many events, or bytes in messages, wait to be taken, the connection is read no further until there is room
# again: TCP tells the peer.  What one read brings comes on top.
EVENTS_MAX = 1024
WAITING_BYTES_MAX = 1024 * 1024

# Events that are handed out together, before the other tasks get a turn: small messages come by the thousand in one
# read.
EVENTS_TOGETHER_MAX = 64


@dataclass(slots=True)
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
    return Connected(result, stream.remote_ip, WebSocketConnection(reactor, stream, session))


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
    """An open WebSocket.

    The reactor reads it whenever something comes, answers pings at once, and keeps the events for whoever takes
    them: a task that waits in wait_events(), or a listener that is called.

    Args:
        stream: the connection belongs to it from now on.
    """

    def __init__(self, reactor: Reactor, stream: Stream, session: WebSocketSession) -> None:
        self._reactor = reactor
        self._stream = stream
        self._session = session
        # What the session's messages amounted to when the last one that waited was taken.
        self._taken_bytes = 0
        # Events were given without waiting for them: the other tasks shall have a turn before there are more.
        self._is_hurrying = False
        self._listener: Callable[[], None] | None = None
        self._reader: Task | None = None
        self._writer: Task | None = None
        self._written_bytes = 0
        self._is_watched = False
        self._flush_planned = False
        self._linger_timer: Timer | None = None
        stream.on_sent(self._wake_writer)
        # What came together with the handshake's answer may want answers of its own, and TLS keeps what it has
        # decrypted already.
        self.flush()
        if session.takes_input:
            self._watch(True)
            if stream.holds_bytes:
                self._read()

    def __repr__(self) -> str:
        return f"<WebSocketConnection {self._session!r}>"

    # ---- events

    def wait_events(self, deadline_s: float | None = None) -> list[Event]:
        """Wait for events, and take those that are there, some at a time; [] when the deadline comes first.

        The last one of a connection is CloseReceived, ProtocolFailed or ConnectionLost; ask no further.  A violation
        never comes together with what was before it: first there is the time to answer.

        Args:
            deadline_s: on the reactor's clock.
        """
        if self._session.waiting_events:
            if self._is_hurrying:
                self._is_hurrying = False
                self._reactor.sleep_until(self._reactor.now())
            else:
                self._is_hurrying = True
            return self.take_events()
        self._is_hurrying = False
        self._reader = task = self._reactor.current_task()
        try:
            while not self._session.waiting_events:
                self._reactor.park(deadline_s, task)
        except DeadlineReached:
            return []
        finally:
            self._reader = None
        return self.take_events()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener`, outside every task, whenever there are events to take."""
        self._listener = listener
        if self._session.waiting_events:
            self._reactor.call_soon(listener)

    def take_events(self) -> list[Event]:
        """As wait_events(), without waiting; look at `has_events` for what is left."""
        session = self._session
        events = session.events(EVENTS_TOGETHER_MAX)
        if events and type(events[-1]) is ProtocolFailed:
            if len(events) > 1:
                session.waiting_events.append(events.pop())
            else:
                self._fail_session()
        if not session.waiting_events:
            self._taken_bytes = session.message_bytes
            if not self._is_watched and session.takes_input:
                self._watch(True)
        return events

    @property
    def has_events(self) -> bool:
        """Whether there are events to take."""
        return bool(self._session.waiting_events)

    # ---- commands

    def send_text(self, text: str) -> int:
        """Queue a text message; it leaves with flush(), flush_soon() or wait_sent().

        Returns:
            Its size in bytes.

        Raises:
            ProtocolStateError: a close frame has been sent.
        """
        return self._session.send_text(text)

    def send_binary(self, data: bytes) -> None:
        """Queue a binary message; as send_text()."""
        self._session.send_binary(data)

    def ping(self, payload: bytes) -> None:
        """Queue a ping; as send_text()."""
        self._session.ping(payload)

    def close(self, code: int, reason: str = "") -> None:
        """Queue a close frame with any code, 1005 for none; as send_text()."""
        self._session.close(code, reason)

    def flush(self) -> None:
        """Let what is queued leave; a connection that fails by it tells so as an event."""
        try:
            self._write()
        except TransportError as error:
            self.fail(error.message)

    def flush_soon(self) -> bool:
        """flush() before the reactor polls, so that several messages of one turn go out together.

        Returns:
            Whether all that was queued before these messages has left.
        """
        if self._flush_planned:
            return False
        self._flush_planned = True
        self._reactor.call_before_poll(self._flush_as_planned)
        return not self._stream.unsent_bytes

    def wait_sent(self, deadline_s: float) -> None:
        """Let what is queued leave and wait until the system has taken all of it.

        Raises:
            TransportError: the connection failed, or the peer did not read in time; nothing more can be sent.
        """
        self._write()
        while self._stream.unsent_bytes:
            self._writer = self._reactor.current_task()
            try:
                self._reactor.park(deadline_s)
            except DeadlineReached:
                path = f"{self._stream.local_address}->{self._stream.remote_address}"
                raise stream_timeout("write", path) from None
            finally:
                self._writer = None

    @property
    def queued_bytes(self) -> int:
        """All that was ever queued, with frame headers."""
        return self._session.queued_bytes

    @property
    def unsent_bytes(self) -> int:
        """What is queued, or waits for the peer to read: with frame headers and encryption."""
        return self._session.queued_bytes - self._written_bytes + self._stream.unsent_bytes

    @property
    def is_open(self) -> bool:
        """Neither side has begun to close."""
        return self._session.state is State.OPEN

    def fail(self, message: str) -> None:
        """Give the connection up; the next event tells it as a lost connection."""
        self._session.receive_reset(message)
        self._tell()

    def end(self, lingering: Lingering, linger_s: float) -> None:
        """Give the TCP connection back, without parking the caller.

        Closing it at once, with frames of the peer unread, would send a reset that can overtake our close frame.
        So the connection waits in the background for the peer to finish, up to `linger_s` seconds.
        """
        self._fail_session()
        self.flush()
        self._listener = None
        self._session.events()
        if self._session.state is State.LOST or not lingering.add(self):
            self.cut()
            return
        until_s = self._reactor.now() + linger_s
        self._linger_timer = self._reactor.call_at(until_s, self._end_lingering, lingering)
        self._stream.watch(lambda: self._read_to_the_end(lingering))

    def cut(self) -> None:
        """Close the TCP connection at once."""
        self._stream.close()

    # ---- inside

    def _read(self) -> None:
        session = self._session
        try:
            data = self._stream.receive_now()
        except TransportError as error:
            session.receive_reset(error.message)
        else:
            if data is None:
                return
            if data:
                session.receive(data)
            else:
                session.receive_eof()
        if session.queued_bytes != self._written_bytes:
            self.flush()
        self._tell()

    def _flush_as_planned(self) -> None:
        self._flush_planned = False
        self.flush()

    def _write(self) -> None:
        session = self._session
        if session.queued_bytes != self._written_bytes:
            self._written_bytes = session.queued_bytes
            self._stream.write(session.bytes_to_send())

    def _fail_session(self) -> None:
        """The messages before a violation were taken, and answered as far as they will be."""
        if self._session.state is State.FAILING:
            self._session.fail()
            self.flush()

    def _tell(self) -> None:
        """There may be new events: whoever takes them learns of it, and reading pauses while too much waits."""
        session = self._session
        events = session.waiting_events
        if not (
            len(events) < EVENTS_MAX
            and session.message_bytes - self._taken_bytes < WAITING_BYTES_MAX
            and session.takes_input
        ):
            self._watch(False)
        if not events:
            return
        if self._reader is not None:
            self._reactor.wake_if_parked(self._reader)
        elif self._listener is not None:
            self._listener()

    def _watch(self, wanted: bool) -> None:
        if wanted is not self._is_watched:
            self._is_watched = wanted
            self._stream.watch(self._read if wanted else None)

    def _wake_writer(self) -> None:
        if self._writer is not None:
            self._reactor.wake_if_parked(self._writer)

    def _read_to_the_end(self, lingering: Lingering) -> None:
        try:
            data = self._stream.receive_now()
            if data is None:
                return
            if data:
                # After our close frame, nothing that may come is answered.
                if self._session.can_send:
                    self._session.receive(data)
                    self.flush()
                return
        except TransportError:
            pass
        self._end_lingering(lingering)

    def _end_lingering(self, lingering: Lingering) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        self.cut()
        lingering.discard(self)
