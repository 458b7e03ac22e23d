"""Texts of WebSocket errors, which scripts compare with: Go's words, for k6 shows them."""

from __future__ import annotations

CLOSE_SENT = "websocket: close sent"
CLOSE_NO_STATUS = 1005

# Names that the close codes have in error texts (RFC 6455 section 7.4.1, in Go's words, which scripts
# compare with).
_CODE_NAMES = {
    1000: "normal",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no status",
    1006: "abnormal closure",
    1007: "invalid payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension missing",
    1011: "internal server error",
    1015: "TLS handshake error",
}


def close_text(code: int, reason: str) -> str:
    """The error text of a close frame, for example ``websocket: close 1002 (protocol error): bad thing``."""
    name = f" ({_CODE_NAMES[code]})" if code in _CODE_NAMES else ""
    return f"websocket: close {code}{name}{': ' + reason if reason else ''}"
