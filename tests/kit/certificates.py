"""Certificates for TLS tests, made on the spot by trustme."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import trustme

SERVER_NAMES = ("localhost", "127.0.0.1", "::1", "server.example.test", "*.wild.example.test")


@cache
def authority() -> trustme.CA:
    """The authority that tests trust."""
    return trustme.CA()


@cache
def foreign_authority() -> trustme.CA:
    """An authority that nobody trusts."""
    return trustme.CA()


@cache
def server_context(*names: str, foreign: bool = False) -> ssl.SSLContext:
    """A server's context with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca = foreign_authority() if foreign else authority()
    ca.issue_cert(*(names or SERVER_NAMES)).configure_cert(context)
    return context


def write_authority(folder: Path) -> str:
    """The trusted authority's certificate as a file, for SSL_CERT_FILE."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(path)
    return str(path)
