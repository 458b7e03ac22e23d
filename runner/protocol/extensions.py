"""Extensions inside wsproto's frame decoder: permessage-deflate (RFC 7692) and the bound on message size.

Owns how a compressed message is unpacked and when a message is too big.  Refuses negotiation (handshake.py)
and assembling messages from fragments (websocket.py).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from wsproto.extensions import Extension, PerMessageDeflate
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

# A DEFLATE stream may end inside a message (a block with BFINAL, RFC 7692 section 7.2.3.4), another follows.
# Compressors end one per message at most; the bound keeps a message made of nothing else from eating the CPU.
DEFLATE_STREAMS_PER_MESSAGE_MAX = 1000

# Unpacking in slices keeps the copies that zlib makes of unread input small.
INPUT_SLICE_SIZE_BYTES = 65536

# RFC 7692 section 7.2.2: the sender cuts these four bytes off the end of each message.
SYNC_FLUSH_TAIL = b"\x00\x00\xff\xff"

# Inflating with the largest window reads what any smaller window wrote, so it needs no negotiating.
INFLATE_WINDOW_BITS = 15

_NO_RSV = RsvBits(False, False, False)
_RSV1 = RsvBits(True, False, False)


@dataclass(frozen=True)
class DeflateParameters:
    """What both sides agreed on for permessage-deflate (RFC 7692 section 7.1).

    Args:
        server_no_context_takeover: the server starts each message with an empty window.
        client_no_context_takeover: the client starts each message with an empty window.
        server_max_window_bits: base-two logarithm of the server's window, 9 to 15.
        client_max_window_bits: the same for the client's window.
    """

    server_no_context_takeover: bool = True
    client_no_context_takeover: bool = True
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15


class MessageSizeLimit(Extension):
    """Fails a message as soon as its frame headers announce too many bytes, before those are buffered."""

    name = "message-size-limit"

    def __init__(self, message_size_bytes_max: int) -> None:
        self._size_bytes_max = message_size_bytes_max
        self._announced_bytes = 0

    def enabled(self) -> bool:
        return True

    def offer(self) -> bool:
        return False

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        if opcode.iscontrol():
            return _NO_RSV
        if opcode is not Opcode.CONTINUATION:
            self._announced_bytes = 0
        self._announced_bytes += payload_length
        if self._announced_bytes > self._size_bytes_max:
            return CloseReason.MESSAGE_TOO_BIG
        return _NO_RSV


class BoundedDeflate(PerMessageDeflate):
    """permessage-deflate that stops unpacking at a bound (a "zip bomb" grows a thousandfold).

    The inbound half replaces wsproto's, which forgets that a message is compressed when a control frame comes
    between its fragments, loses what follows a block with BFINAL, and unpacks without bound.
    """

    def __init__(self, parameters: DeflateParameters, message_size_bytes_max: int) -> None:
        super().__init__(
            client_no_context_takeover=parameters.client_no_context_takeover,
            client_max_window_bits=parameters.client_max_window_bits,
            server_no_context_takeover=parameters.server_no_context_takeover,
            server_max_window_bits=parameters.server_max_window_bits,
        )
        self._size_bytes_max = message_size_bytes_max
        self._unpacked_bytes = 0
        self._streams_ended = 0
        self._inflater = zlib.decompressobj(-INFLATE_WINDOW_BITS)
        self._message_is_compressed = False
        self._frame_is_compressed = False

    def enabled(self) -> bool:
        return True

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        starts_message = opcode in (Opcode.TEXT, Opcode.BINARY)
        if rsv.rsv1 and not starts_message:
            return CloseReason.PROTOCOL_ERROR
        if starts_message:
            self._message_is_compressed = rsv.rsv1
            self._unpacked_bytes = 0
            self._streams_ended = 0
        self._frame_is_compressed = self._message_is_compressed and not opcode.iscontrol()
        return _RSV1

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        return self._inflate(data) if self._frame_is_compressed else data

    def frame_inbound_complete(
        self, proto: FrameDecoder | FrameProtocol, fin: bool
    ) -> bytes | CloseReason | None:
        if not (fin and self._frame_is_compressed):
            return None
        rest = self._inflate(SYNC_FLUSH_TAIL)
        forgets = self.server_no_context_takeover if proto.client else self.client_no_context_takeover
        if forgets:
            self._inflater = zlib.decompressobj(-INFLATE_WINDOW_BITS)
        return rest

    def _inflate(self, data: bytes) -> bytes | CloseReason:
        unpacked = bytearray()
        for start in range(0, len(data), INPUT_SLICE_SIZE_BYTES):
            fault = self._inflate_slice(data[start : start + INPUT_SLICE_SIZE_BYTES], unpacked)
            if fault is not None:
                return fault
        return bytes(unpacked)

    def _inflate_slice(self, data: bytes, unpacked: bytearray) -> CloseReason | None:
        while data:
            # One byte beyond the bound is enough to know that the message is too big.
            room_bytes = self._size_bytes_max - self._unpacked_bytes + 1
            try:
                piece = self._inflater.decompress(data, room_bytes)
            except zlib.error:
                return CloseReason.INVALID_FRAME_PAYLOAD_DATA
            self._unpacked_bytes += len(piece)
            if self._unpacked_bytes > self._size_bytes_max:
                return CloseReason.MESSAGE_TOO_BIG
            unpacked += piece
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data = self._inflater.unused_data
                self._inflater = zlib.decompressobj(-INFLATE_WINDOW_BITS)
                self._streams_ended += 1
            if self._streams_ended > DEFLATE_STREAMS_PER_MESSAGE_MAX:
                return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        return None
