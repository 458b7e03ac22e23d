"""Certificates for TLS tests, made on the spot by trustme."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import trustme

SERVER_NAMES = ("localhost", "127.0.0.1", "::1", "server.example.test", "*.wild.example.test")


# Made at import, which happens once: servers in threads ask for certificates at the same time.
AUTHORITY = trustme.CA()
FOREIGN_AUTHORITY = trustme.CA()


@cache
def server_context(*names: str, foreign: bool = False) -> ssl.SSLContext:
    """A server's context with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca = FOREIGN_AUTHORITY if foreign else AUTHORITY
    ca.issue_cert(*(names or SERVER_NAMES)).configure_cert(context)
    return context


def write_authority(folder: Path) -> str:
    """The trusted authority's certificate as a file, for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return str(path)
