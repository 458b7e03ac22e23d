"""An HTTP/1.1 client connection, one exchange after the other (RFC 9112); h11 inside.

Owns serialising requests, parsing responses and whether the connection can be used again.  Refuses sockets,
deadlines, redirects, cookies, content codings and a bound on the body: the caller stops reading at its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import h11

from runner.errors import InternalError, ScriptError

# Bound on status line and headers while they are incomplete; bodies are handed on as they come.  Few servers
# send over 64 KiB; Chrome takes 256 KiB, and a client for tests need not be stricter than a browser.
HEADER_BLOCK_SIZE_BYTES_MAX = 256 * 1024

# h11 quotes the offending line, which may be as long as the header block.
FAILURE_TEXT_LENGTH_MAX = 200

UNEXPECTED_EOF = "unexpected EOF"
MALFORMED = "malformed HTTP response: "

Headers = Sequence[tuple[str, str]]


class State(Enum):
    """Where the connection is.

    IDLE: a request may start.  WAITING: it is out, the response's headers are awaited.  BODY: they have come,
    the body is coming.  DONE: the response is complete.  SWITCHED: the connection speaks another protocol now
    (101, or a CONNECT that succeeded).  FAILED: the peer broke HTTP, or the request was invalid.  CLOSED: the
    peer ended the stream, or sent what nobody asked for, between exchanges.
    """

    IDLE = "IDLE"
    WAITING = "WAITING"
    BODY = "BODY"
    DONE = "DONE"
    SWITCHED = "SWITCHED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.IDLE: frozenset({State.WAITING, State.FAILED, State.CLOSED}),
    State.WAITING: frozenset({State.BODY, State.SWITCHED, State.FAILED}),
    State.BODY: frozenset({State.DONE, State.FAILED}),
    State.DONE: frozenset({State.WAITING, State.FAILED, State.CLOSED}),
    State.SWITCHED: frozenset(),
    State.FAILED: frozenset(),
    State.CLOSED: frozenset(),
}


@dataclass(frozen=True)
class Request:
    """A request as it goes on the wire.

    Args:
        method: for example ``GET``.
        target: path and query, percent-encoded (or authority for CONNECT).
        headers: names are sent as given; Host must be among them and is sent first.
    """

    method: str
    target: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class ResponseStart:
    """Status line and headers; duplicates are kept, in order, names as the peer spelt them."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    http_version: str


@dataclass(frozen=True, slots=True)
class BodyData:
    """A piece of the body, transfer coding removed, at most as large as what was given to ``receive()``."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ResponseEnd:
    """The response is complete."""


@dataclass(frozen=True, slots=True)
class Switched:
    """The peer switched protocols; ``trailing`` holds the bytes that already belong to the new one."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    http_version: str
    trailing: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The peer broke HTTP or ended the stream too early; nothing more will come.

    Args:
        message: ``unexpected EOF`` or ``malformed HTTP response: ...``.
    """

    message: str


Event = ResponseStart | BodyData | ResponseEnd | Switched | Failed


class InvalidRequest(ScriptError):
    """The request cannot be put on the wire: illegal method, target, header name or header value."""


class Exchange:
    """One client connection: ``start()``, then feed and take events until ResponseEnd, Switched or Failed.

    Args:
        header_block_size_bytes_max: bound on status line and headers; beyond it the exchange fails.
    """

    def __init__(self, *, header_block_size_bytes_max: int = HEADER_BLOCK_SIZE_BYTES_MAX) -> None:
        self.state = State.IDLE
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=header_block_size_bytes_max)
        self._outgoing: list[bytes] = []
        self._events: list[Event] = []

    def __repr__(self) -> str:
        return f"<Exchange {self.state.name}{', can reuse' if self.can_reuse else ''}>"

    @property
    def can_reuse(self) -> bool:
        """Whether another request may start: neither side wants to close (RFC 9112 section 9.3)."""
        if self.state is State.IDLE:
            return True
        both_done = self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE
        return self.state is State.DONE and both_done

    def start(self, request: Request, body: bytes | None = None) -> None:
        """Queue a request.

        Args:
            request: method, target and headers.
            body: None for a request without one; otherwise Content-Length is added, unless the headers have
                it or Transfer-Encoding.

        Raises:
            InternalError: the previous exchange is not complete or forbids another.
            InvalidRequest: HTTP cannot carry it; nothing is queued and the connection cannot be used again.
        """
        if not self.can_reuse:
            raise InternalError(f"cannot start a request: the HTTP exchange is {self.state.name}")
        if self.state is State.DONE:
            self._wire.start_next_cycle()
        headers = [(name.encode(), value.encode()) for name, value in request.headers]
        if body is not None and not any(name.lower() in _FRAMING_HEADERS for name, _ in headers):
            headers.append((b"Content-Length", b"%d" % len(body)))
        try:
            self._outgoing.append(self._serialise(request, headers, body))
        except h11.LocalProtocolError as error:
            self._move(State.FAILED)
            raise InvalidRequest(f"request cannot be sent: {error}") from error
        self._move(State.WAITING)

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer; in a final state they are ignored, ``b""`` always.

        What comes after a response and before the next request ends the connection, or it would be taken for
        the next answer.
        """
        if not data:
            return
        if self.state is State.IDLE:
            self._fail(MALFORMED + "data before a request")
        elif self.state is State.DONE:
            self._move(State.CLOSED)
        elif self.state in _RECEIVING_STATES:
            self._wire.receive_data(data)
            self._parse(MALFORMED + "{}")

    def receive_eof(self) -> None:
        """The peer ended its stream; between exchanges that is no fault and no event."""
        if self.state in (State.IDLE, State.DONE):
            self._move(State.CLOSED)
        elif self.state in _RECEIVING_STATES:
            self._wire.receive_data(b"")
            self._parse(UNEXPECTED_EOF)

    def bytes_to_send(self) -> bytes:
        """Everything queued since the last call: one request at most, the next waits for its response."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def events(self) -> list[Event]:
        """Everything that happened since the last call, in order."""
        events, self._events = self._events, []
        return events

    def _serialise(self, request: Request, headers: list[tuple[bytes, bytes]], body: bytes | None) -> bytes:
        method, target = request.method.encode(), request.target.encode()
        pieces = [self._wire.send(h11.Request(method=method, target=target, headers=headers))]
        if body:
            pieces.append(self._wire.send(h11.Data(data=body)))
        pieces.append(self._wire.send(h11.EndOfMessage()))
        return b"".join(pieces)

    def _parse(self, failure: str) -> None:
        while self.state in _RECEIVING_STATES:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                self._fail(failure.format(error))
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._take(event)
        surplus, ended = self._wire.trailing_data
        if self.state is State.DONE and (surplus or ended):
            self._move(State.CLOSED)

    def _take(self, event: object) -> None:
        match event:
            case h11.InformationalResponse() | h11.Response():
                self._take_head(event)
            case h11.Data():
                self._events.append(BodyData(bytes(event.data)))
            case h11.EndOfMessage():
                self._move(State.DONE)
                self._events.append(ResponseEnd())
            case _:
                raise InternalError(f"h11 reported an unknown event: {event!r}")

    def _take_head(self, event: h11.InformationalResponse | h11.Response) -> None:
        headers = [(_text(name), _text(value)) for name, value in event.headers.raw_items()]
        reason, version = _text(event.reason), _text(event.http_version)
        if self._wire.their_state is h11.SWITCHED_PROTOCOL:
            self._move(State.SWITCHED)
            trailing = self._wire.trailing_data[0]
            self._events.append(Switched(event.status_code, reason, headers, version, trailing))
        elif isinstance(event, h11.Response):
            self._move(State.BODY)
            self._events.append(ResponseStart(event.status_code, reason, headers, version))

    def _fail(self, message: str) -> None:
        self._move(State.FAILED)
        self._events.append(Failed(message[:FAILURE_TEXT_LENGTH_MAX]))

    def _move(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise InternalError(f"the HTTP exchange cannot go from {self.state.name} to {state.name}")
        self.state = state


_RECEIVING_STATES = frozenset({State.WAITING, State.BODY})
_FRAMING_HEADERS = frozenset({b"content-length", b"transfer-encoding"})


def _text(raw: bytes) -> str:
    # Go hands header bytes to scripts as UTF-8 text, with U+FFFD for what is none.
    return bytes(raw).decode(errors="replace")
