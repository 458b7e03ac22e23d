"""Readers of the options about names, addresses and TLS.

Owns their forms in scripts and on the command line; refuses to act on them (``runner.net`` does).
Every reader raises ``ValueError`` with a finished text (see ``readers``).
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping, Sequence

from runner.options.durations import parse_duration
from runner.options.readers import (
    Uncoded,
    WrongType,
    list_from_json,
    object_from_json,
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
    given = {name: text for name, text in object_from_json(value).items() if text is not None}
    ttl, select, policy = (
        string_from_json(given[name]) if name in given else None for name in ("ttl", "select", "policy")
    )
    if select is not None and select not in DNS_SELECTS:
        raise ValueError(f"{select} does not belong to DNSSelect values")
    if policy is not None and policy not in DNS_POLICIES:
        raise ValueError(f"{policy} does not belong to DNSPolicy values")
    return DnsOptions(ttl_s=_dns_ttl(ttl) if ttl else None, select=select, policy=policy, ttl=ttl)


def dns_from_text(text: str) -> DnsOptions:
    """``ttl=5m,select=random,policy=preferIPv4``."""
    settings = {}
    for item in strings_from_text(text):
        name, _, value = item.partition("=")
        if not value:
            raise ValueError(f"no value for key {item}")
        if name not in ("ttl", "select", "policy"):
            raise ValueError(f"unknown DNS configuration field: {name}")
        settings[name] = value
    return dns_from_json(settings)


def tls_versions_from_json(value: object) -> TlsVersions:
    """One version for both ends, or ``{min, max}``."""
    if isinstance(value, str):
        return TlsVersions(_tls_version(value), _tls_version(value))
    given = object_from_json(value)
    for name in given:
        if name not in ("min", "max"):
            raise ValueError(f'json: unknown field "{name}"')
    # Go's empty string stands for "not limited".
    oldest, newest = (_tls_version(given[end]) if given.get(end) else None for end in ("min", "max"))
    return TlsVersions(oldest, newest)


def tls_auth_from_json(value: object) -> tuple[TlsAuth, ...]:
    """A list of ``{cert, key, domains, password}``."""
    return tuple(_tls_auth(object_from_json(item)) for item in list_from_json(value))


def hosts_from_json(value: object) -> dict[str, str]:
    """Host name (pattern) to an IP address with or without a port."""
    hosts = string_map_from_json(value)
    for name, address in hosts.items():
        if not _HOST_PATTERN.fullmatch(name.partition(":")[0]):
            raise ValueError(f"invalid host pattern '{name}'")
        if not _is_ip_with_port(address):
            raise WrongType(f"invalid IP address '{address}' for host '{name}'")
    return {name.lower(): address for name, address in hosts.items()}


def host_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """Host names; a ``*`` may stand at the beginning of each, and "" matches nothing."""
    for pattern in patterns:
        if pattern and not _HOST_PATTERN.fullmatch(pattern):
            raise ValueError(f"invalid hostname pattern '{pattern}'")
    return tuple(patterns)


def cidrs(ranges: Sequence[str]) -> tuple[str, ...]:
    """IP ranges such as ``10.0.0.0/8``."""
    return tuple(_cidr(item, f"failed to parse CIDR '{item}'") for item in ranges)


def cidrs_from_flags(texts: Sequence[str]) -> tuple[str, ...]:
    """The same between commas, from one flag or more."""
    items = [item for text in texts for item in strings_from_text(text)]
    return tuple(_cidr(item, f"error parsing blacklist-ip '{item}'") for item in items)


def local_ips_from_text(text: str) -> tuple[str, ...]:
    """IP addresses, ``first-last`` ranges and CIDR blocks between commas."""
    items = strings_from_text(text)
    for item in items:
        try:
            if "/" in item:
                ipaddress.ip_network(item, strict=False)
                continue
            first, *last = (ipaddress.ip_address(end) for end in item.split("-", 1))
        except ValueError:
            raise ValueError(f"{item} is not a valid IP, IP range or CIDR") from None
        if last and int(last[0]) < int(first):
            raise ValueError(f"negative IP range: {item}")
    return items


def _dns_ttl(text: str) -> float:
    try:
        ttl_s = math.inf if text == "inf" else parse_duration(text)
    except ValueError:
        ttl_s = -1.0
    if ttl_s < 0:
        raise Uncoded(f"invalid DNS TTL: {text}")
    return ttl_s


def _tls_version(value: object) -> str:
    version = string_from_json(value)
    if version not in TLS_VERSIONS:
        raise ValueError(f"unknown TLS version '{version}'")
    return version


def _cidr(text: str, complaint: str) -> str:
    try:
        if "/" in text:
            return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        pass
    raise ValueError(f"{complaint}: invalid CIDR address: {text}")


def _tls_auth(given: Mapping[str, object]) -> TlsAuth:
    if given.get("cert") is None or given.get("key") is None:
        raise WrongType("a client certificate needs both cert and key")
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
