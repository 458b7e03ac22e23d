"""Close frames (RFC 6455 section 5.5.1): every session has two, and many sessions have hardly more.

Owns writing them, with any code, for wsproto replaces the codes 1006 and 1015 by 1000; and reading plain ones without
the start of a parser.  Refuses to judge: whatever is not as it should be is wsproto's.
"""

from __future__ import annotations

import struct

from runner.errors import InternalError
from runner.protocol.fast_lane import FIN_CLOSE, masked, whole_frame

# RFC 6455 section 5.5.
CONTROL_PAYLOAD_SIZE_BYTES_MAX = 125

# RFC 6455 section 7.4.1: stands for an empty close frame and is never on the wire as such.
CLOSE_NO_STATUS = 1005
CLOSE_CODE_MAX = 0xFFFF

_MASKED = 0x80
_MASK_SIZE_BYTES = 4
# Those of RFC 6455 section 7.4.1 that may be on the wire, and those of section 7.4.2 that are free for use.
_PLAIN_CODES = frozenset({1000, 1001, 1002, 1003, *range(1007, 1012), *range(3000, 5000)})


def close_frame(code: int | None, reason: str, *, is_masked: bool) -> bytes:
    """A close frame.

    Args:
        code: 0 to 65535; None and 1005 make an empty frame.
        reason: cut to what fits; an empty frame drops it.

    Raises:
        InternalError: code out of range.
    """
    if code is None or code == CLOSE_NO_STATUS:
        payload = b""
    elif 0 <= code <= CLOSE_CODE_MAX:
        payload = struct.pack("!H", code) + _fitting_utf8(reason)
    else:
        raise InternalError(f"a close code has 16 bits, {code} does not fit")
    return whole_frame(FIN_CLOSE, payload, is_masked=is_masked)


def read_close(data: bytes, *, is_masked: bool) -> tuple[int, str] | None:
    """Code and reason of the close frame that `data` begins with; None for anything but a whole and plain one."""
    if len(data) < 2 or data[0] != FIN_CLOSE:
        return None
    mask_size_bytes = _MASK_SIZE_BYTES if is_masked else 0
    size_bytes = data[1] ^ (_MASKED if is_masked else 0)
    start = 2 + mask_size_bytes
    payload = data[start : start + size_bytes]
    if not 2 <= size_bytes <= CONTROL_PAYLOAD_SIZE_BYTES_MAX or len(payload) < size_bytes:
        return None
    if is_masked:
        payload = masked(payload, data[2:start])
    code = payload[0] << 8 | payload[1]
    try:
        return (code, payload[2:].decode()) if code in _PLAIN_CODES else None
    except UnicodeDecodeError:
        return None


def _fitting_utf8(reason: str) -> bytes:
    size_bytes_max = CONTROL_PAYLOAD_SIZE_BYTES_MAX - 2
    return reason.encode(errors="replace")[:size_bytes_max].decode(errors="ignore").encode()
