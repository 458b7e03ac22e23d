"""TLS as the options want it: versions, cipher suites, trust and client certificates.

Owns the SSLContexts, one per distinct configuration.  Refuses to move bytes (tls_stream.py).
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import OptionsError
from runner.net.addresses import NamePatterns
from runner.net.cipher_suites import OPENSSL_NAMES, TLS13_NAMES
from runner.net.options import NetworkOptions, TlsAuth

if TYPE_CHECKING:
    import ssl

# k6's names, which sort as the versions do, and those of the ssl module.
VERSIONS = {"tls1.0": "TLSv1", "tls1.1": "TLSv1_1", "tls1.2": "TLSv1_2", "tls1.3": "TLSv1_3"}
# Go's minimum for clients.
VERSION_MIN = "tls1.2"
# OpenSSL refuses old versions, short keys and old signatures at its usual level; a test that asks for them or
# that trusts everybody means to talk to such servers.
LENIENT_CIPHERS = "DEFAULT:@SECLEVEL=0"


class TlsContexts:
    """Makes and keeps the contexts; wrong options are found here, the system's CAs are read at first use.

    Raises:
        OptionsError: a version, suite or certificate that does not exist or cannot be read.
    """

    def __init__(self, options: NetworkOptions) -> None:
        self._options = options
        self._contexts: dict[tuple[int, tuple[str, ...]], ssl.SSLContext] = {}
        self._min_version = _version("tlsVersion.min", options.tls_min_version or VERSION_MIN)
        self._max_version = _version("tlsVersion.max", options.tls_max_version or "tls1.3")
        # A maximum below the default minimum means: that old, please.
        if options.tls_min_version is None:
            self._min_version = min(self._min_version, self._max_version)
        if self._min_version > self._max_version:
            message = f"tlsVersion: min {options.tls_min_version} is above max {options.tls_max_version}"
            raise OptionsError(message)
        self._ciphers = _openssl_ciphers(options.tls_cipher_suites)
        self._auth_patterns = [NamePatterns("tlsAuth domains", auth.domains) for auth in options.tls_auth]
        self._check()

    @property
    def verifies(self) -> bool:
        """Server certificates are verified."""
        return not self._options.insecure_skip_tls_verify

    def context_for(self, server_name: str, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The context for a server, with the client certificate that is for it and the protocols to offer."""
        auth_index = self._auth_index(server_name)
        key = (auth_index, tuple(alpn))
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = self._make(auth_index, alpn)
        return context

    def _auth_index(self, server_name: str) -> int:
        for index, patterns in enumerate(self._auth_patterns):
            if not self._options.tls_auth[index].domains or patterns.match(server_name):
                return index
        return -1

    def _check(self) -> None:
        """Try everything but the CAs, so that mistakes come before the first connection."""
        if self._ciphers or self._options.tls_auth:
            context = self._bare_context()
            for index in range(len(self._options.tls_auth)):
                self._load_certificate(context, index)

    def _make(self, auth_index: int, alpn: Sequence[str]) -> ssl.SSLContext:
        context = self._bare_context()
        if self.verifies:
            context.load_default_certs()
        if auth_index >= 0:
            self._load_certificate(context, auth_index)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        keylog_path = self._options.environ.get("SSLKEYLOGFILE")
        if keylog_path:
            context.keylog_filename = keylog_path
        return context

    def _bare_context(self) -> ssl.SSLContext:
        # OpenSSL is for tests that use TLS.
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # certificate_names.py does it, with Go's wording.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED if self.verifies else ssl.CERT_NONE
        # As in Go, any certificate in the store is trusted, not only self-signed ones.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        # A write never has to wait for a read.
        context.options |= ssl.OP_NO_RENEGOTIATION
        with warnings.catch_warnings():
            # The user asked for the old version.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion[VERSIONS[self._min_version]]
            context.maximum_version = ssl.TLSVersion[VERSIONS[self._max_version]]
        if not self.verifies or self._min_version < VERSION_MIN:
            context.set_ciphers(LENIENT_CIPHERS)
        if self._ciphers:
            try:
                context.set_ciphers(self._ciphers)
            except ssl.SSLError:
                names = ", ".join(self._options.tls_cipher_suites)
                message = f"tlsCipherSuites: this OpenSSL ({ssl.OPENSSL_VERSION}) has none of {names}"
                raise OptionsError(message) from None
        return context

    def _load_certificate(self, context: ssl.SSLContext, index: int) -> None:
        import ssl

        auth = self._options.tls_auth[index]
        with _pem_file(auth) as path:
            try:
                # A password is always given: OpenSSL would ask the terminal for it otherwise.
                context.load_cert_chain(path, password=auth.password)
            except (ssl.SSLError, ValueError) as error:
                what = getattr(error, "reason", None) or "it is not PEM"
                message = f"tlsAuth[{index}]: the certificate and key cannot be used ({_readable(what)})"
                raise OptionsError(message) from None


def _readable(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _version(option: str, text: str) -> str:
    if text not in VERSIONS:
        raise OptionsError(f"{option}: {text!r} is none of {', '.join(VERSIONS)}")
    return text


def _openssl_ciphers(names: Sequence[str]) -> str:
    unknown = [name for name in names if name not in OPENSSL_NAMES and name not in TLS13_NAMES]
    if unknown:
        known = ", ".join((*OPENSSL_NAMES, *TLS13_NAMES))
        raise OptionsError(f"tlsCipherSuites: {', '.join(map(repr, unknown))} unknown; there are {known}")
    ciphers = [OPENSSL_NAMES[name] for name in names if name in OPENSSL_NAMES]
    return ":".join([*ciphers, "@SECLEVEL=0"]) if ciphers else ""


@contextlib.contextmanager
def _pem_file(auth: TlsAuth) -> Iterator[str]:
    """The ssl module takes certificates from files only: one that nobody else can read, gone at once."""
    # For client certificates only.
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="k6py-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{auth.cert}\n{auth.key}\n")
        yield path
    finally:
        Path(path).unlink()
