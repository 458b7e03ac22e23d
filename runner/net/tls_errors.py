"""OpenSSL's errors in the words of Go's crypto/tls and crypto/x509, with k6's codes.

Owns the translation only; nothing is verified here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.errors import TransportError

if TYPE_CHECKING:
    import ssl

CODE_TLS = 1300
CODE_NOT_TLS = 1301
CODE_UNKNOWN_AUTHORITY = 1310
CODE_HOSTNAME = 1311

# X509_V_ERR_* numbers (openssl x509_vfy.h).
_UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21, 24}
_EXPIRED = {9, 10}

# Alert names that Go words otherwise (RFC 8446 section 6.2 has the alerts).
_ALERT_TEXTS = {
    "protocol version": "protocol version not supported",
    "unknown ca": "unknown certificate authority",
    "decode error": "error decoding message",
    "decrypt error": "error decrypting message",
    "bad record mac": "bad record MAC",
    "insufficient security": "insufficient security level",
    "unrecognized name": "unrecognized name",
    "certificate unknown": "unknown certificate",
    "certificate revoked": "revoked certificate",
    "certificate expired": "expired certificate",
}
_ALERT = re.compile(r"^(?:SSLV3|TLSV1|TLSV13)_ALERT_(\w+)$")
# These alerts' OpenSSL names lack the word ALERT.
_ALERT_REASONS = {"TLSV1_UNRECOGNIZED_NAME": "unrecognized name"}
_NOT_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}


def verify_error(text: str, code: int = CODE_TLS) -> TransportError:
    """A server certificate that is not accepted; ``text`` is what follows ``x509: ``."""
    return TransportError(f"tls: failed to verify certificate: x509: {text}", code)


def tls_error(error: ssl.SSLError) -> TransportError:
    """The TransportError for what OpenSSL reported."""
    # Plain connections know this module for its codes, and do without OpenSSL.
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return _verification(error)
    name = error.reason or ""
    alert = _ALERT.match(name)
    if alert or name in _ALERT_REASONS:
        text = alert.group(1).lower().replace("_", " ") if alert else _ALERT_REASONS[name]
        return TransportError(f"remote error: tls: {_ALERT_TEXTS.get(text, text)}", CODE_TLS)
    if name in _NOT_TLS:
        return TransportError("tls: first record does not look like a TLS handshake", CODE_NOT_TLS)
    text = name.lower().replace("_", " ") or "unknown error"
    return TransportError(f"tls: {text}", CODE_TLS)


def _verification(error: ssl.SSLCertVerificationError) -> TransportError:
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return verify_error("certificate signed by unknown authority", CODE_UNKNOWN_AUTHORITY)
    if error.verify_code in _EXPIRED:
        return verify_error("certificate has expired or is not yet valid")
    return verify_error(error.verify_message)
