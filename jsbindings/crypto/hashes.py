"""The hash functions of k6/crypto by k6's names, whatever OpenSSL Python was built with."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Protocol

# Python guarantees these five; md4, ripemd160 and the short forms of sha512 are left to OpenSSL, whose builds differ.
_OF_HASHLIB = frozenset({"md5", "sha1", "sha256", "sha384", "sha512"})


class Hash(Protocol):
    """What hashlib, hmac and Crypto.Hash have in common: digest() may be called repeatedly, and update() after it."""

    def update(self, data: bytes, /) -> None:
        """Feed `data`."""

    def digest(self) -> bytes:
        """The hash of what was fed so far."""


def new_hash(algorithm: str) -> Hash:
    """The empty state of `algorithm`."""
    made: Hash = _constructor(algorithm)()
    return made


def new_hmac(algorithm: str, key: bytes) -> Hash:
    """The empty state of HMAC (RFC 2104) over `algorithm`."""
    made: Hash = hmac.new(key, digestmod=_constructor(algorithm))
    return made


def _constructor(algorithm: str) -> Callable[..., Any]:
    if algorithm in _OF_HASHLIB:
        # Else md5 is refused where OpenSSL is in FIPS mode; a load test's md5 protects nothing.
        return functools.partial(getattr(hashlib, algorithm), usedforsecurity=False)
    return _others()[algorithm]


@functools.cache
def _others() -> dict[str, Callable[..., Any]]:
    # Imported by those who use it: it takes longer than the rest of a short run's start.
    from Crypto.Hash import MD4, RIPEMD160, SHA512

    return {
        "md4": MD4.new,
        "ripemd160": RIPEMD160.new,
        "sha512_224": functools.partial(SHA512.new, truncate="224"),
        "sha512_256": functools.partial(SHA512.new, truncate="256"),
    }
