"""k6/crypto/x509: reading certificates (RFC 5280) with the library `cryptography`."""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import hashlib
import re
import warnings
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from jsbindings.api import Binding, Thrown, op

# RFC 7468 as Go reads it: lines before it, after it and of headers inside do not matter, nor does what it calls itself.
# Nothing in it gives back what it took, which would take quadratic time in a text without an end.
_PEM = re.compile(
    rb"^-----BEGIN ([^\n-]*+)-----[ \t\r]*+\n(?:[^\n:]*+:.*+\n)*+([^-]*+)^-----END \1-----", re.MULTILINE
)

_SIGNATURES = {
    SignatureAlgorithmOID.RSA_WITH_MD5: "MD5-RSA",
    SignatureAlgorithmOID.RSA_WITH_SHA1: "SHA1-RSA",
    SignatureAlgorithmOID.RSA_WITH_SHA256: "SHA256-RSA",
    SignatureAlgorithmOID.RSA_WITH_SHA384: "SHA384-RSA",
    SignatureAlgorithmOID.RSA_WITH_SHA512: "SHA512-RSA",
    SignatureAlgorithmOID.DSA_WITH_SHA1: "DSA-SHA1",
    SignatureAlgorithmOID.DSA_WITH_SHA256: "DSA-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA1: "ECDSA-SHA1",
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: "ECDSA-SHA256",
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: "ECDSA-SHA384",
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: "ECDSA-SHA512",
    SignatureAlgorithmOID.ED25519: "Ed25519",
}
_PSS_HASHES = frozenset({"sha256", "sha384", "sha512"})

# The curves that Go has, by their names in SEC 2.
_CURVES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}

_MALFORMED = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


class X509Binding(Binding):
    """Certificates as plain data."""

    module = "k6/crypto/x509"

    @op
    def read(self, encoded: bytes) -> dict[str, Any]:
        """What face.js makes certificates of.

        Args:
            encoded: PEM.

        Raises:
            Thrown: no PEM, no certificate, or a key that Go does not read.
        """
        data = _decoded(encoded)
        try:
            # About certificates that are not quite as they should be; it is the script that judges them.
            with warnings.catch_warnings(action="ignore"):
                return _described(x509.load_der_x509_certificate(data), data)
        except _MALFORMED:
            raise Thrown("failed to parse certificate: x509: malformed certificate") from None


def _decoded(encoded: bytes) -> bytes:
    for block in _PEM.finditer(encoded):
        try:
            return base64.b64decode(b"".join(block[2].split()), validate=True)
        except binascii.Error:
            continue
    raise Thrown("failed to decode certificate PEM file")


def _described(certificate: x509.Certificate, data: bytes) -> dict[str, Any]:
    return {
        "subject": _attributes(certificate.subject),
        "issuer": _attributes(certificate.issuer),
        "not_before": _time_text(certificate.not_valid_before_utc),
        "not_after": _time_text(certificate.not_valid_after_utc),
        "alt_names": _alternative_names(certificate),
        "signature_algorithm": _signature_algorithm(certificate),
        "fingerprint": list(hashlib.sha1(data, usedforsecurity=False).digest()),
        "public_key": _public_key(certificate),
    }


def _attributes(name: x509.Name) -> list[tuple[str, str]]:
    """Type and value of each attribute; bit strings in hexadecimal."""
    return [
        (attribute.oid.dotted_string, value if isinstance(value := attribute.value, str) else value.hex())
        for attribute in name
    ]


def _time_text(time: datetime.datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    """Host names, mail addresses, IP addresses and URIs, in this order as in k6."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [
        *names.get_values_for_type(x509.DNSName),
        *names.get_values_for_type(x509.RFC822Name),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
        *names.get_values_for_type(x509.UniformResourceIdentifier),
    ]


def _signature_algorithm(certificate: x509.Certificate) -> str:
    """The name that Go gives it, or what k6 says where Go has none."""
    oid = certificate.signature_algorithm_oid
    if oid == SignatureAlgorithmOID.RSASSA_PSS:
        with contextlib.suppress(UnsupportedAlgorithm):
            hashed_with = certificate.signature_hash_algorithm
            if hashed_with is not None and hashed_with.name in _PSS_HASHES:
                return f"{hashed_with.name.upper()}-RSAPSS"
    return _SIGNATURES.get(oid, "UnknownSignatureAlgorithm")


def _public_key(certificate: x509.Certificate) -> dict[str, Any]:
    """The algorithm and its numbers, as text because JSON has none of that size; no algorithm for what k6 lacks."""
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return {}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"algorithm": "RSA", "numbers": {"n": str(numbers.n), "e": str(numbers.e)}}
    if isinstance(key, dsa.DSAPublicKey):
        found = key.public_numbers()
        parameters = found.parameter_numbers
        values = {"p": parameters.p, "q": parameters.q, "g": parameters.g, "y": found.y}
        return {"algorithm": "DSA", "numbers": {name: str(value) for name, value in values.items()}}
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"algorithm": "ECDSA", "numbers": _point(key)}
    return {}


def _point(key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    name = _CURVES.get(key.curve.name)
    if name is None:
        raise Thrown("failed to parse certificate: x509: unsupported elliptic curve")
    point = key.public_numbers()
    return {"x": str(point.x), "y": str(point.y), "name": name, "bits": key.curve.key_size}
