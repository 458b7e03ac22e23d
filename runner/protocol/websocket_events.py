"""What a WebSocket session reports to its driver.

Owns the event classes.  Refuses behaviour: they are plain records.  A whole message is its text or its bytes, with
nothing around it, for there are thousands of them.
"""

from __future__ import annotations

from dataclasses import dataclass

# RFC 6455 section 7.1.5: the code of a connection that ended without a close frame.
CLOSE_ABNORMAL = 1006


@dataclass(slots=True)
class PingReceived:
    """A ping; its pong is already among the bytes to send (unless we have sent a close frame)."""

    payload: bytes


@dataclass(slots=True)
class PongReceived:
    """A pong, asked for or not (RFC 6455 section 5.5.3)."""

    payload: bytes


@dataclass(slots=True)
class CloseReceived:
    """The peer's close frame; our answer is already among the bytes to send.

    Args:
        code: status code, 1005 when the frame had none.
        reason: the peer's reason, often "".
    """

    code: int
    reason: str


@dataclass(slots=True)
class ProtocolFailed:
    """The peer broke the protocol; our close frame leaves with fail(), unless one was sent before.

    Args:
        code: the status code of that close frame: 1002, 1007 or 1009.
        message: its reason, short, for example ``bad MASK``.
        close_frame_one_byte: the violation was a close frame with a payload of one byte, which k6 takes for
            a close frame without a status (1005) and RFC 6455 section 5.5.1 does not allow.
    """

    code: int
    message: str
    close_frame_one_byte: bool = False


@dataclass(slots=True)
class ConnectionLost:
    """The stream ended without a closing handshake.

    Args:
        message: what a script is told.
        reset: the transport failed (a TCP reset, for example); False for a plain end of stream.
        code: always 1006.
    """

    message: str
    reset: bool
    code: int = CLOSE_ABNORMAL


Event = str | bytes | PingReceived | PongReceived | CloseReceived | ProtocolFailed | ConnectionLost
