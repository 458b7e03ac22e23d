"""Two WebSocket sessions joined without a network, and frames by hand that a session would never send."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise

from runner.protocol.websocket import DeflateParameters, Event, Role, WebSocketSession

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA

# A conversation that is not over by then never ends.
TURNS_MAX = 100


class WebSocketPair:
    """A client and a server session; ``exchange()`` carries bytes both ways until nobody has any left.

    Args:
        deflate: what both agreed on for compression.
        piece_size_bytes: cut what travels into pieces of this size; None carries it whole.
    """

    def __init__(
        self, *, deflate: DeflateParameters | None = None, piece_size_bytes: int | None = None
    ) -> None:
        self.client = WebSocketSession(Role.CLIENT, deflate=deflate)
        self.server = WebSocketSession(Role.SERVER, deflate=deflate)
        self._piece_size_bytes = piece_size_bytes

    def exchange(self) -> tuple[list[Event], list[Event]]:
        """What the client and what the server saw."""
        for _ in range(TURNS_MAX):
            to_server, to_client = self.client.bytes_to_send(), self.server.bytes_to_send()
            if not to_server and not to_client:
                return self.client.events(), self.server.events()
            self._feed(self.server, to_server)
            self._feed(self.client, to_client)
        raise AssertionError(f"the sessions still talk after {TURNS_MAX} turns")

    def _feed(self, session: WebSocketSession, data: bytes) -> None:
        for piece in pieces(data, self._piece_size_bytes or max(len(data), 1)):
            session.receive(piece)


def pieces(data: bytes, size_bytes: int) -> Iterator[bytes]:
    """``data`` cut into pieces of ``size_bytes``."""
    return (data[start : start + size_bytes] for start in range(0, len(data), size_bytes))


def cut(data: bytes, positions: Iterable[int]) -> list[bytes]:
    """``data`` cut at the given positions, in any order; positions outside are ignored."""
    bounds = [0, *sorted({position for position in positions if 0 < position < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = None
) -> bytes:
    """One frame (RFC 6455 section 5.2), valid or not.

    Args:
        opcode: 0 to 15.
        payload: unmasked; it is masked here when ``mask`` is given.
        fin: last fragment of the message.
        rsv: the three reserved bits as a number, 4 is RSV1.
        mask: four bytes, or None as a server sends.
    """
    head = bytes([fin << 7 | rsv << 4 | opcode])
    masked = 0x80 if mask is not None else 0
    if len(payload) < 126:
        head += bytes([masked | len(payload)])
    elif len(payload) < 65536:
        head += bytes([masked | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([masked | 127]) + struct.pack("!Q", len(payload))
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def close_payload(code: int, reason: str = "") -> bytes:
    """Payload of a close frame (RFC 6455 section 5.5.1)."""
    return struct.pack("!H", code) + reason.encode()


def deflated(data: bytes) -> bytes:
    """``data`` as the payload of a compressed message without context takeover (RFC 7692 section 7.2.1)."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def parse_frames(data: bytes) -> list[tuple[int, bytes]]:
    """The (first byte, unmasked payload) of each frame in ``data``, which must hold whole short frames."""
    frames = []
    while data:
        length, masked = data[1] & 0x7F, data[1] & 0x80
        assert length < 126, "only short frames are parsed here"
        start = 6 if masked else 2
        mask = data[2:6] if masked else bytes(4)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data[start : start + length]))
        assert len(payload) == length
        frames.append((data[0], payload))
        data = data[start + length :]
    return frames
