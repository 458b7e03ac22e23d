"""The network options of a test as plain values, with k6's defaults.

Owns their names and forms; what they do is in the modules that take them.  Texts are checked there too, when
a Dialer is made, so that a mistake ends the test before its first VU starts.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

DNS_TTL_S = 300.0


class TlsAuth(NamedTuple):
    """One client certificate (k6 ``tlsAuth``).

    Attributes:
        domains: server names it is for, ``*.`` patterns allowed; empty for all.
        cert, key: PEM texts.
        password: of the key; "" for none.
    """

    cert: str
    key: str
    domains: Sequence[str] = ()
    password: str = ""

    def __repr__(self) -> str:
        # Key and password are nobody's business.
        return f"<TlsAuth {', '.join(self.domains) or 'for all'}>"


class NetworkOptions(NamedTuple):
    """See https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/ for each of them.

    Attributes:
        hosts: name, ``name:port`` or ``*.pattern`` → ``ip``, ``ip:port`` or ``[ipv6]:port``.
        block_hostnames: names and ``*.pattern``.
        blacklist_ips: addresses and CIDR ranges.
        dns_ttl_s: how long an answer is kept; 0 for not at all, inf for ever.
        dns_select: which of several addresses: ``first``, ``random`` or ``roundRobin``.
        dns_policy: ``preferIPv4``, ``preferIPv6``, ``onlyIPv4``, ``onlyIPv6`` or ``any``.
        local_ips: ``a-b`` ranges, CIDR ranges and addresses to connect from.
        insecure_skip_tls_verify: accept every server certificate.
        tls_min_version, tls_max_version: ``tls1.0`` … ``tls1.3``, None for the default.
        tls_cipher_suites: IANA names; empty for the default.  As in Go they leave TLS 1.3 alone.
        tls_auth: client certificates; the first that fits a server name is used.
        environ: where HTTP_PROXY, HTTPS_PROXY, NO_PROXY and SSLKEYLOGFILE are looked up.
    """

    hosts: Mapping[str, str] = {}
    block_hostnames: Sequence[str] = ()
    blacklist_ips: Sequence[str] = ()
    dns_ttl_s: float = DNS_TTL_S
    dns_select: str = "random"
    dns_policy: str = "preferIPv4"
    local_ips: Sequence[str] = ()
    insecure_skip_tls_verify: bool = False
    tls_min_version: str | None = None
    tls_max_version: str | None = None
    tls_cipher_suites: Sequence[str] = ()
    tls_auth: Sequence[TlsAuth] = ()
    environ: Mapping[str, str] = {}

    def __repr__(self) -> str:
        # The environment's proxies may have passwords.
        shown = self._asdict() | {"environ": "..."}
        return f"NetworkOptions({', '.join(f'{name}={value!r}' for name, value in shown.items())})"
