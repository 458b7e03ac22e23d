"""Kinds: option values from JSON, from text, from flags."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner.errors import UsageError
from runner.options import kinds
from runner.options.kinds import Kind
from runner.options.values import DnsOptions, Stage, TlsAuth, TlsVersions


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (kinds.INTEGER, 2, 2),
        (kinds.INTEGER, 2.0, 2),
        (kinds.INTEGER, "2", 2),
        (kinds.BOOLEAN, True, True),
        (kinds.BOOLEAN, "false", False),
        (kinds.STRING, "", ""),
        (kinds.DURATION, 1500, 1.5),
        (kinds.DURATION, "1m", 60.0),
        (kinds.STRINGS, ["a", "b"], ("a", "b")),
        (kinds.STRINGS, [], ()),
        (kinds.TAGS, {"a": "b"}, {"a": "b"}),
        (kinds.STAGES, [{"duration": "1s", "target": 2}, {}], (Stage(1.0, 2), Stage(0.0, 0))),
        (kinds.DNS, {}, DnsOptions()),
        (
            kinds.DNS,
            {"ttl": "1m", "select": "first", "policy": "onlyIPv6"},
            DnsOptions(60.0, "first", "onlyIPv6"),
        ),
        (kinds.DNS, {"ttl": "inf"}, DnsOptions(math.inf)),
        (kinds.DNS, {"ttl": "0", "select": None}, DnsOptions(0.0)),
        (kinds.TLS_VERSION, "tls1.3", TlsVersions("tls1.3", "tls1.3")),
        (kinds.TLS_VERSION, {"min": "tls1.1", "max": ""}, TlsVersions("tls1.1", None)),
        (kinds.TLS_AUTH, [{"cert": "c", "key": "k"}], (TlsAuth("c", "k"),)),
        (
            kinds.TLS_AUTH,
            [{"cert": "c", "key": "k", "domains": ["a.test"], "password": "p"}],
            (TlsAuth("c", "k", ("a.test",), "p"),),
        ),
        (kinds.THRESHOLDS, {"checks": ["rate>0.9"], "x{a:b}": []}, {"checks": ("rate>0.9",), "x{a:b}": ()}),
        (
            kinds.THRESHOLDS,
            {"checks": [{"threshold": "rate>1", "abortOnFail": True, "delayAbortEval": "10s"}]},
            {"checks": ({"threshold": "rate>1", "abortOnFail": True, "delayAbortEval": "10s"},)},
        ),
        (kinds.HOSTS, {"a.test": "10.0.0.1"}, {"a.test": "10.0.0.1"}),
        (kinds.HOSTS, {"a.test:80": "10.0.0.1:8080"}, {"a.test:80": "10.0.0.1:8080"}),
        (kinds.HOSTS, {"*.test": "[::1]:80", "b": "::1"}, {"*.test": "[::1]:80", "b": "::1"}),
        (kinds.HOST_PATTERNS, ["*.example.test", "a-b.c", "*"], ("*.example.test", "a-b.c", "*")),
        (kinds.CIDRS, ["10.0.0.0/8", "::1/128"], ("10.0.0.0/8", "::1/128")),
        (
            kinds.LOCAL_IPS,
            "10.0.0.1-10.0.0.9, 10.1.0.0/27,::1",
            ("10.0.0.1-10.0.0.9", "10.1.0.0/27", "::1"),
        ),
        (
            kinds.THRESHOLDS,
            {"a": None, "b": [None, {}, {"Threshold": "x", "ABORTONFAIL": False}]},
            {"a": (), "b": ({"threshold": ""}, {"threshold": ""}, {"threshold": "x", "abortOnFail": False})},
        ),
        (kinds.TAGS, {"a": "b", "c": None}, {"a": "b", "c": ""}),
        (kinds.TIME_UNIT, "h", "h"),
        (kinds.OBJECT, {"a": 1}, {"a": 1}),
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
        (kinds.BOOLEAN, "yes", 'strconv.ParseBool: parsing "yes": invalid syntax'),
        (kinds.STRING, 1, "1 is not a string"),
        (kinds.DURATION, True, "true is not a duration"),
        (kinds.DURATION, math.nan, "is not a duration"),
        (kinds.DURATION, "1x", "unknown unit"),
        (kinds.STRINGS, "a", '"a" is not a list'),
        (kinds.STRINGS, [1], "1 is not a string"),
        (kinds.TAGS, {"a": 1}, "1 is not a string"),
        (kinds.TAGS, [], "[] is not an object"),
        (kinds.DNS, {"ttl": "-1s"}, "it can't be negative"),
        (kinds.DNS, {"select": "last"}, 'invalid DNS select "last", use one of first, random, roundRobin'),
        (kinds.DNS, {"policy": "ipv4"}, 'invalid DNS policy "ipv4"'),
        (kinds.TLS_VERSION, "tls9", 'invalid TLS version "tls9"'),
        (kinds.TLS_VERSION, {"min": "tls9"}, 'invalid TLS version "tls9"'),
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
        (kinds.HOSTS, {"a.*.test": "10.0.0.1"}, "invalid host name pattern 'a.*.test'"),
        (kinds.HOST_PATTERNS, ["a.*"], "invalid hostname pattern 'a.*'"),
        (kinds.CIDRS, ["10.0.0"], "invalid CIDR address: 10.0.0"),
        (kinds.LOCAL_IPS, "10.0.0.1-x", "invalid IP address or range '10.0.0.1-x'"),
        (kinds.LOCAL_IPS, "10.0.0.0/99", "invalid IP address or range '10.0.0.0/99'"),
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
        (kinds.BOOLEAN, "T", True),
        (kinds.BOOLEAN, "0", False),
        (kinds.STRING, "a b", "a b"),
        (kinds.DURATION, "2s", 2.0),
        (kinds.STRINGS, "a, b", ("a", " b")),
        (kinds.STRINGS, "", ()),
        (kinds.TAGS, "a:1,b:", {"a": "1", "b": ""}),
        (kinds.TIME_UNIT, "h", "h"),
        (kinds.STAGES, "1s:5,2s:0", (Stage(1.0, 5), Stage(2.0, 0))),
        (kinds.DNS, "ttl=5m,select=random", DnsOptions(300.0, "random")),
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
        (kinds.TAGS, "a", "invalid tag 'a', the form is name:value"),
        (kinds.TAGS, "a:b:c", "invalid tag 'a:b:c', the form is name:value"),
        (kinds.TAGS, ":b", "invalid tag ':b', the form is name:value"),
        (kinds.STAGES, "1s", "invalid stage '1s', the form is name:value"),
        (kinds.DNS, "tll=5m", 'invalid DNS setting "tll", use one of ttl, select, policy'),
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
        (kinds.TAGS, ["a=1", "", "b=x=y", "a=2"], {"a": "2", "b": "x=y"}),
        (kinds.TIME_UNIT, ["ms", ""], ""),
        (kinds.STRINGS, ["a,b", "c"], ("a", "b", "c")),
        (kinds.STAGES, ["1s:1", "2s:2"], (Stage(1.0, 1), Stage(2.0, 2))),
        (kinds.HOST_PATTERNS, ["a", "*.b"], ("a", "*.b")),
    ],
)
def test_repeated_flags_are_joined_or_the_last_one_counts(kind: Kind, texts: list[str], read: Any) -> None:
    assert kind.read_flags(texts) == read


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (kinds.TAGS, "a", "error parsing tag 'a': invalid tag, empty value"),
        (kinds.TAGS, "a=", "error parsing tag 'a=': invalid tag, empty value"),
        (kinds.TAGS, "=b", "error parsing tag '=b': invalid tag, empty name"),
        (kinds.TIME_UNIT, "S", "invalid summary time unit 'S', use 's', 'ms' or 'us'"),
    ],
)
def test_the_wrong_text_of_a_flag_is_refused_in_the_words_of_k6(kind: Kind, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind.read_flags([text])
    assert caught.value.message == message


def test_secrets_of_client_certificates_are_not_shown() -> None:
    assert "hunter2" not in repr(TlsAuth("cert", "hunter2 key", password="hunter2"))
