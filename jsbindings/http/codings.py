"""Content codings of request and response bodies (RFC 9110 section 8.4.1): gzip and deflate."""

from __future__ import annotations

import gzip
import zlib

from jsbindings.api import Thrown
from runner.errors import TransportError
from runner.net.http import BODY_SIZE_BYTES_MAX, body_too_large

CODE_DECOMPRESSION = 1701

_ELSEWHERE = ("br", "zstd")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class UnknownCoding(TransportError):
    """The param ``compression`` names something that is no coding."""


def names(codings: str) -> list[str]:
    """The codings in a list such as ``gzip, deflate``, in the order in which they are applied."""
    return [name.strip().lower() for name in codings.split(",") if name.strip()]


def compress(data: bytes, codings: list[str]) -> bytes:
    """Apply codings to a request's body.

    Raises:
        Thrown: k6 knows the coding, this version of k6py does not.
        UnknownCoding: nobody knows it.
    """
    for name in codings:
        if name == "gzip":
            data = gzip.compress(data, mtime=0)
        elif name == "deflate":
            data = zlib.compress(data)
        elif name in _ELSEWHERE:
            raise Thrown(
                f"compression '{name}' is not available in this version of k6py; gzip and deflate are"
            )
        else:
            raise UnknownCoding(
                f"unknown compression algorithm {name}, supported algorithms are gzip, deflate"
            )
    return data


def decompress(data: bytes, codings: list[str]) -> bytes:
    """Undo the codings of a response's body; what follows an unknown one is left as it is, as in k6.

    Raises:
        TransportError: the body is not what its header says, too large, or of a coding that is not available.
    """
    for name in reversed(codings):
        if not data or name not in ("gzip", "x-gzip", "deflate", *_ELSEWHERE):
            return data
        if name in _ELSEWHERE:
            message = f"a response compressed with '{name}' cannot be read by this version of k6py"
            raise TransportError(message, CODE_DECOMPRESSION)
        data = _unzip(data, name)
    return data


def _unzip(data: bytes, name: str) -> bytes:
    window = _GZIP_WINDOW if name != "deflate" else zlib.MAX_WBITS
    if name == "deflate" and not _is_zlib(data):
        # RFC 9110 section 8.4.1.2: some servers send the bare format.
        window = -zlib.MAX_WBITS
    pieces: list[bytes] = []
    room_bytes = BODY_SIZE_BYTES_MAX + 1
    rest = data
    try:
        while rest:
            unzip = zlib.decompressobj(window)
            pieces.append(unzip.decompress(rest, room_bytes))
            room_bytes -= len(pieces[-1])
            if room_bytes <= 0:
                raise body_too_large()
            if not unzip.eof:
                raise TransportError(f"decompression error: {name}: unexpected EOF", CODE_DECOMPRESSION)
            # A gzip file may consist of several members (RFC 1952 section 2.2).
            rest = unzip.unused_data if window == _GZIP_WINDOW else b""
    except zlib.error as error:
        raise TransportError(f"decompression error: {name}: {error}", CODE_DECOMPRESSION) from None
    return b"".join(pieces)


def _is_zlib(data: bytes) -> bool:
    """The two bytes of RFC 1950 section 2.2."""
    return len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
