"""Kinds: option values from JSON, from text, from flags."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.values import DnsOptions, Stage, TlsAuth, TlsVersions

NOTHING = Stage(0.0, 0, frozenset({"duration", "target"}))


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (kinds.INTEGER, 2, 2),
        (kinds.INTEGER, 2.0, 2),
        (kinds.INTEGER, "2", 2),
        (kinds.BOOLEAN, True, True),
        (kinds.INTEGER, "", None),
        (kinds.STRING, "", ""),
        (kinds.DURATION, 1500, 1.5),
        (kinds.DURATION, "1m", 60.0),
        (kinds.STRINGS, ["a", "b"], ("a", "b")),
        (kinds.STRINGS, [], ()),
        (kinds.TAGS, {"a": "b", "c": None}, {"a": "b", "c": ""}),
        (
            kinds.STAGES,
            [{"duration": "1s", "target": 2, "more": 1}, {}, None, {"target": "3"}],
            (Stage(1.0, 2), NOTHING, NOTHING, Stage(0.0, 3, frozenset({"duration"}))),
        ),
        (kinds.DNS, {}, DnsOptions()),
        (
            kinds.DNS,
            {"ttl": "1m", "select": "first", "policy": "onlyIPv6"},
            DnsOptions(60.0, "first", "onlyIPv6", ttl="1m"),
        ),
        (kinds.DNS, {"ttl": "inf"}, DnsOptions(math.inf, ttl="inf")),
        (kinds.DNS, {"ttl": "0", "select": None}, DnsOptions(0.0, ttl="0")),
        (kinds.DNS, {"ttl": ""}, DnsOptions(ttl="")),
        (kinds.TLS_VERSION, "tls1.3", TlsVersions("tls1.3", "tls1.3")),
        (kinds.TLS_VERSION, {"min": "tls1.1", "max": ""}, TlsVersions("tls1.1", None)),
        (kinds.TLS_AUTH, [{"cert": "c", "key": "k"}], (TlsAuth("c", "k"),)),
        (
            kinds.TLS_AUTH,
            [{"cert": "c", "key": "k", "domains": ["a.test"], "password": "p"}],
            (TlsAuth("c", "k", ("a.test",), "p"),),
        ),
        (kinds.THRESHOLDS, {"checks": ["rate>0.9"], "x{a:b}": []}, {"checks": ("rate>0.9",), "x{a:b}": ()}),
        (kinds.THRESHOLDS, {"checks": None, "x": [{}]}, {"checks": (), "x": ({"threshold": ""},)}),
        (
            kinds.THRESHOLDS,
            {"checks": [{"threshold": "rate>1", "abortOnFail": True, "delayAbortEval": "10s"}]},
            {"checks": ({"threshold": "rate>1", "abortOnFail": True, "delayAbortEval": "10s"},)},
        ),
        (kinds.HOSTS, {"A.test": "10.0.0.1"}, {"a.test": "10.0.0.1"}),
        (kinds.HOSTS, {"a.test:80": "10.0.0.1:8080"}, {"a.test:80": "10.0.0.1:8080"}),
        (kinds.HOSTS, {"*.test": "[::1]:80", "b": "::1"}, {"*.test": "[::1]:80", "b": "::1"}),
        (kinds.HOST_PATTERNS, ["*.example.test", "a-b.c", "*", ""], ("*.example.test", "a-b.c", "*", "")),
        (kinds.CIDRS, ["10.1.2.3/8", "::1/128"], ("10.0.0.0/8", "::1/128")),
        (
            kinds.LOCAL_IPS,
            "10.0.0.1-10.0.0.9,10.1.0.0/27,::1",
            ("10.0.0.1-10.0.0.9", "10.1.0.0/27", "::1"),
        ),
        (
            kinds.THRESHOLDS,
            {"a": None, "b": [None, {}, {"Threshold": "x", "ABORTONFAIL": False}]},
            {"a": (), "b": ({"threshold": ""}, {"threshold": ""}, {"threshold": "x", "abortOnFail": False})},
        ),
        (kinds.TAGS, {"a": "b", "c": None}, {"a": "b", "c": ""}),
        (kinds.TIME_UNIT, "h", "h"),
        (kinds.TIME_UNIT, "ms", "ms"),
        (kinds.TIME_UNIT, "fortnight", "fortnight"),
        (kinds.OBJECT, {"a": 1}, {"a": 1}),
        (kinds.SEGMENT, "50%", "0:1/2"),
        (kinds.SEGMENT_SEQUENCE, "0,0.25,1", "0,1/4,1"),
    ],
)
def test_a_script_value_is_read(kind: Kind, value: object, read: object) -> None:
    assert kind.from_json(value) == read


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (kinds.INTEGER, 1.5, "1.5 is not an integer"),
        (kinds.INTEGER, True, "true is not an integer"),
        (kinds.INTEGER, [], "[] is not an integer"),
        (kinds.INTEGER, math.inf, "is not an integer"),
        (kinds.INTEGER, 1e30, "is out of range"),
        (kinds.INTEGER, "1.5", 'strconv.ParseInt: parsing "1.5": invalid syntax'),
        (kinds.INTEGER, "9223372036854775808", "value out of range"),
        (kinds.BOOLEAN, 1, "1 is not a boolean"),
        (kinds.BOOLEAN, "true", '"true" is not a boolean'),
        (kinds.STRING, 1, "1 is not a string"),
        (kinds.DURATION, True, "'true' is not a valid duration value"),
        (kinds.DURATION, math.nan, "is not a valid duration value"),
        (kinds.DURATION, "1x", "unknown unit"),
        (kinds.STRINGS, "a", '"a" is not a list'),
        (kinds.STRINGS, [1], "1 is not a string"),
        (kinds.TAGS, {"a": 1}, "1 is not a string"),
        (kinds.TAGS, [], "[] is not an object"),
        (kinds.DNS, {"ttl": "-1s"}, "invalid DNS TTL: -1s"),
        (kinds.DNS, {"ttl": "soon"}, "invalid DNS TTL: soon"),
        (kinds.DNS, {"ttl": 1000}, "1000 is not a string"),
        (kinds.DNS, {"select": "last"}, "last does not belong to DNSSelect values"),
        (kinds.DNS, {"policy": "ipv4"}, "ipv4 does not belong to DNSPolicy values"),
        (kinds.TLS_VERSION, "tls9", "unknown TLS version 'tls9'"),
        (kinds.TLS_VERSION, {"min": "tls9"}, "unknown TLS version 'tls9'"),
        (kinds.TLS_VERSION, {"least": "tls1.2"}, 'json: unknown field "least"'),
        (kinds.TLS_AUTH, [{"cert": "c"}], "needs both cert and key"),
        (kinds.THRESHOLDS, {"checks": "rate>1"}, '"rate>1" is not a list'),
        (kinds.THRESHOLDS, {"checks": [{"threshold": 1}]}, "1 is not a string"),
        (
            kinds.THRESHOLDS,
            {"checks": [{"threshold": "a", "abortOnFail": "true"}]},
            '"true" is not a boolean',
        ),
        (kinds.THRESHOLDS, {"checks": [{"threshold": "a", "delayAbortEval": "x"}]}, "invalid duration"),
        (kinds.HOSTS, {"a.test": "b.test"}, "invalid IP address 'b.test' for host 'a.test'"),
        (kinds.HOSTS, {"a.test": "10.0.0.1:99999"}, "invalid IP address"),
        (kinds.HOSTS, {"a.*.test": "10.0.0.1"}, "invalid host pattern 'a.*.test'"),
        (kinds.HOST_PATTERNS, ["a.*"], "invalid hostname pattern 'a.*'"),
        (kinds.CIDRS, ["10.0.0/8"], "failed to parse CIDR '10.0.0/8': invalid CIDR address: 10.0.0/8"),
        (kinds.CIDRS, ["10.0.0.1"], "failed to parse CIDR '10.0.0.1': invalid CIDR address: 10.0.0.1"),
        (kinds.LOCAL_IPS, "10.0.0.1-x", "10.0.0.1-x is not a valid IP, IP range or CIDR"),
        (kinds.LOCAL_IPS, "10.0.0.0/99", "10.0.0.0/99 is not a valid IP, IP range or CIDR"),
        (kinds.LOCAL_IPS, "10.0.0.9-10.0.0.1", "negative IP range: 10.0.0.9-10.0.0.1"),
        (kinds.SEGMENT, "x", "'x' is not a valid percentage, decimal, fraction or interval value"),
        (kinds.OBJECT, "x" * 80, "... is not an object"),
    ],
)
def test_a_wrong_script_value_is_refused_with_the_reason(kind: Kind, value: object, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        kind.from_json(value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        (kinds.INTEGER, "-3", -3),
        (kinds.BOOLEAN, "true", True),
        (kinds.BOOLEAN, "false", False),
        (kinds.STRING, "a b", "a b"),
        (kinds.DURATION, "2s", 2.0),
        (kinds.STRINGS, "a, b", ("a", " b")),
        (kinds.STRINGS, "", ()),
        (kinds.TRIMMED_STRINGS, "a, b", ("a", "b")),
        (kinds.TAGS, "a:1,b:", {"a": "1", "b": ""}),
        (
            kinds.STAGES,
            "1s:5,2s,:3,",
            (
                Stage(1.0, 5),
                Stage(2.0, 0, frozenset({"target"})),
                Stage(0.0, 3, frozenset({"duration"})),
                NOTHING,
            ),
        ),
        (kinds.DNS, "ttl=5m,select=random", DnsOptions(300.0, "random", ttl="5m")),
        (kinds.THRESHOLDS, '{"checks": ["rate>0"]}', {"checks": ("rate>0",)}),
        (kinds.HOSTS, '{"a": "10.0.0.1"}', {"a": "10.0.0.1"}),
        (kinds.HOST_PATTERNS, "*.a,b", ("*.a", "b")),
        (kinds.CIDRS, "10.0.0.0/8", ("10.0.0.0/8",)),
    ],
)
def test_the_text_of_a_variable_is_read(kind: Kind, text: str, read: object) -> None:
    assert kind.from_text(text) == read


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (kinds.BOOLEAN, "1", "invalid input:1"),
        (kinds.TAGS, "a", 'invalid map item: "a"'),
        (kinds.TAGS, "a:1:2", 'invalid map item: "a:1:2"'),
        (kinds.TAGS, ":1", 'invalid map item: ":1"'),
        (kinds.STAGES, "x:1", 'time: invalid duration "x"'),
        (kinds.DNS, "tll=5m", "unknown DNS configuration field: tll"),
        (kinds.DNS, "ttl=5m, select=first", "unknown DNS configuration field:  select"),
        (kinds.DNS, "ttl", "no value for key ttl"),
        (kinds.HOSTS, "a=1", '"a=1" is not JSON'),
    ],
)
def test_the_wrong_text_of_a_variable_is_refused(kind: Kind, text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        kind.from_text(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("kind", "texts", "read"),
    [
        (kinds.INTEGER, ["1", "2"], 2),
        (kinds.INTEGER, ["0x10"], 16),
        (kinds.INTEGER, ["-010"], -8),
        (kinds.INTEGER, ["1_000"], 1000),
        (kinds.INTEGER, ["0"], 0),
        (kinds.BOOLEAN, ["T"], True),
        (kinds.DURATION, ["0"], 0.0),
        (kinds.TAGS, ["a=1", "", "b=x=y", "a=2"], {"a": "2", "b": "x=y"}),
        (kinds.TIME_UNIT, ["ms", ""], ""),
        (kinds.CIDRS, ["10.0.0.0/8,::/0", "11.0.0.0/8"], ("10.0.0.0/8", "::/0", "11.0.0.0/8")),
        (kinds.STRINGS, ["a,b", "c"], ("a", "b", "c")),
        (kinds.STAGES, ["1s:1", "2s:2"], (Stage(1.0, 1), Stage(2.0, 2))),
        (kinds.HOST_PATTERNS, ["a", "*.b"], ("a", "*.b")),
    ],
)
def test_repeated_flags_are_joined_or_the_last_one_counts(kind: Kind, texts: list[str], read: Any) -> None:
    assert kind.read_flags(texts) == read


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (kinds.INTEGER, "08", 'strconv.ParseInt: parsing "08": invalid syntax'),
        (kinds.INTEGER, " 1", 'strconv.ParseInt: parsing " 1": invalid syntax'),
        (kinds.INTEGER, "0xffffffffffffffff", 'parsing "0xffffffffffffffff": value out of range'),
        (kinds.BOOLEAN, "yes", 'strconv.ParseBool: parsing "yes": invalid syntax'),
        (kinds.DURATION, "1000", 'time: missing unit in duration "1000"'),
        (kinds.DURATION, "1d", 'time: unknown unit "d" in duration "1d"'),
        (kinds.TAGS, "a", "error parsing tag 'a': invalid tag, empty value"),
        (kinds.TAGS, "a=", "error parsing tag 'a=': invalid tag, empty value"),
        (kinds.TAGS, "=a", "error parsing tag '=a': invalid tag, empty name"),
        (kinds.STAGES, "1s:1,1s:x", 'error for stage 1: strconv.ParseInt: parsing "x": invalid syntax'),
        (kinds.STAGES, ":1", "stage 0 doesn't have a specified duration"),
        (kinds.CIDRS, "x", "error parsing blacklist-ip 'x': invalid CIDR address: x"),
        (kinds.TIME_UNIT, "h", "invalid summary time unit 'h', use 's', 'ms' or 'us'"),
    ],
)
def test_the_wrong_text_of_a_flag_is_refused(kind: Kind, text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        kind.read_flags([text])
    assert reason in str(caught.value)


def test_secrets_of_client_certificates_are_not_shown() -> None:
    assert "hunter2" not in repr(TlsAuth("cert", "hunter2 key", password="hunter2"))
