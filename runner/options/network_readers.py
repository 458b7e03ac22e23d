"""Readers of the options about names, addresses and TLS.

Owns their forms in scripts and on the command line; refuses to act on them (``runner.net`` does).
Every reader raises ``ValueError`` with a finished text.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping, Sequence

from runner.options.readers import (
    describe,
    duration_from_json,
    list_from_json,
    object_from_json,
    one_of,
    split_pair,
    string_from_json,
    string_map_from_json,
    strings_from_json,
    strings_from_text,
)
from runner.options.values import DnsOptions, TlsAuth, TlsVersions

DNS_SELECTS = ("first", "random", "roundRobin")
DNS_POLICIES = ("preferIPv4", "preferIPv6", "onlyIPv4", "onlyIPv6", "any")
TLS_VERSIONS = ("ssl3.0", "tls1.0", "tls1.1", "tls1.2", "tls1.3")

_HOST_PATTERN = re.compile(r"\*|(?:\*\.?)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def dns_from_json(value: object) -> DnsOptions:
    """``{ttl, select, policy}``, each of which may be left out."""
    given = object_from_json(value)
    ttl, select, policy = given.get("ttl"), given.get("select"), given.get("policy")
    return DnsOptions(
        ttl_s=None if ttl is None else _dns_ttl(ttl),
        select=None if select is None else one_of(select, DNS_SELECTS, "DNS select"),
        policy=None if policy is None else one_of(policy, DNS_POLICIES, "DNS policy"),
        ttl=None if ttl is None else str(ttl),
    )


def dns_from_text(text: str) -> DnsOptions:
    """``ttl=5m,select=random,policy=preferIPv4``."""
    settings = dict(split_pair(item, "=", "DNS setting") for item in strings_from_text(text))
    for name in settings:
        one_of(name, ("ttl", "select", "policy"), "DNS setting")
    return dns_from_json(settings)


def tls_versions_from_json(value: object) -> TlsVersions:
    """One version for both ends, or ``{min, max}``."""
    if isinstance(value, str):
        only = one_of(value, TLS_VERSIONS, "TLS version")
        return TlsVersions(only, only)
    given = object_from_json(value)
    # Go's empty string stands for "not limited".
    oldest, newest = (
        one_of(given[end], TLS_VERSIONS, "TLS version") if given.get(end) else None for end in ("min", "max")
    )
    return TlsVersions(oldest, newest)


def tls_auth_from_json(value: object) -> tuple[TlsAuth, ...]:
    """A list of ``{cert, key, domains, password}``."""
    return tuple(_tls_auth(object_from_json(item)) for item in list_from_json(value))


def hosts_from_json(value: object) -> dict[str, str]:
    """Host name (pattern) to an IP address with or without a port."""
    hosts = string_map_from_json(value)
    for name, address in hosts.items():
        if not _HOST_PATTERN.fullmatch(name.partition(":")[0]):
            raise ValueError(f"invalid host name pattern '{name}'")
        if not _is_ip_with_port(address):
            raise ValueError(f"invalid IP address '{address}' for host '{name}'")
    return hosts


def host_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """Host names; a ``*`` may stand at the beginning of each."""
    for pattern in patterns:
        if not _HOST_PATTERN.fullmatch(pattern):
            raise ValueError(f"invalid hostname pattern '{pattern}'")
    return tuple(patterns)


def cidrs(ranges: Sequence[str]) -> tuple[str, ...]:
    """IP ranges such as ``10.0.0.0/8``."""
    for item in ranges:
        try:
            ipaddress.ip_network(item, strict=False)
        except ValueError:
            raise ValueError(f"invalid CIDR address: {item}") from None
    return tuple(ranges)


def local_ips_from_text(text: str) -> tuple[str, ...]:
    """IP addresses, ``first-last`` ranges and CIDR blocks between commas."""
    items = strings_from_text(text)
    for item in items:
        try:
            if "/" in item:
                ipaddress.ip_network(item, strict=False)
            else:
                for end in item.split("-", 1):
                    ipaddress.ip_address(end)
        except ValueError:
            raise ValueError(f"invalid IP address or range '{item}'") from None
    return items


def _dns_ttl(value: object) -> float:
    ttl_s = math.inf if value == "inf" else duration_from_json(value)
    if ttl_s < 0:
        raise ValueError(f"invalid DNS ttl {describe(value)}, it can't be negative")
    return ttl_s


def _tls_auth(given: Mapping[str, object]) -> TlsAuth:
    if given.get("cert") is None or given.get("key") is None:
        raise ValueError("a client certificate needs both cert and key")
    return TlsAuth(
        cert=string_from_json(given["cert"]),
        key=string_from_json(given["key"]),
        domains=strings_from_json(given.get("domains") or ()),
        password=string_from_json(given.get("password") or ""),
    )


def _is_ip_with_port(address: str) -> bool:
    host, colon, port = address.rpartition(":")
    is_bare = not colon or (address.count(":") > 1 and (not address.startswith("[") or address.endswith("]")))
    bare = address if is_bare else host
    if bare != address and not (port.isdecimal() and int(port) < 65536):
        return False
    try:
        ipaddress.ip_address(bare.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
