"""What the algorithms with key pairs share: the DER formats, and JSON Web Keys of numbers."""

from __future__ import annotations

import functools
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from jsbindings.named_errors import NamedError
from jsbindings.webcrypto.subtle.algorithm import Algorithm, Key, base64url, from_base64url

_DER = serialization.Encoding.DER

# Of private keys that the process keeps when they were loaded: to check an RSA key takes a tenth of a second, and each
# virtual user of a test imports the same one.
LOADED_KEYS_MAX = 64


class DataError(NamedError):
    """Key data that is no key of its algorithm."""

    def __init__(self, message: str) -> None:
        super().__init__("DataError", message)


class KeyPairs(Algorithm):
    """An algorithm whose keys are private or public."""

    # For messages.
    family: str

    def load_public(self, data: bytes) -> Any:
        """A public key of any algorithm from SubjectPublicKeyInfo (RFC 5280 section 4.1)."""
        try:
            return serialization.load_der_public_key(data)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise DataError(f"unable to import {self.family} public key data: {error}") from None

    def load_private(self, data: bytes) -> Any:
        """A private key of any algorithm from PKCS #8 (RFC 5958)."""
        try:
            if not _is_pkcs8(data):
                raise ValueError("no PKCS #8")
            return _private_key(data)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise DataError(f"unable to import {self.family} private key data: {error}") from None

    def require_type(self, key: Key, key_type: str) -> None:
        """Raises:
        NamedError: the format that was asked for holds the other half of a pair.
        """
        if key.type != key_type:
            raise NamedError("InvalidAccessError", f"key is not a valid {self.family} {key_type} key")

    def spki(self, key: Key) -> bytes:
        """The counterpart of load_public()."""
        self.require_type(key, "public")
        data: bytes = key.material.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return data

    def pkcs8(self, key: Key) -> bytes:
        """The counterpart of load_private()."""
        self.require_type(key, "private")
        nothing = serialization.NoEncryption()
        data: bytes = key.material.private_bytes(_DER, serialization.PrivateFormat.PKCS8, nothing)
        return data


@functools.lru_cache(maxsize=LOADED_KEYS_MAX)
def _private_key(data: bytes) -> Any:
    return serialization.load_der_private_key(data, None)


def _is_pkcs8(data: bytes) -> bool:
    """Whether a version and then an algorithm come first; the library takes older formats as well."""
    is_long = len(data) > 1 and data[1] & 0x80
    content = data[2 + (data[1] & 0x7F) :] if is_long else data[2:]
    return content[:2] == b"\x02\x01" and content[3:4] == b"\x30"


def jwk_object(jwk: Any, key_type: str) -> dict[str, Any]:
    """`jwk`, when it is a JSON Web Key of this type.

    Raises:
        DataError: it is not.
    """
    if not isinstance(jwk, dict) or jwk.get("kty") != key_type:
        raise DataError(f"the JWK is none of type {key_type}")
    return jwk


def jwk_number(jwk: dict[str, Any], member: str) -> int:
    """A number in a JSON Web Key.

    Raises:
        DataError: it is missing, or no number.
    """
    text = jwk.get(member)
    if not text or not isinstance(text, str):
        raise DataError(f"the JWK has no {member}")
    try:
        return int.from_bytes(from_base64url(text), "big")
    except ValueError as error:
        raise DataError(f"{member} of the JWK is not base64url: {error}") from None


def jwk_text(number: int, size_bytes: int | None = None) -> str:
    """The counterpart of jwk_number(); by default as short as it can be."""
    return base64url(number.to_bytes(size_bytes or (number.bit_length() + 7) // 8, "big"))
