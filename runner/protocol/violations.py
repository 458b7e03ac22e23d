"""Which reason goes into the close frame at which violation of RFC 6455.

Owns the mapping from wsproto's texts, the only thing that tells its parse failures apart.  Refuses to choose
codes: wsproto does that.
"""

from __future__ import annotations

# Beginnings of wsproto's texts.  Reasons travel to the peer and into its logs, so they are short and give
# nothing of the data away.  The wording of the first is what k6's peers see.
_REASON_BY_TEXT = (
    ("client received unexpected masked frame", "bad MASK"),
    ("server received unexpected unmasked frame", "bad MASK"),
    ("Reserved bit set", "bad RSV"),
    ("Invalid opcode", "bad opcode"),
    ("Invalid attempt to fragment control frame", "fragmented control frame"),
    ("Control frame with payload len", "control frame too long"),
    ("Payload length used", "bad payload length"),
    ("8-byte payload length", "bad payload length"),
    ("unexpected CONTINUATION", "continuation without a start"),
    ("expected CONTINUATION", "message inside a message"),
    ("CLOSE with 1 byte payload", "bad close payload"),
    ("CLOSE with invalid code", "bad close code"),
    ("CLOSE with unknown reserved code", "bad close code"),
    ("remote CLOSE with local-only reason", "bad close code"),
    ("Error decoding CLOSE reason", "bad UTF-8 in the close reason"),
    ("'utf-8' codec", "bad UTF-8"),
)
_REASON_BY_EXTENSION_CODE = {1002: "bad RSV", 1007: "bad compressed data", 1009: "message too big"}


def violation_reason(code: int, parser_text: str) -> str:
    """The short reason for a close frame.

    Args:
        code: wsproto's close code, 1002, 1007 or 1009.
        parser_text: wsproto's description of the failure.
    """
    if parser_text.startswith("error in extension"):
        return _REASON_BY_EXTENSION_CODE.get(code, "extension failed")
    for beginning, reason in _REASON_BY_TEXT:
        if parser_text.startswith(beginning):
            return reason
    return "protocol error"


def is_one_byte_close(parser_text: str) -> bool:
    """Whether the violation was a close frame with a payload of one byte (RFC 6455 section 5.5.1)."""
    return parser_text.startswith("CLOSE with 1 byte payload")
