"""ECDSA and ECDH: https://www.w3.org/TR/WebCryptoAPI/#ecdsa"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from jsbindings.named_errors import NamedError
from jsbindings.webcrypto.subtle.algorithm import (
    HASHES,
    Key,
    KeyPair,
    Params,
    bad_format,
    hash_of,
    require_usages,
    required,
    whole_bytes,
)
from jsbindings.webcrypto.subtle.asymmetric import DataError, KeyPairs, jwk_number, jwk_object, jwk_text

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def _size_bytes(curve: str) -> int:
    """Of a coordinate."""
    return (CURVES[curve].key_size + 7) // 8


class EllipticKeys(KeyPairs):
    """The keys of both; what a key is used for is not checked against its type, as k6 does not."""

    family = "elliptic curve"
    private_usages: tuple[str, ...]
    public_usages: tuple[str, ...]

    def generate(self, params: Params, extractable: bool, usages: list[str]) -> KeyPair:
        curve = self._curve(params)
        self.check_usages(usages)
        if not usages:
            raise NamedError("SyntaxError", "key usages cannot be empty")
        private = ec.generate_private_key(CURVES[curve])
        algorithm = {"name": self.name, "namedCurve": curve}
        of_private = [usage for usage in usages if usage in self.private_usages]
        of_public = [usage for usage in usages if usage in self.public_usages]
        return KeyPair(
            Key("private", algorithm, extractable, of_private, private),
            Key("public", algorithm, True, of_public, private.public_key()),
        )

    def _curve(self, params: Params) -> str:
        curve: str = required(params, "namedCurve")
        if curve not in CURVES:
            raise NamedError("NotSupportedError", f"elliptic curve {curve} is not supported")
        return curve

    def import_key(
        self, key_format: str, data: Any, params: Params, extractable: bool, usages: list[str]
    ) -> Key:
        curve = self._curve(params)
        material = self._load(key_format, data, curve)
        if material.curve.name != CURVES[curve].name:
            raise DataError(f"the key is none of the curve {curve}")
        key_type = "private" if isinstance(material, ec.EllipticCurvePrivateKey) else "public"
        if key_type == "private":
            require_usages(usages)
        return Key(key_type, {"name": self.name, "namedCurve": curve}, extractable, usages, material)

    def _load(
        self, key_format: str, data: Any, curve: str
    ) -> ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey:
        match key_format:
            case "raw":
                return self._load_point(data, curve)
            case "spki":
                return self._load_spki(data)
            case "pkcs8":
                return self._load_pkcs8(data)
            case "jwk":
                return _load_jwk(data, curve)
        raise bad_format(key_format)

    def _load_point(self, data: bytes, curve: str) -> ec.EllipticCurvePublicKey:
        try:
            if data[:1] != b"\x04":
                raise ValueError("not an uncompressed point")
            return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve], data)
        except ValueError:
            raise DataError(f"unable to import {self.name} public key data") from None

    def _load_spki(self, data: bytes) -> ec.EllipticCurvePublicKey:
        key = self.load_public(data)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise DataError(f"a public key is not an {self.name} key")
        return key

    def _load_pkcs8(self, data: bytes) -> ec.EllipticCurvePrivateKey:
        key = self.load_private(data)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise DataError(f"a private key is not an {self.name} key")
        return key

    def export_key(self, key_format: str, key: Key) -> bytes | dict[str, Any]:
        if key_format == "raw":
            self.require_type(key, "public")
            point: bytes = key.material.public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
            return point
        if key_format == "jwk":
            return _jwk(key)
        exports = {"spki": self.spki, "pkcs8": self.pkcs8}
        if key_format not in exports:
            raise bad_format(key_format)
        return exports[key_format](key)


def _load_jwk(data: Any, curve: str) -> ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey:
    """RFC 7518 section 6.2."""
    jwk = jwk_object(data, "EC")
    if jwk.get("crv") != curve:
        raise DataError(f"the JWK is none of the curve {curve}")
    numbers = ec.EllipticCurvePublicNumbers(jwk_number(jwk, "x"), jwk_number(jwk, "y"), CURVES[curve])
    try:
        if "d" in jwk:
            return ec.EllipticCurvePrivateNumbers(jwk_number(jwk, "d"), numbers).private_key()
        return numbers.public_key()
    except ValueError as error:
        raise DataError(f"the JWK is no key of the curve {curve}: {error}") from None


def _jwk(key: Key) -> dict[str, Any]:
    curve = key.algorithm["namedCurve"]
    size = _size_bytes(curve)
    is_private = key.type == "private"
    numbers = (key.material.public_key() if is_private else key.material).public_numbers()
    jwk = {"kty": "EC", "crv": curve, "x": jwk_text(numbers.x, size), "y": jwk_text(numbers.y, size)}
    if is_private:
        jwk["d"] = jwk_text(key.material.private_numbers().private_value, size)
    return jwk


class Ecdsa(EllipticKeys):
    """ECDSA; a signature is its two numbers, one behind the other."""

    usages = ("sign", "verify")
    private_usages = ("sign",)
    public_usages = ("verify",)

    def sign(self, params: Params, key: Key, data: bytes) -> bytes:
        method = ec.ECDSA(HASHES[hash_of(params, "sign")])
        self.require_type(key, "private")
        numbers = decode_dss_signature(key.material.sign(data, method))
        size = _size_bytes(key.algorithm["namedCurve"])
        return b"".join(number.to_bytes(size, "big") for number in numbers)

    def verify(self, params: Params, key: Key, signature: bytes, data: bytes) -> bool:
        method = ec.ECDSA(HASHES[hash_of(params, "verify")])
        self.require_type(key, "public")
        size = _size_bytes(key.algorithm["namedCurve"])
        if len(signature) != 2 * size:
            return False
        numbers = (int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
        try:
            key.material.verify(encode_dss_signature(*numbers), data, method)
        except InvalidSignature:
            return False
        return True


class Ecdh(EllipticKeys):
    """ECDH."""

    usages = ("deriveKey", "deriveBits")
    private_usages = usages
    public_usages = ()

    def derive_bits(self, params: Params, key: Key, length_bits: int) -> bytes:
        other: Key | None = params.get("public")
        if other is None:
            raise NamedError("TypeError", "algorithm does not contain a public key")
        if other.algorithm["name"] != self.name:
            text = f"algorithm name does not match public key's algorithm name: ECDH != {other.algorithm['name']}"
            raise NamedError("InvalidAccessError", text)
        if other.type != "public":
            raise NamedError("InvalidAccessError", "algorithm's public key is not a public key")
        if key.type != "private":
            raise NamedError("InvalidAccessError", "provided baseKey is not a private key")
        curves = [one.algorithm["namedCurve"] for one in (key, other)]
        if curves[0] != curves[1]:
            raise NamedError("InvalidAccessError", f"keys have different curves {curves[0]} and {curves[1]}")
        secret: bytes = key.material.exchange(ec.ECDH(), other.material)
        size = whole_bytes(length_bits)
        if size > len(secret):
            raise NamedError("OperationError", "length is too large")
        return secret[:size]
