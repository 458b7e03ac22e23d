"""The small values that single options consist of.

Owns their shape; refuses to parse (``kinds``) and to know which options there are (``table``).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DnsOptions:
    """k6's ``dns``; ``ttl_s`` is ``inf`` for ever and 0 for no cache, ``ttl`` the same as it was written."""

    ttl_s: float | None = None
    select: str | None = None
    policy: str | None = None
    ttl: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class TlsVersions:
    """k6's ``tlsVersion``: the oldest and the newest allowed, such as ``tls1.2``."""

    min: str | None = None
    max: str | None = None


@dataclass(frozen=True)
class TlsAuth:
    """One client certificate of k6's ``tlsAuth``; no domains means every domain, "" no password."""

    cert: str
    key: str = field(repr=False)
    domains: tuple[str, ...] = ()
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Stage:
    """One step of ``stages``.

    Args:
        lacks: what was left out of ``duration`` and ``target``; it counts as 0.
    """

    duration_s: float
    target: int
    lacks: frozenset[str] = frozenset()
