"""One socket of k6/websockets on the host's side: its session, what it counts, and what its events tell the script."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any

from jsbindings.ws.texts import CLOSE_NO_STATUS, close_text
from runner.metrics.builtin import WS_MSGS_RECEIVED, WS_MSGS_SENT, WS_SESSION_DURATION
from runner.metrics.tags import TagSet
from runner.net.websocket import WebSocketConnection
from runner.protocol.websocket import CloseReceived, ConnectionLost, Event, ProtocolFailed, ProtocolStateError
from runner.reactor import Task, Timer

if TYPE_CHECKING:
    from runner.vu.vu import VirtualUser

CLOSE_NORMAL = 1000
# Of an end without a close frame the script learns no code.
CLOSED_WITHOUT_CODE = ["close", None, ""]
UNEXPECTED_EOF = "unexpected EOF"
# What k6 would have let pass: without a word, nobody would know why the connection is closed.
TOLD_VIOLATIONS = frozenset({"bad UTF-8", "bad compressed data", "message too big"})

# What a peer that does not read may make us keep for it; the send() that goes beyond it fails the connection, as the
# WHATWG's specification has it (https://websockets.spec.whatwg.org/#dom-websocket-send).
UNSENT_BYTES_MAX = 64 * 1024 * 1024
# How often a socket that sends and sends looks what has left.
SENDS_BETWEEN_LOOKS = 64
BIG_MESSAGE_SIZE_BYTES = 65536


class Socket:
    """One socket, from its constructor to its close event.

    Args:
        number: its handle in JavaScript.
        tags: on its samples; more of them once the server has answered.
        hold: keeps the iteration from ending.

    Attributes:
        started_s: when it was made, on the reactor's clock; `started_at_s` is the same in Unix time.
        connecting: the task that opens it.
        connection: while it is open.
        close_wanted: code and reason of a close() before it was open.
        is_closing: close() was called: messages are dropped.
        is_posted: a macrotask that takes its events is on its way.
        pings: when pings were sent, by their payload.
    """

    def __init__(self, vu: VirtualUser, number: int, url: str, tags: TagSet, hold: int) -> None:
        self.number = number
        self.url = url
        self.tags = tags
        self.hold = hold
        self.started_s = vu.reactor.now()
        self.started_at_s = vu.context.wall_clock()
        self.connecting: Task | None = None
        self.connection: WebSocketConnection | None = None
        self.close_wanted: tuple[int, str] | None = None
        self.is_closing = False
        self.is_posted = False
        self.pings: dict[bytes, float] = {}
        self.ping_numbers = itertools.count()
        self._vu = vu
        self._close_timer: Timer | None = None
        # Size of each message that may not have left as a whole, and where it ends in all that was queued.
        self._unsent: deque[tuple[int, int]] = deque()

    def open(self, connection: WebSocketConnection, tags: TagSet) -> None:
        """The server has accepted."""
        self.connection = connection
        self.tags = tags
        self.sent = self._vu.tally(WS_MSGS_SENT, tags)
        self.received = self._vu.tally(WS_MSGS_RECEIVED, tags)

    def send_text(self, text: str) -> None:
        """Queue a message; nothing without a connection."""
        if self.connection is not None:
            self.sent.add()
            try:
                size_bytes = self.connection.send_text(text)
            except ProtocolStateError:
                # The server was faster: its close frame is known, and not yet told to the script.
                return
            self._note_queued(size_bytes, self.connection)

    def send_binary(self, data: bytes) -> None:
        """As send_text()."""
        if self.connection is not None:
            self.sent.add()
            try:
                self.connection.send_binary(data)
            except ProtocolStateError:
                return
            self._note_queued(len(data), self.connection)

    def _note_queued(self, size_bytes: int, connection: WebSocketConnection) -> None:
        unsent = self._unsent
        if connection.flush_soon():
            unsent.clear()
        unsent.append((size_bytes, connection.queued_bytes))
        if len(unsent) > SENDS_BETWEEN_LOOKS or size_bytes > BIG_MESSAGE_SIZE_BYTES:
            self._forget_what_has_left(connection)
            waiting_bytes = connection.unsent_bytes
            if waiting_bytes > UNSENT_BYTES_MAX:
                connection.fail(f"the server does not read: {waiting_bytes} bytes wait to be sent")

    def buffered_amount(self) -> int:
        """Bytes of messages that have not left yet, without frames and encryption."""
        if self.connection is None:
            return 0
        self._forget_what_has_left(self.connection)
        return sum(size_bytes for size_bytes, _ in self._unsent)

    def _forget_what_has_left(self, connection: WebSocketConnection) -> None:
        unsent, sent_bytes = self._unsent, connection.queued_bytes - connection.unsent_bytes
        while unsent and unsent[0][1] <= sent_bytes:
            unsent.popleft()

    def ping(self) -> None:
        """Queue a ping with a number of its own as payload."""
        connection = self.connection
        if connection is not None and connection.is_open:
            payload = str(next(self.ping_numbers)).encode()
            self.pings[payload] = self._vu.reactor.now()
            self.sent.add()
            connection.ping(payload)
            connection.flush_soon()

    def close(self, code: int, reason: str) -> None:
        """Queue a close frame; the server has a bounded time to answer it."""
        connection = self.connection
        if connection is not None and connection.is_open:
            self.sent.add()
            connection.close(code, reason)
            connection.flush_soon()
            reactor = self._vu.reactor
            until_s = reactor.now() + self._vu.context.limits.close_answer_s
            self._close_timer = reactor.call_at(until_s, connection.fail, "")

    def give_up(self) -> None:
        """Say goodbye because the iteration is over: not the script's own, and so not counted (as in k6)."""
        if self.connection is not None and self.connection.is_open:
            self.connection.close(CLOSE_NORMAL)
            self.connection.flush_soon()

    def end(self, *, is_cut: bool = False) -> None:
        """The session is over; a second time it is nothing."""
        connection, self.connection = self.connection, None
        if self._close_timer is not None:
            self._close_timer.cancel()
        if connection is None:
            return
        vu = self._vu
        self.sent.close()
        self.received.close()
        vu.emit(WS_SESSION_DURATION, (vu.reactor.now() - self.started_s) * 1000, self.tags)
        if is_cut:
            # What was sent before.
            connection.flush()
            connection.cut()
        else:
            connection.end(vu.context.lingering, vu.context.limits.close_s)


def told_at_end(event: Event) -> list[list[Any]]:
    """The error and the close event that the script gets for the last event of a connection."""
    match event:
        case CloseReceived(1000 | 1001 as code, reason):
            return [["close", code, reason]]
        case CloseReceived(code, reason):
            return [["error", close_text(code, reason)], ["close", code, reason]]
        case ConnectionLost(message, reset=False):
            return [["error", message], ["close", event.code, UNEXPECTED_EOF]]
        case ProtocolFailed(close_frame_one_byte=True):
            return [["error", close_text(CLOSE_NO_STATUS, "")], ["close", CLOSE_NO_STATUS, ""]]
        case ProtocolFailed(code, message) if message in TOLD_VIOLATIONS:
            return [["error", f"websocket: {message} (closed with {code})"], CLOSED_WITHOUT_CODE]
        case ConnectionLost() | ProtocolFailed():
            return [CLOSED_WITHOUT_CODE]
    raise AssertionError(event)
