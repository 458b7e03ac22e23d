"""A WebSocket session after the opening handshake (RFC 6455 sections 5 to 8), client or server.

Owns frames, whole messages, pongs, the closing handshake and what happens at a violation; wsproto parses and
serialises.  Refuses sockets and clocks: the driver receives, feeds, flushes ``bytes_to_send()`` and takes
``events()``, in that order, and owns every deadline.
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn

from wsproto import events as wire
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.extensions import Extension

from runner.errors import InternalError
from runner.protocol.close_frame import (
    CLOSE_NO_STATUS,
    CONTROL_PAYLOAD_SIZE_BYTES_MAX,
    close_frame,
    read_close,
)
from runner.protocol.extensions import BoundedDeflate, DeflateParameters, MessageSizeLimit
from runner.protocol.fast_lane import FIN_BINARY, FIN_TEXT, LANE_SIZE_BYTES_MAX, FastLane, whole_frame
from runner.protocol.violations import is_one_byte_close, violation_reason
from runner.protocol.websocket_events import (
    CloseReceived,
    ConnectionLost,
    Event,
    PingReceived,
    PongReceived,
    ProtocolFailed,
)

__all__ = [
    "CLOSE_NO_STATUS",
    "MESSAGE_SIZE_BYTES_MAX",
    "TRANSITIONS",
    "CloseReceived",
    "ConnectionLost",
    "DeflateParameters",
    "Event",
    "PingReceived",
    "PongReceived",
    "ProtocolFailed",
    "ProtocolStateError",
    "Role",
    "State",
    "Trigger",
    "WebSocketSession",
]

# A quarter of a VU's 128 MiB JavaScript heap, and twice the largest message of the Autobahn suite.
MESSAGE_SIZE_BYTES_MAX = 32 * 1024 * 1024

# What Go's libraries say of a stream that ends without a close frame; k6 scripts see it.
END_OF_STREAM_TEXT = "websocket: close 1006 (abnormal closure): unexpected EOF"


class ById(Enum):
    """Members are looked up by what they are; Enum would hash their names, in Python."""

    __hash__ = object.__hash__


class Role(Enum):
    """Which side of the connection the session plays."""

    CLIENT = ConnectionType.CLIENT
    SERVER = ConnectionType.SERVER


class State(ById):
    """Where the session is between the opening handshake and the end.

    OPEN: both sides may send.  CLOSING: our close frame is out, the peer's is awaited.  CLOSED: both close
    frames are exchanged.  FAILING: the peer broke the protocol; nothing more is taken, but what came before it may
    still be answered.  FAILED: the peer broke the protocol, and our close frame is out.  LOST: the stream ended
    without a close frame.
    """

    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"
    FAILING = "FAILING"
    FAILED = "FAILED"
    LOST = "LOST"


class Trigger(ById):
    """What moves a session from one state to another."""

    CLOSE_SENT = "close sent"
    CLOSE_RECEIVED = "close received"
    VIOLATION = "violation"
    STREAM_ENDED = "stream ended"


# A pair that is missing cannot happen: commands are refused and input is ignored before it comes to that.
TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.OPEN, Trigger.CLOSE_SENT): State.CLOSING,
    (State.OPEN, Trigger.CLOSE_RECEIVED): State.CLOSED,
    (State.OPEN, Trigger.VIOLATION): State.FAILING,
    (State.OPEN, Trigger.STREAM_ENDED): State.LOST,
    (State.CLOSING, Trigger.CLOSE_RECEIVED): State.CLOSED,
    (State.CLOSING, Trigger.VIOLATION): State.FAILED,
    (State.CLOSING, Trigger.STREAM_ENDED): State.LOST,
    (State.FAILING, Trigger.CLOSE_SENT): State.FAILED,
}

RECEIVING_STATES = frozenset({State.OPEN, State.CLOSING})
SENDING_STATES = frozenset({State.OPEN, State.FAILING})


class ProtocolStateError(InternalError):
    """A command that the session's state does not allow, such as sending after ``close()``."""


class WebSocketSession:
    """One side of an established WebSocket connection.

    Args:
        role: client or server; it decides who masks (RFC 6455 section 5.1).
        deflate: what the opening handshake agreed on, None without compression.
        trailing: bytes that came with the opening handshake and belong to the session already.
        message_size_bytes_max: bound on a message, both as its frame headers announce it and after unpacking;
            beyond it the session fails with 1009.  Events are not bounded by it: there are at most as many as
            the data given to one ``receive()`` has frames.
    """

    def __init__(
        self,
        role: Role,
        *,
        deflate: DeflateParameters | None = None,
        trailing: bytes = b"",
        message_size_bytes_max: int = MESSAGE_SIZE_BYTES_MAX,
    ) -> None:
        self.role = role
        self.state = State.OPEN
        # Whether receive() still makes something of what it is given, and whether messages and pings may be sent.
        # Attributes, because each message asks, and an enum's hash is a call.
        self.takes_input = True
        self.can_send = True
        # All that was ever queued, also what bytes_to_send() has given already.
        self.queued_bytes = 0
        self._deflate = deflate
        self._message_size_bytes_max = message_size_bytes_max
        self._is_client = role is Role.CLIENT
        self._lane = FastLane(not self._is_client, message_size_bytes_max)
        # Made when it is first needed: what the fast lane carries never does, and it is 3 KiB for each connection.
        self._connection: Connection | None = None
        self._outgoing: list[bytes] = []
        # What events() will give; to be looked at, not to be changed.
        self.waiting_events: list[Event] = []
        # Size of all messages so far, with their frames when they came through the fast lane.
        self.message_bytes = 0
        self._partial = bytearray()
        # What the close frame of a violation will say.
        self._violation = (0, "")
        if trailing:
            self.receive(trailing)

    def __repr__(self) -> str:
        compression = " deflate" if self._deflate else ""
        return f"<WebSocketSession {self.role.name} {self.state.name}{compression}>"

    @property
    def close_expected(self) -> bool:
        """Nothing more will be sent or taken: flush, then close the TCP connection.

        A client that reached CLOSED first waits, for a bounded time, for the server's end of stream (RFC 6455
        section 7.1.1).
        """
        return not (self.takes_input or self.can_send)

    # Input.  Faults of the peer never raise: they become one event and a state.  Whoever takes the event then calls
    # fail(): a message that came in the same packet as the fault shall be answered as if it had come before.

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer; after the session's end they are ignored, and so is ``b""`` always."""
        if not data or not self.takes_input:
            return
        lane = self._lane
        is_between_frames = lane.is_open
        rest = lane.take(data, self.waiting_events)
        if not rest:
            self.message_bytes += len(data)
            return
        self.message_bytes += len(data) - len(rest)
        if is_between_frames:
            close = read_close(rest, is_masked=not self._is_client)
            if close is not None:
                self._take_close(*close)
                return
        self._wire.receive_data(rest)
        for event in self._wire.events():
            self._take(event)

    def receive_eof(self) -> None:
        """The peer ended its stream."""
        self._lose(ConnectionLost(END_OF_STREAM_TEXT, reset=False))

    def receive_reset(self, message: str) -> None:
        """The transport failed; ``message`` is what a script shall be told of it."""
        self._lose(ConnectionLost(message, reset=True))

    # Output.

    def bytes_to_send(self) -> bytes:
        """Everything queued since the last call, in order.

        The queue has no bound of its own: the driver drains it after each command and each ``receive()``.
        """
        outgoing = self._outgoing
        data = outgoing[0] if len(outgoing) == 1 else b"".join(outgoing)
        outgoing.clear()
        return data

    def events(self, count_max: int | None = None) -> list[Event]:
        """What happened since the last call, in order; the rest stays for the next one.

        Args:
            count_max: None for all of it.
        """
        waiting = self.waiting_events
        if count_max is None or len(waiting) <= count_max:
            self.waiting_events = []
            return waiting
        taken = waiting[:count_max]
        del waiting[:count_max]
        return taken

    # Commands.  In a state that does not allow them they raise ProtocolStateError.

    def send_text(self, data: str) -> int:
        """Queue a text message.

        Returns:
            Its size in bytes, without its frame.

        Raises:
            ProtocolStateError: a close frame is out, or the stream ended.
            InternalError: the text has lone surrogates, which UTF-8 cannot carry.
        """
        if not self.can_send:
            self._refuse("send a text message")
        try:
            payload = data.encode()
        except UnicodeEncodeError as error:
            text = f"text with lone surrogates cannot be sent: {error.reason}"
            raise InternalError(text, error) from error
        if self._deflate is None and len(payload) <= LANE_SIZE_BYTES_MAX:
            frame = whole_frame(FIN_TEXT, payload, self._is_client)
            self._outgoing.append(frame)
            self.queued_bytes += len(frame)
        else:
            self._send(wire.TextMessage(data=data))
        return len(payload)

    def send_binary(self, data: bytes) -> None:
        """Queue a binary message.  Raises ProtocolStateError as send_text()."""
        if not self.can_send:
            self._refuse("send a binary message")
        if self._deflate is None and len(data) <= LANE_SIZE_BYTES_MAX:
            self._queue(whole_frame(FIN_BINARY, data, self._is_client))
        else:
            self._send(wire.BytesMessage(data=data))

    def ping(self, payload: bytes = b"") -> None:
        """Queue a ping.

        Raises:
            ProtocolStateError: as send_text().
            InternalError: more than 125 bytes (RFC 6455 section 5.5).
        """
        if not self.can_send:
            self._refuse("send a ping")
        if len(payload) > CONTROL_PAYLOAD_SIZE_BYTES_MAX:
            raise InternalError(f"a ping carries at most 125 bytes, not {len(payload)}")
        self._send(wire.Ping(payload=payload))

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Queue a close frame and wait for the peer's.

        Args:
            code: 0 to 65535, sent as given, for k6 does not check it; None and 1005 make an empty frame.
            reason: cut to the 123 bytes that fit; an empty frame has no room for one and drops it.

        Raises:
            ProtocolStateError: not OPEN.
            InternalError: code out of range.
        """
        if self.state is not State.OPEN:
            self._refuse("close")
        self._queue_close(code, reason)
        self._move(Trigger.CLOSE_SENT)

    def fail(self) -> None:
        """Queue the close frame that a violation calls for (RFC 6455 section 7.1.7).

        Raises:
            ProtocolStateError: not FAILING.
        """
        if self.state is not State.FAILING:
            self._refuse("fail")
        self._queue_close(*self._violation)
        self._move(Trigger.CLOSE_SENT)

    # Inside.

    @property
    def _wire(self) -> Connection:
        """wsproto's side of it, which is not told of our own close frames: `state` is the one that counts."""
        if self._connection is None:
            extensions: list[Extension] = [MessageSizeLimit(self._message_size_bytes_max)]
            if self._deflate is not None:
                extensions.append(BoundedDeflate(self._deflate, self._message_size_bytes_max))
            self._connection = Connection(self.role.value, extensions)
        return self._connection

    def _take(self, event: wire.Event) -> None:
        match event:
            case wire.TextMessage() | wire.BytesMessage():
                self._collect(event.data, event.message_finished)
            case wire.Ping():
                if self.state is State.OPEN:
                    self._send(wire.Pong(payload=event.payload))
                self.waiting_events.append(PingReceived(bytes(event.payload)))
            case wire.Pong():
                self.waiting_events.append(PongReceived(bytes(event.payload)))
            case wire.CloseConnection(code=code, reason=reason):
                # wsproto announces its parse failures like a peer's close, but stays open.
                if self._wire.state is ConnectionState.OPEN:
                    self._fail(int(code), reason or "")
                else:
                    self._take_close(int(code), reason or "")
            case _:
                raise InternalError(f"wsproto reported an unknown event: {type(event).__name__}")

    def _collect(self, piece: str | bytes | bytearray, message_finished: bool) -> None:
        if not (message_finished and not self._partial):
            # Pieces are kept as bytes: so the buffer is as large as the message, however small it was cut.
            self._partial += piece.encode() if isinstance(piece, str) else piece
            if not message_finished:
                return
            whole = bytes(self._partial)
            self._partial = bytearray()
            piece = whole.decode() if isinstance(piece, str) else whole
        self.message_bytes += len(piece)
        if isinstance(piece, str):
            self.waiting_events.append(piece)
        else:
            self.waiting_events.append(bytes(piece))

    def _take_close(self, code: int, reason: str) -> None:
        if self.state is State.OPEN:
            self._queue_close(code, "")
        self._end(Trigger.CLOSE_RECEIVED, CloseReceived(code, reason))

    def _fail(self, code: int, parser_text: str) -> None:
        reason = violation_reason(code, parser_text)
        self._violation = code, reason
        # After a close frame of ours this is FAILED at once: nothing may follow it, not even a better one (RFC 6455
        # section 5.5.1).
        self._end(Trigger.VIOLATION, ProtocolFailed(code, reason, is_one_byte_close(parser_text)))

    def _lose(self, event: ConnectionLost) -> None:
        if self.takes_input:
            self._end(Trigger.STREAM_ENDED, event)

    def _end(self, trigger: Trigger, event: Event) -> None:
        self._partial = bytearray()
        self.waiting_events.append(event)
        self._move(trigger)

    def _move(self, trigger: Trigger) -> None:
        self.state = state = TRANSITIONS[self.state, trigger]
        self.takes_input = state in RECEIVING_STATES
        self.can_send = state in SENDING_STATES

    def _refuse(self, command: str) -> NoReturn:
        raise ProtocolStateError(f"cannot {command}: the WebSocket session is {self.state.name}")

    def _send(self, event: wire.Event) -> None:
        self._queue(self._wire.send(event))

    def _queue(self, data: bytes) -> None:
        self._outgoing.append(data)
        self.queued_bytes += len(data)

    def _queue_close(self, code: int | None, reason: str) -> None:
        self._queue(close_frame(code, reason, is_masked=self._is_client))
