"""Whole, unfragmented, uncompressed data frames without wsproto, which costs 30 µs per round trip.

Owns reading and writing of such frames (RFC 6455 section 5.2) and knowing where frames and messages begin in what
wsproto reads.  Refuses everything else: control frames, fragments, compression, frames that are not as they should
be, all of that is wsproto's, which stays the authority.  tests/properties holds the two against each other.

The lane is open while wsproto stands between two messages.  What the lane does not take goes to wsproto, and the
lane counts along until wsproto is there again.
"""

from __future__ import annotations

import codecs
import os

from runner.protocol.websocket_events import Event

FIN_TEXT, FIN_BINARY, FIN_CLOSE = 0x81, 0x82, 0x88
_MASKED = 0x80
_FIN = 0x80
_OPCODE = 0x0F
_CONTROL = 0x08
_TWO_BYTE_SIZE, _EIGHT_BYTE_SIZE = 126, 127
_SMALL_SIZE_BYTES_MAX = 125
# The largest payload with a size of two bytes: what the lane reads and writes.
LANE_SIZE_BYTES_MAX = 65535
_MASK_SIZE_BYTES = 4
# Of a larger text that comes in pieces, looking through all of it again with each piece would take too long.
_HELD_TEXT_SIZE_BYTES_MAX = 4096
# From here on a large integer takes longer than a call of the library that knows nothing but exclusive or.
_LARGE_SIZE_BYTES = 2048
# Masks are drawn from the system's generator (RFC 6455 section 5.3) in blocks, for each draw is a system call.
_MASK_BLOCK_SIZE_BYTES = 4096


class FastLane:
    """The reading half, for one connection.

    Args:
        is_masked: the peer masks its frames, as clients must.
        message_size_bytes_max: the session's bound; what is larger is wsproto's to refuse.

    Attributes:
        is_open: the next bytes begin a frame, or go on with one that the lane holds.
    """

    def __init__(self, is_masked: bool, message_size_bytes_max: int) -> None:
        self._mask_bit = _MASKED if is_masked else 0
        self._size_bytes_max = min(message_size_bytes_max, LANE_SIZE_BYTES_MAX)
        self._small_size_bytes_max = min(message_size_bytes_max, _SMALL_SIZE_BYTES_MAX)
        # The beginning of a frame for the lane whose rest has not come yet.
        self._held = b""
        # While wsproto reads: how much of its frame is still to come, the beginning of its next header, and whether
        # it is inside a message.
        self.is_open = True
        self._left_bytes = 0
        self._header = b""
        self._in_message = False

    def take(self, data: bytes, events: list[Event]) -> bytes:
        """Read what is the lane's.

        Args:
            events: messages are added to it.

        Returns:
            What wsproto has to read now, in order after the messages.
        """
        if not self.is_open:
            self._count_along(data)
            return data
        if self._held:
            data, self._held = self._held + data, b""
        elif (
            data[0] == FIN_TEXT
            and len(data) > 1
            and len(data) - 2 == data[1] <= self._small_size_bytes_max
            and not self._mask_bit
        ):
            # One small text and nothing else: what most reads bring.
            try:
                events.append(data[2:].decode())
                return b""
            except UnicodeDecodeError:
                # wsproto says what is wrong with it.
                pass
        position, end, mask_bit = 0, len(data), self._mask_bit
        mask_bytes = _MASK_SIZE_BYTES if mask_bit else 0
        while end - position >= 2:
            first, size = data[position], data[position + 1] ^ mask_bit
            if (first != FIN_TEXT and first != FIN_BINARY) or size > _TWO_BYTE_SIZE:
                break
            start = position + 2
            if size == _TWO_BYTE_SIZE:
                if end - position < 4:
                    self._held = data[position:]
                    return b""
                size = data[start] << 8 | data[start + 1]
                if size <= _SMALL_SIZE_BYTES_MAX:
                    break
                start += 2
            stop = start + mask_bytes + size
            if size > self._size_bytes_max:
                break
            if stop > end:
                if first == FIN_TEXT and not self._may_hold(data[start:], size):
                    break
                self._held = data[position:]
                return b""
            payload = data[start + mask_bytes : stop]
            if mask_bytes:
                payload = masked(payload, data[start : start + mask_bytes])
            if first == FIN_TEXT:
                try:
                    events.append(payload.decode())
                except UnicodeDecodeError:
                    break
            else:
                events.append(payload)
            position = stop
        if position == end:
            return b""
        rest = data[position:]
        if len(rest) == 1:
            self._held = rest
            return b""
        self.is_open = False
        self._count_along(rest)
        return rest

    def _may_hold(self, begun: bytes, size: int) -> bool:
        """Whether the beginning of a text may wait for the rest: bad UTF-8 has to be told at once."""
        if self._mask_bit or size > _HELD_TEXT_SIZE_BYTES_MAX:
            return False
        try:
            codecs.utf_8_decode(begun, "strict", False)
        except UnicodeDecodeError:
            return False
        return True

    def _count_along(self, data: bytes) -> None:
        """What wsproto reads: when it stands between two messages at the end of it, the lane is open again."""
        data, position = self._header + data, 0
        self._header = b""
        while True:
            skipped = min(self._left_bytes, len(data) - position)
            self._left_bytes -= skipped
            position += skipped
            if self._left_bytes:
                return
            header = data[position : position + 10]
            size_bytes = _header_size_bytes(header)
            if size_bytes is None or len(header) < size_bytes:
                self._header = data[position:]
                break
            self._note_header(header)
            position += size_bytes
        self.is_open = not self._header and not self._in_message

    def _note_header(self, header: bytes) -> None:
        size = header[1] & 0x7F
        if size == _TWO_BYTE_SIZE:
            size = int.from_bytes(header[2:4], "big")
        elif size == _EIGHT_BYTE_SIZE:
            size = int.from_bytes(header[2:10], "big")
        # Bytes of the mask count with the payload: nobody here looks at either.
        self._left_bytes = size + (_MASK_SIZE_BYTES if header[1] & _MASKED else 0)
        if not header[0] & _CONTROL:
            self._in_message = not header[0] & _FIN


def _header_size_bytes(header: bytes) -> int | None:
    """Size of a frame's header without the mask; None when too little of it is there to know."""
    if len(header) < 2:
        return None
    size = header[1] & 0x7F
    return 4 if size == _TWO_BYTE_SIZE else 10 if size == _EIGHT_BYTE_SIZE else 2


def masked(payload: bytes, mask: bytes) -> bytes:
    """`payload` masked, or unmasked (RFC 6455 section 5.3)."""
    size_bytes = len(payload)
    key = (mask * (size_bytes // _MASK_SIZE_BYTES + 1))[:size_bytes]
    if size_bytes >= _LARGE_SIZE_BYTES:
        # Here, because it takes some 50 ms to import.
        from Crypto.Util.strxor import strxor

        return strxor(payload, key)
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(size_bytes, "little")


# Of masked frames with small payloads, by first byte and size.
_SMALL_HEADERS = {
    first: [bytes((first, _MASKED | size)) for size in range(_SMALL_SIZE_BYTES_MAX + 1)]
    for first in (FIN_TEXT, FIN_BINARY, FIN_CLOSE)
}
_from_bytes = int.from_bytes

# Random masks that nobody has used.
_masks: list[bytes] = []
# A forked process draws its own.
os.register_at_fork(after_in_child=_masks.clear)


def _draw_masks() -> None:
    block = os.urandom(_MASK_BLOCK_SIZE_BYTES)
    _masks.extend(block[at : at + _MASK_SIZE_BYTES] for at in range(0, len(block), _MASK_SIZE_BYTES))


def whole_frame(first: int, payload: bytes, is_masked: bool) -> bytes:
    """A frame for at most LANE_SIZE_BYTES_MAX bytes.

    Args:
        first: its first byte, FIN_TEXT, FIN_BINARY or FIN_CLOSE.
    """
    size_bytes = len(payload)
    if is_masked and size_bytes <= _SMALL_SIZE_BYTES_MAX and _masks:
        mask = _masks.pop()
        body = _from_bytes(payload, "little") ^ _from_bytes((mask * 32)[:size_bytes], "little")
        return _SMALL_HEADERS[first][size_bytes] + mask + body.to_bytes(size_bytes, "little")
    mask_bit = _MASKED if is_masked else 0
    if size_bytes <= _SMALL_SIZE_BYTES_MAX:
        header = bytes((first, mask_bit | size_bytes))
    else:
        header = bytes((first, mask_bit | _TWO_BYTE_SIZE, size_bytes >> 8, size_bytes & 0xFF))
    if not is_masked:
        return header + payload
    if not _masks:
        _draw_masks()
    mask = _masks.pop()
    return header + mask + masked(payload, mask)
