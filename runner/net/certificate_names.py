"""Whether a certificate is for the server that was meant.

Owns the comparison of names (RFC 6125 section 6.4, as Go's crypto/x509 does it: subject alternative names
only, a wildcard only as the whole first label).  That the certificate is signed by somebody we trust, and
valid today, OpenSSL has checked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.net import addresses
from runner.net.tls_errors import CODE_HOSTNAME, verify_error


def check_server_name(certificate: Mapping[str, Any], server_name: str) -> None:
    """Raise a TransportError, code 1311, unless the certificate names the server.

    Args:
        certificate: as ssl.SSLObject.getpeercert() gives it.
        server_name: a name or an IP address.
    """
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    ips = [value.strip() for kind, value in certificate.get("subjectAltName", ()) if kind == "IP Address"]
    ip = addresses.parse_ip(server_name)
    if ip is not None:
        _check_ip(ips, ip)
    elif not any(matches(pattern, server_name) for pattern in names):
        if not names:
            text = f"certificate is not valid for any names, but wanted to match {server_name}"
        else:
            text = f"certificate is valid for {', '.join(names)}, not {server_name}"
        raise verify_error(text, CODE_HOSTNAME)


def matches(pattern: str, name: str) -> bool:
    """Whether the certificate's DNS name covers the server's name."""
    pattern, name = pattern.lower().removesuffix("."), name.lower().removesuffix(".")
    if not pattern or not name:
        return False
    if not pattern.startswith("*."):
        return pattern == name and "*" not in pattern
    first_label, _, parent = name.partition(".")
    return bool(first_label) and pattern[2:] == parent and "*" not in parent and "." in parent


def _check_ip(texts: list[str], ip: addresses.IpAddress) -> None:
    # Parsed, because OpenSSL writes ::1 as 0:0:0:0:0:0:0:1.
    ips = [addresses.parse_ip(text) for text in texts]
    if not ips:
        text = f"cannot validate certificate for {ip} because it doesn't contain any IP SANs"
        raise verify_error(text, CODE_HOSTNAME)
    if ip not in ips:
        raise verify_error(f"certificate is valid for {', '.join(map(str, ips))}, not {ip}", CODE_HOSTNAME)
