"""What all algorithms of crypto.subtle have in common: keys, usages, parameters, hashes, and how they are refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.hazmat.primitives import hashes

from jsbindings.named_errors import NamedError

# An algorithm as a script gives it: its name and what else it has, read by the face.
Params = dict[str, Any]

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}


@dataclass(frozen=True)
class Key:
    """What stands behind a CryptoKey.

    Args:
        type: secret, private or public.
        algorithm: as the script sees it.
        usages: in the order in which the script gave them.
        material: bytes, or a key of the library.
    """

    type: str
    algorithm: dict[str, Any]
    extractable: bool
    usages: list[str]
    material: Any


@dataclass(frozen=True)
class KeyPair:
    """What stands behind a CryptoKeyPair."""

    private: Key
    public: Key


class Algorithm:
    """One algorithm; it overrides what it supports, and the rest refuses by the operation's name.

    Args:
        name: as scripts see it in ``key.algorithm.name``.
    """

    # Usages that its keys may have.
    usages: ClassVar[Sequence[str]] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def generate(self, params: Params, extractable: bool, usages: list[str]) -> Key | KeyPair:
        """A new key, or two."""
        raise not_supported(self.name, "generateKey")

    def import_key(
        self, key_format: str, data: Any, params: Params, extractable: bool, usages: list[str]
    ) -> Key:
        """A key from outside.

        Args:
            data: bytes, or for the format "jwk" what a script gave as the object.
        """
        raise not_supported(self.name, "importKey")

    def export_key(self, key_format: str, key: Key) -> bytes | dict[str, Any]:
        """The counterpart of import_key()."""
        raise not_supported(self.name, "exportKey")

    def encrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        """The ciphertext of `data`."""
        raise not_supported(self.name, "encrypt")

    def decrypt(self, params: Params, key: Key, data: bytes) -> bytes:
        """The counterpart of encrypt()."""
        raise not_supported(self.name, "decrypt")

    def sign(self, params: Params, key: Key, data: bytes) -> bytes:
        """The signature of `data`."""
        raise not_supported(self.name, "sign")

    def verify(self, params: Params, key: Key, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is one of `data`."""
        raise not_supported(self.name, "verify")

    def derive_bits(self, params: Params, key: Key, length_bits: int) -> bytes:
        """Bits from a secret; for key agreement, `params` has the other side's key as "public"."""
        raise not_supported(self.name, "deriveBits")

    def key_length(self, params: Params) -> int:
        """How many bits a key that is derived for this algorithm has."""
        raise not_supported(self.name, "getKeyLength")

    def supports(self, operation: Callable[..., Any]) -> bool:
        """Whether this algorithm has an operation of its own in place of the one here."""
        return getattr(type(self), operation.__name__) is not operation

    # ---- for the algorithms

    def check_usages(self, usages: list[str]) -> None:
        """Raises:
        NamedError: a usage that this algorithm does not have.
        """
        for usage in usages:
            if usage not in self.usages:
                raise NamedError("SyntaxError", f"invalid key usage: {usage}")


def not_supported(name: str, operation: str) -> NamedError:
    """The error for an operation that an algorithm, or this implementation of it, does not have."""
    text = f'algorithm "{name}" doesn\'t support (in implementation) operation "{operation}"'
    return NamedError("NotSupportedError", text)


def bad_format(key_format: str) -> NamedError:
    """The error for a key format that an algorithm does not have."""
    return NamedError("NotSupportedError", f"unsupported key format {key_format}")


def require_usages(usages: list[str]) -> None:
    """Raises:
    NamedError: a secret or private key would be of no use.
    """
    if not usages:
        raise NamedError("SyntaxError", "usages cannot not be empty for a secret or private CryptoKey")


def required(params: Params, member: str) -> Any:
    """A member that the algorithm must have.

    Raises:
        NamedError: it has not.
    """
    if params.get(member) is None:
        raise NamedError("SyntaxError", f"could not get {member} from algorithm parameter")
    return params[member]


def octets(params: Params, member: str) -> bytes:
    """A member that is bytes; b"" when it is missing."""
    value = params.get(member)
    return value.encode() if isinstance(value, str) else bytes(value or ())


def hash_of(params: Params, operation: str) -> str:
    """The name of the hash function in `params`.

    Raises:
        NamedError: there is none, or it is unknown.
    """
    name: str = required(params, "hash")
    if name not in HASHES:
        raise not_supported(name, operation)
    return name


def whole_bytes(length_bits: int) -> int:
    """How many bytes a script asks for.

    Raises:
        NamedError: no positive number of whole bytes.
    """
    if length_bits <= 0:
        raise NamedError("OperationError", "length can not be 0")
    if length_bits % 8:
        raise NamedError("OperationError", "currently only multiples of 8 are supported for length")
    return length_bits // 8


def base64url(data: bytes) -> str:
    """As JSON Web Keys have it: without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The counterpart of base64url().

    Raises:
        ValueError: other characters, padding included.
    """
    standard = text.replace("+", "!").replace("/", "!").replace("-", "+").replace("_", "/")
    if "=" in text:
        raise ValueError("padding")
    try:
        return base64.b64decode(standard + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
