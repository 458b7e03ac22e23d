"""Names, addresses and patterns: ``host:port`` texts and the options hosts, blockHostnames, blacklistIPs and
localIPs.

Owns parsing and matching.  Refuses to look names up (dns.py) and to connect (dial.py).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache

from runner.errors import OptionsError, TransportError
from runner.net.transport_errors import CODE_BLACKLISTED_IP, CODE_BLOCKED_HOSTNAME

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
PORT_MAX = 65535
# Every connection asks what its host is, and few tests have more of them.
IP_TEXTS_KEPT_MAX = 1024


def join(host: str, port: int) -> str:
    """``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split(text: str) -> tuple[str, int | None]:
    """Host and port, None for no port, of ``host``, ``host:port``, ``[ipv6]:port`` or ``ipv6``.

    Raises:
        ValueError: a port that is no number up to 65535, or brackets that do not close.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is no address")
        return host, _port(rest[1:]) if rest else None
    host, colon, port = text.rpartition(":")
    if not colon or ":" in host:
        return text, None
    return host, _port(port)


def parse_ip(text: str) -> IpAddress | None:
    """The address that the text is, with or without brackets; None for a name."""
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@lru_cache(IP_TEXTS_KEPT_MAX)
def ip_text(text: str) -> str | None:
    """The canonical text of the address that the text is; as parse_ip()."""
    ip = parse_ip(text)
    return None if ip is None else str(ip)


def _port(text: str) -> int:
    # int() takes signs, spaces and underscores as well.
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise ValueError(f"{text!r} is no port")
    return int(text)


class NamePatterns:
    """Names and ``*.pattern``; the most precise one wins: the name itself, then the longest pattern."""

    def __init__(self, option: str, patterns: Sequence[str]) -> None:
        self._patterns = {}
        for pattern in patterns:
            if "*" in pattern.removeprefix("*") or not pattern:
                message = f"{option}: {pattern!r}: an asterisk may only stand at the beginning"
                raise OptionsError(message if pattern else f"{option}: an empty name")
            self._patterns[pattern.lower()] = pattern

    def match(self, name: str) -> str | None:
        """The pattern, as the user wrote it, that covers the name."""
        if not self._patterns:
            return None
        name = name.lower()
        if name in self._patterns:
            return self._patterns[name]
        for start in range(len(name)):
            pattern = self._patterns.get("*" + name[start:])
            if pattern is not None:
                return pattern
        return self._patterns.get("*")


class Hosts:
    """The ``hosts`` option: where names lead instead of to their DNS addresses."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self._patterns = NamePatterns("hosts", list(hosts))
        self._targets = {pattern: self._target(pattern, target) for pattern, target in hosts.items()}

    def map(self, host: str, port: int) -> tuple[str, int]:
        """Where ``host:port`` leads; unchanged when no entry covers it.

        An entry with a port counts before one without.
        """
        if not self._targets:
            return host, port
        pattern = self._patterns.match(f"{host}:{port}") or self._patterns.match(host)
        if pattern is None:
            return host, port
        ip, new_port = self._targets[pattern]
        return ip, port if new_port is None else new_port

    @staticmethod
    def _target(pattern: str, target: str) -> tuple[str, int | None]:
        try:
            host, port = split(target)
        except ValueError as error:
            raise OptionsError(f"hosts: {pattern!r}: {error}") from None
        if parse_ip(host) is None:
            raise OptionsError(f"hosts: {pattern!r}: {target!r} is no IP address, with or without a port")
        return host, port


class BlockedHostnames:
    """The ``blockHostnames`` option."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = NamePatterns("blockHostnames", patterns)

    def check(self, hostname: str) -> None:
        """TransportError 1111 when the name from the URL must not be used."""
        pattern = self._patterns.match(hostname)
        if pattern is not None:
            message = f"hostname ({hostname}) is in a blocked pattern ({pattern})"
            raise TransportError(message, CODE_BLOCKED_HOSTNAME)


class BlacklistedIps:
    """The ``blacklistIPs`` option."""

    def __init__(self, ranges: Sequence[str]) -> None:
        self._networks = [self._network(text) for text in ranges]

    def check(self, ip: str) -> None:
        """TransportError 1110 when the address must not be connected to."""
        if not self._networks:
            return
        address = ipaddress.ip_address(ip)
        # ::ffff:10.0.0.1 leads to 10.0.0.1.
        plain = getattr(address, "ipv4_mapped", None) or address
        for network in self._networks:
            if plain in network:
                message = f"IP ({ip}) is in a blacklisted range ({network})"
                raise TransportError(message, CODE_BLACKLISTED_IP)

    @staticmethod
    def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        try:
            return ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise OptionsError(f"blacklistIPs: {text!r} is no IP address or CIDR range") from None


class LocalIps:
    """The ``localIPs`` option: the addresses that VUs connect from, in turn.

    Ranges are kept as first address and count, because ``10.0.0.0/8`` is a legal value.  Of a CIDR range the
    addresses of the network itself and of broadcast are left out, nobody can connect from them.
    """

    def __init__(self, ranges: Sequence[str]) -> None:
        texts = [text.strip() for item in ranges for text in item.split(",")]
        self._blocks = [self._block(text) for text in texts if text]
        self._count = sum(count for _, count in self._blocks)

    def for_vu(self, vu_id: int) -> IpAddress | None:
        """The address of a VU (counted from 1); None without the option."""
        if not self._count:
            return None
        index = (vu_id - 1) % self._count
        for first, count in self._blocks:
            if index < count:
                return first + index
            index -= count
        raise AssertionError("the counts of the blocks do not add up")

    @classmethod
    def _block(cls, text: str) -> tuple[IpAddress, int]:
        try:
            return cls._cidr_block(text) if "/" in text else cls._range_block(text)
        except (ValueError, TypeError):
            message = f"localIPs: {text!r} is no address, no range (a-b) and no CIDR range"
            raise OptionsError(message) from None

    @staticmethod
    def _cidr_block(text: str) -> tuple[IpAddress, int]:
        network = ipaddress.ip_network(text, strict=False)
        if network.num_addresses <= 2 or network.version == 6:
            return network.network_address, network.num_addresses
        return network.network_address + 1, network.num_addresses - 2

    @staticmethod
    def _range_block(text: str) -> tuple[IpAddress, int]:
        first_text, _, last_text = text.partition("-")
        first = ipaddress.ip_address(first_text.strip())
        last = ipaddress.ip_address(last_text.strip() or first_text.strip())
        if first.version != last.version or int(last) < int(first):
            raise ValueError("a range that ends before it begins")
        return first, int(last) - int(first) + 1
