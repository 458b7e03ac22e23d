"""Content codings of request and response bodies (RFC 9110 section 8.4.1): gzip, deflate, br and zstd.

The last two need libraries that come with ``k6py[codings]``; who uses them without is told so.
"""

from __future__ import annotations

import gzip
import importlib
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from jsbindings.api import Thrown
from runner.errors import TransportError
from runner.net.http import BODY_SIZE_BYTES_MAX, body_too_large

CODE_DECOMPRESSION = 1701

# In k6's order, which its error message shows.
KNOWN = ("gzip", "deflate", "zstd", "br")
# Module and package; from Python 3.14 on zstd is in the standard library.
_LIBRARIES = {
    "br": ("brotli", "brotli"),
    "zstd": ("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd", "backports.zstd"),
}
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BadBody(Exception):
    """A body is not what its coding says."""


class UnknownCoding(Exception):
    """The param ``compression`` names something that is no coding."""


def chosen(compression: str) -> list[str]:
    """The codings that the param ``compression`` lists.

    Raises:
        UnknownCoding: one that k6 does not know.
    """
    found = [name.strip() for name in compression.split(",")] if compression else []
    for name in found:
        if name not in KNOWN:
            raise UnknownCoding(
                f"unknown compression algorithm {name}, supported algorithms are [{' '.join(KNOWN)}]"
            )
    return found


def compress(data: bytes, codings: Sequence[str]) -> bytes:
    """Apply codings to a request's body.

    Raises:
        Thrown: the library for one is not installed.
    """
    for name in codings:
        if name == "gzip":
            data = gzip.compress(data, mtime=0)
        elif name == "deflate":
            data = zlib.compress(data)
        else:
            data = _library(name).compress(data)
    return data


def decompress(data: bytes, content_encoding: str) -> bytes:
    """Undo the codings of a response's body; what follows an unknown one is left as it is, as in k6.

    Raises:
        TransportError: the body is not what its header says, or too large, or the library is not installed.
    """
    names = [name.strip().lower() for name in content_encoding.split(",")]
    for name in reversed(names):
        if name in ("", "identity"):
            continue
        undo = _DECODERS.get(name)
        # Answers to HEAD and some others say how they would be compressed and have no body.
        if undo is None or not data:
            return data
        try:
            data = undo(data)
        except (BadBody, zlib.error) as error:
            message = f"error decompressing response body ({name}: {error})"
            raise TransportError(message, CODE_DECOMPRESSION) from None
        except Thrown as error:
            raise TransportError(error.message, CODE_DECOMPRESSION) from None
    return data


def _gunzip(data: bytes) -> bytes:
    # A gzip file may consist of several members (RFC 1952 section 2.2).
    return _unzip(data, _GZIP_WINDOW)


def _inflate(data: bytes) -> bytes:
    # RFC 9110 section 8.4.1.2: some servers send the bare format.
    return _unzip(data, zlib.MAX_WBITS if _is_zlib(data) else -zlib.MAX_WBITS)


def _is_zlib(data: bytes) -> bool:
    """The two bytes of RFC 1950 section 2.2."""
    return len(data) >= 2 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


def _unzip(data: bytes, window: int) -> bytes:
    pieces: list[bytes] = []
    room_bytes = BODY_SIZE_BYTES_MAX + 1
    rest = data
    while rest:
        unzip = zlib.decompressobj(window)
        pieces.append(unzip.decompress(rest, room_bytes))
        room_bytes -= len(pieces[-1])
        if room_bytes <= 0:
            raise body_too_large()
        if not unzip.eof:
            raise BadBody("unexpected EOF")
        rest = unzip.unused_data if window == _GZIP_WINDOW else b""
    return b"".join(pieces)


def _unbrotli(data: bytes) -> bytes:
    brotli = _library("br")
    decoder = brotli.Decompressor()
    pieces: list[bytes] = []
    room_bytes = BODY_SIZE_BYTES_MAX + 1
    try:
        while not decoder.is_finished():
            pieces.append(decoder.process(data, output_buffer_limit=room_bytes))
            room_bytes -= len(pieces[-1])
            if room_bytes <= 0:
                raise body_too_large()
            if not pieces[-1] and decoder.can_accept_more_data():
                raise BadBody("unexpected EOF")
            # What did not fit into the output waits inside.
            data = b""
    except brotli.error:
        raise BadBody("no valid data") from None
    return b"".join(pieces)


def _unzstd(data: bytes) -> bytes:
    zstd = _library("zstd")
    pieces: list[bytes] = []
    room_bytes = BODY_SIZE_BYTES_MAX + 1
    try:
        # Several frames may follow each other (RFC 8878 section 3).
        while data:
            decoder = zstd.ZstdDecompressor()
            pieces.append(decoder.decompress(data, room_bytes))
            room_bytes -= len(pieces[-1])
            if room_bytes <= 0:
                raise body_too_large()
            if not decoder.eof:
                raise BadBody("unexpected EOF")
            data = decoder.unused_data
    except zstd.ZstdError as error:
        raise BadBody(str(error)) from None
    return b"".join(pieces)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def _library(coding: str) -> Any:
    module, package = _LIBRARIES[coding]
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Thrown(
            f"the coding '{coding}' needs the Python package {package}: pip install k6py[codings]"
        ) from None
