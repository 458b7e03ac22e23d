"""k6/crypto: hashes, HMACs and random bytes of one virtual user."""

from __future__ import annotations

import base64
import itertools
import os
from typing import Any

from jsbindings.api import Binding, Thrown, op
from jsbindings.crypto.hashes import Hash, new_hash, new_hmac

# No script can hold more: it is the memory of its interpreter.
RANDOM_SIZE_BYTES_MAX = 128 * 1024 * 1024


class CryptoBinding(Binding):
    """The hashers of one virtual user, by number."""

    module = "k6/crypto"

    def __init__(self, vu: Any, shared: Any) -> None:
        super().__init__(vu, shared)
        self._numbers = itertools.count()
        self._hashers: dict[int, Hash] = {}

    @op
    def hash(self, algorithm: str, data: bytes, encoding: str) -> bytes | str:
        """The hash of `data` in one of k6's output encodings."""
        state = new_hash(algorithm)
        state.update(data)
        return _encoded(state.digest(), encoding)

    @op
    def hmac(self, algorithm: str, key: bytes, data: bytes, encoding: str) -> bytes | str:
        """The HMAC of `data` in one of k6's output encodings."""
        state = new_hmac(algorithm, key)
        state.update(data)
        return _encoded(state.digest(), encoding)

    # ---- hashers

    @op
    def create_hash(self, algorithm: str, forgotten: list[int]) -> int:
        """The number of a new hasher; those of `forgotten` are given back."""
        return self._keep(new_hash(algorithm), forgotten)

    @op
    def create_hmac(self, algorithm: str, key: bytes, forgotten: list[int]) -> int:
        """The number of a new hasher that makes an HMAC; those of `forgotten` are given back."""
        return self._keep(new_hmac(algorithm, key), forgotten)

    def _keep(self, state: Hash, forgotten: list[int]) -> int:
        for number in forgotten:
            del self._hashers[number]
        made = next(self._numbers)
        self._hashers[made] = state
        return made

    @op
    def update(self, number: int, data: bytes) -> None:
        """Feed a hasher."""
        self._hashers[number].update(data)

    @op
    def digest(self, number: int, encoding: str) -> bytes | str:
        """The hash of what a hasher was fed so far."""
        return _encoded(self._hashers[number].digest(), encoding)

    # ---- bytes

    @op
    def hex_encode(self, data: bytes) -> str:
        """`data` in lower case hexadecimal."""
        return data.hex()

    @op
    def random_bytes(self, size_bytes: int) -> bytes:
        """Cryptographically strong random bytes.

        Raises:
            Thrown: less than one, or more than fit into an interpreter.
        """
        if size_bytes < 1:
            raise Thrown("invalid size")
        if size_bytes > RANDOM_SIZE_BYTES_MAX:
            raise Thrown(f"invalid size: k6py gives at most {RANDOM_SIZE_BYTES_MAX} random bytes at once")
        return os.urandom(size_bytes)


def _encoded(digest: bytes, encoding: str) -> bytes | str:
    """`digest` as k6's output encoding `encoding` says; face.js knows that there is one of that name."""
    match encoding:
        case "hex":
            return digest.hex()
        case "base64":
            return base64.b64encode(digest).decode()
        case "base64url":
            return base64.urlsafe_b64encode(digest).decode()
        case "base64rawurl":
            return base64.urlsafe_b64encode(digest).decode().rstrip("=")
        case _:
            return digest
