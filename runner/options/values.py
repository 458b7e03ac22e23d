"""The small values that single options consist of.

Owns their shape; refuses to parse (``kinds``) and to know which options there are (``table``).
"""

from typing import NamedTuple


class DnsOptions(NamedTuple):
    """k6's ``dns``; ``ttl_s`` is ``inf`` for ever and 0 for no cache, ``ttl`` the same as it was written."""

    ttl_s: float | None = None
    select: str | None = None
    policy: str | None = None
    ttl: str | None = None


class TlsVersions(NamedTuple):
    """k6's ``tlsVersion``: the oldest and the newest allowed, such as ``tls1.2``."""

    min: str | None = None
    max: str | None = None


class TlsAuth(NamedTuple):
    """One client certificate of k6's ``tlsAuth``; no domains means every domain, "" no password."""

    cert: str
    key: str
    domains: tuple[str, ...] = ()
    password: str = ""

    def __repr__(self) -> str:
        # Key and password are nobody's business.
        return f"<TlsAuth {', '.join(self.domains) or 'for all'}>"


class Stage(NamedTuple):
    """One step of ``stages``.

    Args:
        lacks: what was left out of ``duration`` and ``target``; it counts as 0.
    """

    duration_s: float
    target: int
    lacks: frozenset[str] = frozenset()
