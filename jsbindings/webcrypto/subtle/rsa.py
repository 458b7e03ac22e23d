"""RSA-OAEP, RSA-PSS and RSASSA-PKCS1-v1_5: https://www.w3.org/TR/WebCryptoAPI/#rsassa-pkcs1"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jsbindings.named_errors import NamedError
from jsbindings.webcrypto.subtle.algorithm import (
    HASHES,
    Key,
    KeyPair,
    Params,
    bad_format,
    octets,
    require_usages,
    required,
)
from jsbindings.webcrypto.subtle.asymmetric import (
    LOADED_KEYS_MAX,
    DataError,
    KeyPairs,
    jwk_number,
    jwk_object,
    jwk_text,
)

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi")


class RsaKeys(KeyPairs):
    """The keys of all three; what a key is used for is not checked against its type, as k6 does not."""

    family = "RSA"
    private_usage: str
    public_usage: str

    def generate(self, params: Params, extractable: bool, usages: list[str]) -> KeyPair:
        modulus_length = required(params, "modulusLength")
        exponent = int.from_bytes(bytes(required(params, "publicExponent")), "big")
        algorithm = self._algorithm(_hash(params), modulus_length, exponent)
        self.check_usages(usages)
        require_usages(usages)
        if exponent % 2 == 0:
            raise NamedError("OperationError", "invalid public exponent: public exponent is even")
        try:
            private = rsa.generate_private_key(exponent, modulus_length)
        except (ValueError, OverflowError) as error:
            raise NamedError("OperationError", f"could not generate RSA key pair: {error}") from None
        of_private = [usage for usage in usages if usage == self.private_usage]
        of_public = [usage for usage in usages if usage == self.public_usage]
        return KeyPair(
            Key("private", algorithm, extractable, of_private, private),
            Key("public", algorithm, True, of_public, private.public_key()),
        )

    def _algorithm(self, hash_name: str, modulus_length: int, exponent: int) -> dict[str, Any]:
        return {
            "name": self.name,
            "modulusLength": modulus_length,
            "publicExponent": list(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")),
            "hash": {"name": hash_name},
        }

    def import_key(
        self, key_format: str, data: Any, params: Params, extractable: bool, usages: list[str]
    ) -> Key:
        hash_name = _hash(params)
        material = self._load(key_format, data)
        if isinstance(material, rsa.RSAPrivateKey):
            require_usages(usages)
            return Key(
                "private", self._describe(hash_name, material.public_key()), extractable, usages, material
            )
        return Key("public", self._describe(hash_name, material), extractable, usages, material)

    def _describe(self, hash_name: str, key: rsa.RSAPublicKey) -> dict[str, Any]:
        return self._algorithm(hash_name, key.key_size, key.public_numbers().e)

    def _load(self, key_format: str, data: Any) -> rsa.RSAPublicKey | rsa.RSAPrivateKey:
        match key_format:
            case "spki":
                return self._load_spki(data)
            case "pkcs8":
                return self._load_pkcs8(data)
            case "jwk":
                return _load_jwk(data)
        text = f"unsupported key format {key_format} for algorithm {self.name}"
        raise NamedError("NotSupportedError", text)

    def _load_spki(self, data: bytes) -> rsa.RSAPublicKey:
        key = self.load_public(data)
        if not isinstance(key, rsa.RSAPublicKey):
            raise DataError("given CryptoKey is not a public RSA key")
        return key

    def _load_pkcs8(self, data: bytes) -> rsa.RSAPrivateKey:
        key = self.load_private(data)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise DataError("given CryptoKey is not a private RSA key")
        return key

    def export_key(self, key_format: str, key: Key) -> bytes | dict[str, Any]:
        if key_format == "jwk":
            return _jwk(key)
        exports = {"spki": self.spki, "pkcs8": self.pkcs8}
        if key_format not in exports:
            raise bad_format(key_format)
        return exports[key_format](key)


def _hash(params: Params) -> str:
    name: str = required(params, "hash")
    if name not in HASHES:
        raise NamedError("NotSupportedError", f"hash algorithm is not supported {name}")
    return name


def _load_jwk(data: Any) -> rsa.RSAPublicKey | rsa.RSAPrivateKey:
    """RFC 7518 section 6.3."""
    jwk = jwk_object(data, "RSA")
    n, e = jwk_number(jwk, "n"), jwk_number(jwk, "e")
    private = tuple(jwk_number(jwk, member) for member in _PRIVATE_MEMBERS) if "d" in jwk else ()
    try:
        return _private_key(n, e, *private) if private else rsa.RSAPublicNumbers(e, n).public_key()
    except ValueError as error:
        raise DataError(f"the JWK is no RSA key: {error}") from None


@functools.lru_cache(maxsize=LOADED_KEYS_MAX)
def _private_key(n: int, e: int, d: int, p: int, q: int, dp: int, dq: int, qi: int) -> rsa.RSAPrivateKey:
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n)).private_key()


def _jwk(key: Key) -> dict[str, Any]:
    if key.type == "public":
        numbers = key.material.public_numbers()
        return {"kty": "RSA", "n": jwk_text(numbers.n), "e": jwk_text(numbers.e)}
    private = key.material.private_numbers()
    public = private.public_numbers
    values = (private.d, private.p, private.q, private.dmp1, private.dmq1, private.iqmp)
    jwk = {"kty": "RSA", "n": jwk_text(public.n), "e": jwk_text(public.e)}
    return {**jwk, **{name: jwk_text(value) for name, value in zip(_PRIVATE_MEMBERS, values, strict=True)}}


class RsaSigning(RsaKeys, ABC):
    """What the two signature schemes share."""

    usages = ("sign", "verify")
    private_usage = "sign"
    public_usage = "verify"

    @abstractmethod
    def padding(self, params: Params, key: Key) -> padding.AsymmetricPadding:
        """How the digest becomes a number of the key's size."""

    def sign(self, params: Params, key: Key, data: bytes) -> bytes:
        self.require_type(key, "private")
        try:
            signature: bytes = key.material.sign(data, self.padding(params, key), _key_hash(key))
        except ValueError as error:
            raise NamedError("OperationError", f"could not sign data: {error}") from None
        return signature

    def verify(self, params: Params, key: Key, signature: bytes, data: bytes) -> bool:
        self.require_type(key, "public")
        try:
            key.material.verify(signature, data, self.padding(params, key), _key_hash(key))
        except (InvalidSignature, ValueError):
            return False
        return True


def _key_hash(key: Key) -> Any:
    return HASHES[key.algorithm["hash"]["name"]]


class RsaPkcs1(RsaSigning):
    """RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2)."""

    def padding(self, params: Params, key: Key) -> padding.AsymmetricPadding:
        return padding.PKCS1v15()


class RsaPss(RsaSigning):
    """RSA-PSS (RFC 8017 section 8.1)."""

    def padding(self, params: Params, key: Key) -> padding.AsymmetricPadding:
        return padding.PSS(padding.MGF1(_key_hash(key)), required(params, "saltLength"))


class RsaOaep(RsaKeys):
    """RSA-OAEP (RFC 8017 section 7.1)."""

    usages = ("encrypt", "decrypt", "wrapKey", "unwrapKey")
    private_usage = "decrypt"
    public_usage = "encrypt"

    def encrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        self.require_type(key, "public")
        try:
            ciphertext: bytes = key.material.encrypt(data, _oaep(params, key))
        except ValueError as error:
            raise NamedError("OperationError", f"could not encrypt data: {error}") from None
        return ciphertext

    def decrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        self.require_type(key, "private")
        try:
            plaintext: bytes = key.material.decrypt(data, _oaep(params, key))
        except ValueError as error:
            raise NamedError("OperationError", f"could not decrypt data: {error}") from None
        return plaintext


def _oaep(params: Params, key: Key) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(_key_hash(key)), _key_hash(key), octets(params, "label") or None)
