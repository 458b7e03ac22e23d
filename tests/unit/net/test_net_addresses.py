"""host:port texts and the options hosts, blockHostnames, blacklistIPs, localIPs."""

from __future__ import annotations

import pytest

from runner.errors import OptionsError, TransportError
from runner.net import addresses
from runner.net.addresses import BlacklistedIps, BlockedHostnames, Hosts, LocalIps, NamePatterns


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [("127.0.0.1", 80, "127.0.0.1:80"), ("::1", 80, "[::1]:80"), ("a.b", 1, "a.b:1")],
)
def test_join_puts_ipv6_in_brackets(host: str, port: int, text: str) -> None:
    assert addresses.join(host, port) == text
    assert addresses.split(text) == (host, port)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b", ("a.b", None)),
        ("::1", ("::1", None)),
        ("[::1]", ("::1", None)),
        ("", ("", None)),
        (":8", ("", 8)),
    ],
)
def test_split_without_a_port(text: str, parts: tuple[str, int | None]) -> None:
    assert addresses.split(text) == parts


@pytest.mark.parametrize(
    "text", ["a:", "a:x", "a:70000", "a:-1", "a:+1", "[::1", "[::1]x", "[::1]:", "a:1_0"]
)
def test_split_refuses_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        addresses.split(text)


@pytest.mark.parametrize(
    ("text", "is_ip"),
    [("1.2.3.4", True), ("::1", True), ("[::1]", True), ("a", False), ("1.2.3", False), ("", False)],
)
def test_parse_ip_tells_addresses_from_names(text: str, is_ip: bool) -> None:
    assert (addresses.parse_ip(text) is not None) == is_ip


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("example.test", "example.test"),
        ("EXAMPLE.test", "example.test"),
        ("a.example.test", "*.example.test"),
        ("b.a.example.test", "*.a.example.test"),
        ("xa.example.test", "*.example.test"),
        ("other.test", None),
        ("badexample.test", None),
        ("", None),
    ],
)
def test_the_most_precise_pattern_matches(name: str, pattern: str | None) -> None:
    patterns = NamePatterns("x", ["*.example.test", "example.test", "*.a.example.test"])
    assert patterns.match(name) == pattern


def test_a_lone_asterisk_matches_every_name_but_comes_last() -> None:
    patterns = NamePatterns("x", ["*", "*.test"])
    assert patterns.match("a.test") == "*.test"
    assert patterns.match("a.example") == "*"
    assert patterns.match("") == "*"


@pytest.mark.parametrize("pattern", ["a.*.b", "a*", "**", ""])
def test_patterns_with_an_asterisk_elsewhere_are_refused(pattern: str) -> None:
    with pytest.raises(OptionsError, match="blockHostnames"):
        BlockedHostnames([pattern])


@pytest.mark.parametrize(
    ("host", "port", "target"),
    [
        ("plain.test", 80, ("10.0.0.1", 80)),
        ("plain.test", 443, ("10.0.0.3", 8443)),
        ("PLAIN.test", 81, ("10.0.0.1", 81)),
        ("moved.test", 80, ("10.0.0.2", 8080)),
        ("x.wild.test", 80, ("::1", 80)),
        ("six.test", 80, ("::1", 8080)),
        ("wild.test", 80, ("wild.test", 80)),
        ("1.2.3.4", 80, ("1.2.3.4", 80)),
    ],
)
def test_hosts_lead_elsewhere(host: str, port: int, target: tuple[str, int]) -> None:
    hosts = Hosts(
        {
            "plain.test": "10.0.0.1",
            "plain.test:443": "10.0.0.3:8443",
            "moved.test": "10.0.0.2:8080",
            "*.wild.test": "::1",
            "six.test": "[::1]:8080",
        }
    )
    assert hosts.map(host, port) == target


@pytest.mark.parametrize("target", ["name.test", "1.2.3.4:x", "1.2.3.4:99999", "", "[::1", "name:80"])
def test_hosts_must_lead_to_addresses(target: str) -> None:
    with pytest.raises(OptionsError, match=r"hosts: 'a\.test'"):
        Hosts({"a.test": target})


def test_blocked_hostname_names_its_pattern_as_k6_does() -> None:
    blocked = BlockedHostnames(["*.Example.test"])
    blocked.check("example.test")
    with pytest.raises(TransportError) as caught:
        blocked.check("Blocked.example.test")
    assert caught.value.code == 1111
    assert caught.value.message == "hostname (Blocked.example.test) is in a blocked pattern (*.Example.test)"


@pytest.mark.parametrize(
    ("ranges", "ip", "network"),
    [
        (["10.0.0.0/8"], "10.0.0.1", "10.0.0.0/8"),
        (["10.1.2.3/8"], "10.0.0.1", "10.0.0.0/8"),
        (["1.1.1.1", "10.0.0.1"], "10.0.0.1", "10.0.0.1/32"),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", "10.0.0.0/8"),
        (["fe80::/10"], "fe80::1", "fe80::/10"),
    ],
)
def test_blacklisted_ip_names_its_range_as_k6_does(ranges: list[str], ip: str, network: str) -> None:
    with pytest.raises(TransportError) as caught:
        BlacklistedIps(ranges).check(ip)
    assert caught.value.code == 1110
    assert caught.value.message == f"IP ({ip}) is in a blacklisted range ({network})"


def test_other_ips_are_not_blacklisted() -> None:
    BlacklistedIps([]).check("10.0.0.1")
    BlacklistedIps(["10.0.0.0/8", "fe80::/10"]).check("11.0.0.1")


@pytest.mark.parametrize("text", ["x", "10.0.0.0/33", "10.0.0", ""])
def test_blacklist_wants_ranges(text: str) -> None:
    with pytest.raises(OptionsError, match="blacklistIPs"):
        BlacklistedIps([text])


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (
            ["192.168.20.12-192.168.20.14"],
            ["192.168.20.12", "192.168.20.13", "192.168.20.14", "192.168.20.12"],
        ),
        (["10.0.0.0/30"], ["10.0.0.1", "10.0.0.2", "10.0.0.1"]),
        (["10.0.0.4/31"], ["10.0.0.4", "10.0.0.5", "10.0.0.4"]),
        (["10.0.0.9/32"], ["10.0.0.9", "10.0.0.9"]),
        (["10.0.0.9"], ["10.0.0.9", "10.0.0.9"]),
        (["10.0.0.9,10.0.1.1 - 10.0.1.2"], ["10.0.0.9", "10.0.1.1", "10.0.1.2", "10.0.0.9"]),
        (["fd00::/127"], ["fd00::", "fd00::1", "fd00::"]),
    ],
)
def test_vus_take_local_ips_in_turn(ranges: list[str], expected: list[str]) -> None:
    pool = LocalIps(ranges)
    assert [str(pool.for_vu(vu_id)) for vu_id in range(1, len(expected) + 1)] == expected


def test_huge_local_range_costs_nothing() -> None:
    assert str(LocalIps(["10.0.0.0/8"]).for_vu(70_000)) == "10.1.17.112"


def test_without_local_ips_the_system_chooses() -> None:
    assert LocalIps([]).for_vu(1) is None
    assert LocalIps([""]).for_vu(1) is None


@pytest.mark.parametrize("text", ["x", "10.0.0.2-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/99", "10.0.0.1-x"])
def test_local_ips_want_ranges(text: str) -> None:
    with pytest.raises(OptionsError, match="localIPs"):
        LocalIps([text])
