"""crypto.subtle: finds algorithms and keys, and checks what a key may be used for.

Loaded by a script's first call; the cryptography itself is the library's.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

from jsbindings.api import Binding, op
from jsbindings.named_errors import NamedError, named_errors
from jsbindings.webcrypto.subtle.algorithm import HASHES, Algorithm, Key, KeyPair, Params, not_supported
from jsbindings.webcrypto.subtle.elliptic import Ecdh, Ecdsa
from jsbindings.webcrypto.subtle.pbkdf2 import Pbkdf2
from jsbindings.webcrypto.subtle.rsa import RsaOaep, RsaPkcs1, RsaPss
from jsbindings.webcrypto.subtle.symmetric import AesCbc, AesCtr, AesGcm, AesKeyWrap, Hmac
from runner.vu.vu import VirtualUser

# By name in capitals: names of algorithms are the same in any case.
ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name.upper(): algorithm
    for algorithm in (
        AesCbc("AES-CBC"),
        AesCtr("AES-CTR"),
        AesGcm("AES-GCM"),
        AesKeyWrap("AES-KW"),
        Hmac("HMAC"),
        Ecdsa("ECDSA"),
        Ecdh("ECDH"),
        RsaOaep("RSA-OAEP"),
        RsaPss("RSA-PSS"),
        RsaPkcs1("RSASSA-PKCS1-v1_5"),
        Pbkdf2("PBKDF2"),
    )
}


def _algorithm(params: Params, operation: str) -> Algorithm:
    algorithm = ALGORITHMS.get(params["name"])
    if algorithm is None:
        raise not_supported(params["name"], operation)
    return algorithm


class SubtleBinding(Binding):
    """The keys of one virtual user and what it does with them."""

    module = "k6py:subtle"

    def __init__(self, vu: VirtualUser, shared: Any) -> None:
        super().__init__(vu, shared)
        self._keys: dict[int, Key] = {}
        self._ids = itertools.count(1)

    # ---- keys

    def _describe(self, key: Key) -> dict[str, Any]:
        """What the face makes a CryptoKey of."""
        key_id = next(self._ids)
        self._keys[key_id] = key
        return {
            "id": key_id,
            "type": key.type,
            "extractable": key.extractable,
            "algorithm": key.algorithm,
            "usages": key.usages,
        }

    @op
    def forget(self, key: int) -> None:
        """No script refers to a key any more."""
        self._keys.pop(key, None)

    def _generate(self, params: Params, extractable: bool, usages: list[str]) -> dict[str, Any]:
        made = _algorithm(params, "generateKey").generate(params, extractable, usages)
        if isinstance(made, KeyPair):
            return {"privateKey": self._describe(made.private), "publicKey": self._describe(made.public)}
        return self._describe(made)

    @op
    @named_errors
    def generate_key(self, params: Params, extractable: bool, usages: list[str]) -> dict[str, Any]:
        """A new key, or a pair."""
        return self._generate(params, extractable, usages)

    @op(promise=True, blocking=True)
    @named_errors
    def generate_rsa_key(self, params: Params, extractable: bool, usages: list[str]) -> dict[str, Any]:
        """A new RSA pair, which takes a while."""
        return self._generate(params, extractable, usages)

    @op
    @named_errors
    def import_key(
        self, key_format: str, data: bytes, jwk: Any, params: Params, extractable: bool, usages: list[str]
    ) -> dict[str, Any]:
        """A key from outside."""
        algorithm = _algorithm(params, "importKey")
        given = jwk if key_format == "jwk" else data
        return self._describe(algorithm.import_key(key_format, given, params, extractable, usages))

    @op
    @named_errors
    def export_key(self, key_format: str, key: int) -> bytes | dict[str, Any]:
        """A key for outside."""
        found = self._keys[key]
        if not found.extractable:
            raise NamedError("InvalidAccessError", "the key is not extractable")
        return ALGORITHMS[found.algorithm["name"].upper()].export_key(key_format, found)

    # ---- what is done with them

    @op
    @named_errors
    def digest(self, params: Params, data: bytes) -> bytes:
        """The digest of `data`."""
        if params["name"] not in HASHES:
            raise not_supported(params["name"], "digest")
        return hashlib.new(HASHES[params["name"]].name, data).digest()

    @op
    @named_errors
    def encrypt(self, params: Params, key: int, data: bytes) -> bytes:
        """The ciphertext of `data`."""
        algorithm, found = self._find(params, key, "encrypt", Algorithm.encrypt, "encrypt's ")
        return algorithm.encrypt(params, found, data)

    @op
    @named_errors
    def decrypt(self, params: Params, key: int, data: bytes) -> bytes:
        """The counterpart of encrypt()."""
        algorithm, found = self._find(params, key, "decrypt", Algorithm.decrypt, "decrypt's ")
        return algorithm.decrypt(params, found, data)

    @op
    @named_errors
    def sign(self, params: Params, key: int, data: bytes) -> bytes:
        """The signature of `data`."""
        algorithm, found = self._find(params, key, "sign", Algorithm.sign)
        return algorithm.sign(params, found, data)

    @op
    @named_errors
    def verify(self, params: Params, key: int, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is one of `data`."""
        algorithm, found = self._find(params, key, "verify", Algorithm.verify)
        return algorithm.verify(params, found, signature, data)

    def _find(
        self, params: Params, key: int, usage: str, operation: Any, whose: str = ""
    ) -> tuple[Algorithm, Key]:
        algorithm = _algorithm(params, usage)
        if not algorithm.supports(operation):
            raise not_supported(algorithm.name, usage)
        found = self._keys[key]
        if found.algorithm["name"] != algorithm.name:
            raise NamedError("InvalidAccessError", f"{whose}algorithm name does not match key algorithm name")
        if usage not in found.usages:
            raise NamedError("InvalidAccessError", f"{whose}key does not contain the '{usage}' usage")
        return algorithm, found

    @op(promise=True, blocking=True)
    @named_errors
    def derive_bits(self, params: Params, key: int, length_bits: int) -> bytes:
        """Bits from a password, or from two sides' keys."""
        return self._derive(params, key, length_bits, "deriveBits")

    @op(promise=True, blocking=True)
    @named_errors
    def derive_key(
        self, params: Params, key: int, derived: Params, extractable: bool, usages: list[str]
    ) -> dict[str, Any]:
        """A key from a password."""
        if params["name"] != "PBKDF2":
            # As in k6.
            raise not_supported(params["name"], "deriveKey")
        algorithm = _algorithm(derived, "importKey")
        length_bits = algorithm.key_length(derived)
        if length_bits % 8 or length_bits <= 0:
            raise NamedError("InvalidAccessError", "provided length of key must be a multiple of 8")
        bits = self._derive(params, key, length_bits, "deriveKey")
        return self._describe(algorithm.import_key("raw", bits, derived, extractable, usages))

    def _derive(self, params: Params, key: int, length_bits: int, usage: str) -> bytes:
        algorithm = _algorithm(params, usage)
        if not algorithm.supports(Algorithm.derive_bits):
            raise not_supported(algorithm.name, usage)
        found = self._keys[key]
        if usage not in found.usages:
            raise NamedError("InvalidAccessError", f"provided baseKey does not contain the '{usage}' usage")
        if found.algorithm["name"] != algorithm.name:
            raise NamedError("InvalidAccessError", "algorithm name does not match baseKey's algorithm name")
        other = self._keys.get(params.get("public", 0))
        return algorithm.derive_bits({**params, "public": other}, found, length_bits)

    @op(promise=True)
    def pause(self) -> None:
        """Settle when it is this virtual user's turn again."""
