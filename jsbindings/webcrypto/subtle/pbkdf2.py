"""PBKDF2 (RFC 8018 section 5.2): https://www.w3.org/TR/WebCryptoAPI/#pbkdf2"""

from __future__ import annotations

import hashlib
from typing import Any

from jsbindings.named_errors import NamedError
from jsbindings.webcrypto.subtle.algorithm import (
    HASHES,
    Algorithm,
    Key,
    Params,
    hash_of,
    octets,
    require_usages,
    whole_bytes,
)


class Pbkdf2(Algorithm):
    """Keys are passwords, which no script gets back."""

    usages = ("deriveBits", "deriveKey")

    def import_key(
        self, key_format: str, data: Any, params: Params, extractable: bool, usages: list[str]
    ) -> Key:
        if key_format != "raw":
            raise NamedError("NotSupportedError", f"invalid format: {key_format}")
        self.check_usages(usages)
        if extractable:
            raise NamedError("SyntaxError", "invalid value for param extractable")
        require_usages(usages)
        return Key("secret", {"name": self.name}, extractable, usages, data)

    def derive_bits(self, params: Params, key: Key, length_bits: int) -> bytes:
        name = HASHES[hash_of(params, "deriveBits")].name
        for member in ("salt", "iterations"):
            if params.get(member) is None:
                raise NamedError("TypeError", f"field {member} is null or undefined")
        if params["iterations"] <= 0:
            raise NamedError("OperationError", "number of iterations can't be 0")
        size = whole_bytes(length_bits)
        # The library's own lets go of the interpreter as well, and this one is as fast.
        return hashlib.pbkdf2_hmac(name, key.material, octets(params, "salt"), params["iterations"], size)
