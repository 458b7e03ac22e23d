"""AES and HMAC: https://www.w3.org/TR/WebCryptoAPI/#aes-ctr and the sections behind it."""

from __future__ import annotations

import hmac
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from jsbindings.named_errors import NamedError
from jsbindings.webcrypto.subtle.algorithm import (
    HASHES,
    Algorithm,
    Key,
    Params,
    bad_format,
    base64url,
    from_base64url,
    hash_of,
    octets,
    require_usages,
    required,
)

BLOCK_SIZE_BYTES = 16
AES_KEY_SIZES_BITS = (128, 192, 256)
GCM_IV_SIZE_BYTES = 12
GCM_TAG_SIZES_BITS = (96, 104, 112, 120, 128)


class SecretKeys(Algorithm, ABC):
    """What AES and HMAC share: keys that are bytes, imported raw or as JSON Web Keys (RFC 7518 section 6.4)."""

    def import_key(
        self, key_format: str, data: Any, params: Params, extractable: bool, usages: list[str]
    ) -> Key:
        self.check_usages(usages)
        if key_format not in ("raw", "jwk"):
            raise bad_format(key_format)
        secret = _secret_of_jwk(data) if key_format == "jwk" else data
        algorithm = self.describe(secret, params)
        require_usages(usages)
        return Key("secret", algorithm, extractable, usages, secret)

    def export_key(self, key_format: str, key: Key) -> bytes | dict[str, Any]:
        if key_format == "raw":
            secret: bytes = key.material
            return secret
        if key_format == "jwk":
            jwk = {"kty": "oct", "k": base64url(key.material), "alg": self.jwk_name(key)}
            return {**jwk, "ext": key.extractable, "key_ops": key.usages}
        raise bad_format(key_format)

    @abstractmethod
    def describe(self, secret: bytes, params: Params) -> dict[str, Any]:
        """The algorithm of an imported key.

        Raises:
            NamedError: the key is none of this algorithm's.
        """

    @abstractmethod
    def jwk_name(self, key: Key) -> str:
        """The member "alg" of a JSON Web Key."""


def _secret_of_jwk(jwk: Any) -> bytes:
    if not isinstance(jwk, dict):
        raise NamedError(
            "DataError", f"failed to parse symmetric JWK: an object is wanted, not {type(jwk).__name__}"
        )
    if jwk.get("kty") != "oct":
        raise NamedError("DataError", f"invalid symmetric JWK: invalid key type: {jwk.get('kty', '')}")
    text = jwk.get("k")
    if not text or not isinstance(text, str):
        raise NamedError("DataError", "invalid symmetric JWK: key (k) is required")
    try:
        return from_base64url(text)
    except ValueError as error:
        raise NamedError("DataError", f"failed to decode symmetric key: {error}") from None


class Aes(SecretKeys):
    """The keys of all modes; AES-KW has no more, for k6 wraps no keys."""

    usages: ClassVar[Sequence[str]] = ("encrypt", "decrypt", "wrapKey", "unwrapKey")

    def generate(self, params: Params, extractable: bool, usages: list[str]) -> Key:
        self.check_usages(usages)
        length = required(params, "length")
        if length not in AES_KEY_SIZES_BITS:
            raise NamedError("OperationError", "invalid key length")
        require_usages(usages)
        algorithm = {"name": self.name, "length": length}
        return Key("secret", algorithm, extractable, usages, os.urandom(length // 8))

    def describe(self, secret: bytes, params: Params) -> dict[str, Any]:
        if len(secret) * 8 not in AES_KEY_SIZES_BITS:
            raise NamedError("DataError", f"invalid key length {len(secret)} bytes")
        return {"name": self.name, "length": len(secret) * 8}

    def jwk_name(self, key: Key) -> str:
        return f"A{key.algorithm['length']}{self.name.removeprefix('AES-')}"

    def key_length(self, params: Params) -> int:
        length: int | None = params.get("length")
        if length is None:
            raise NamedError("OperationError", "aes length parameter not specified")
        return length


class AesKeyWrap(Aes):
    """AES-KW."""

    usages = ("wrapKey", "unwrapKey")


class AesCbc(Aes):
    """AES-CBC, padded as PKCS #7 has it."""

    def encrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        padder = PKCS7(BLOCK_SIZE_BYTES * 8).padder()
        encryptor = self._cipher(params, key).encryptor()
        return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()

    def decrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        decryptor = self._cipher(params, key).decryptor()
        unpadder = PKCS7(BLOCK_SIZE_BYTES * 8).unpadder()
        try:
            padded = decryptor.update(data) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            raise NamedError("OperationError", "invalid padding") from None

    def _cipher(self, params: Params, key: Key) -> Cipher[modes.CBC]:
        iv = octets(params, "iv")
        if len(iv) != BLOCK_SIZE_BYTES:
            raise NamedError("OperationError", f"iv length is not {BLOCK_SIZE_BYTES} bytes")
        return Cipher(algorithms.AES(key.material), modes.CBC(iv))


class AesCtr(Aes):
    """AES-CTR; the counter is the last `length` bits of its block, and begins anew behind its highest value."""

    def encrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        block = octets(params, "counter")
        if len(block) != BLOCK_SIZE_BYTES:
            raise NamedError("OperationError", f"counter length is not {BLOCK_SIZE_BYTES} bytes")
        bits = params.get("length", 0)
        if not 0 < bits <= BLOCK_SIZE_BYTES * 8:
            raise NamedError("OperationError", "invalid counter length, out of the 0 < x < 128 bounds")
        values = 1 << bits
        if len(data) > values * BLOCK_SIZE_BYTES:
            raise NamedError("OperationError", f"a counter of {bits} bits is too short for {len(data)} bytes")
        start = int.from_bytes(block, "big")
        before_wrap = (values - start % values) * BLOCK_SIZE_BYTES
        first = _ctr(key.material, block, data[:before_wrap])
        if len(data) <= before_wrap:
            return first
        again = (start - start % values).to_bytes(BLOCK_SIZE_BYTES, "big")
        return first + _ctr(key.material, again, data[before_wrap:])

    decrypt = encrypt


def _ctr(secret: bytes, block: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(secret), modes.CTR(block)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


class AesGcm(Aes):
    """AES-GCM, as far as k6 takes it: with 12 bytes of IV."""

    def encrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        tag_size = _tag_size(params)
        encryptor = Cipher(algorithms.AES(key.material), modes.GCM(_gcm_iv(params))).encryptor()
        encryptor.authenticate_additional_data(octets(params, "additionalData"))
        ciphertext = encryptor.update(data) + encryptor.finalize()
        return ciphertext + encryptor.tag[:tag_size]

    def decrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        tag_size = _tag_size(params)
        if len(data) < tag_size:
            raise NamedError("OperationError", "ciphertext is too short")
        mode = modes.GCM(_gcm_iv(params), data[-tag_size:], min_tag_length=tag_size)
        decryptor = Cipher(algorithms.AES(key.material), mode).decryptor()
        decryptor.authenticate_additional_data(octets(params, "additionalData"))
        try:
            return decryptor.update(data[:-tag_size]) + decryptor.finalize()
        except InvalidTag:
            raise NamedError("OperationError", "could not decrypt ciphertext") from None


def _gcm_iv(params: Params) -> bytes:
    iv = octets(params, "iv")
    if len(iv) != GCM_IV_SIZE_BYTES:
        raise NamedError("NotSupportedError", f"only {GCM_IV_SIZE_BYTES} bytes long iv are supported")
    return iv


def _tag_size(params: Params) -> int:
    bits: int = params.get("tagLength") or max(GCM_TAG_SIZES_BITS)
    if bits in (32, 64):
        raise NamedError("NotSupportedError", "tag length 32 and 64 are not supported")
    if bits not in GCM_TAG_SIZES_BITS:
        raise NamedError("OperationError", "invalid tag length, should be one of 96, 104, 112, 120, 128")
    return bits // 8


class Hmac(SecretKeys):
    """HMAC (RFC 2104)."""

    usages = ("sign", "verify")

    def generate(self, params: Params, extractable: bool, usages: list[str]) -> Key:
        name = hash_of(params, "generateKey")
        self.check_usages(usages)
        length = params.get("length")
        if length is None:
            block_size = HASHES[name].block_size
            assert block_size is not None
            length = block_size * 8
        if length <= 0:
            raise NamedError("OperationError", "algorithm's length cannot be 0")
        require_usages(usages)
        return Key("secret", self._algorithm(name, length), extractable, usages, os.urandom(length // 8))

    def describe(self, secret: bytes, params: Params) -> dict[str, Any]:
        name = hash_of(params, "importKey")
        if not secret:
            raise NamedError("DataError", "key length cannot be 0")
        if params.get("length", len(secret) * 8) != len(secret) * 8:
            text = "key length cannot be different from the length of the imported data"
            raise NamedError("DataError", text)
        return self._algorithm(name, len(secret) * 8)

    def jwk_name(self, key: Key) -> str:
        name: str = key.algorithm["hash"]["name"]
        return "HS" + name.removeprefix("SHA-")

    def sign(self, params: Params, key: Key, data: bytes) -> bytes:
        return hmac.digest(key.material, data, HASHES[key.algorithm["hash"]["name"]].name)

    def verify(self, params: Params, key: Key, signature: bytes, data: bytes) -> bool:
        return hmac.compare_digest(self.sign(params, key, data), signature)

    def _algorithm(self, hash_name: str, length_bits: int) -> dict[str, Any]:
        return {"name": self.name, "hash": {"name": hash_name}, "length": length_bits}
