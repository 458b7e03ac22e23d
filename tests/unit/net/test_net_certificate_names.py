"""Which server names a certificate is for."""

from __future__ import annotations

import pytest

from runner.errors import TransportError
from runner.net.certificate_names import check_server_name, matches


@pytest.mark.parametrize(
    ("pattern", "name", "is_match"),
    [
        ("a.test", "a.test", True),
        ("A.test", "a.TEST", True),
        ("a.test", "a.test.", True),
        ("*.a.test", "b.a.test", True),
        ("*.a.test", "c.b.a.test", False),
        ("*.a.test", "a.test", False),
        ("*.a.test", ".a.test", False),
        ("*.test", "a.test", False),
        ("*", "a", False),
        ("*.*.test", "a.b.test", False),
        ("b*.a.test", "bc.a.test", False),
        ("a.*.test", "a.*.test", False),
        ("", "", False),
        ("a.test", "b.test", False),
    ],
)
def test_names_match_as_rfc_6125_says(pattern: str, name: str, is_match: bool) -> None:
    assert matches(pattern, name) == is_match


CERTIFICATE = {"subjectAltName": (("DNS", "a.test"), ("DNS", "*.b.test"), ("IP Address", "10.0.0.1"))}
SIX = {"subjectAltName": (("IP Address", "0:0:0:0:0:0:0:1"), ("email", "x@a.test"))}


@pytest.mark.parametrize(
    ("certificate", "name"),
    [(CERTIFICATE, "a.test"), (CERTIFICATE, "x.b.test"), (CERTIFICATE, "10.0.0.1"), (SIX, "::1")],
)
def test_certificate_of_the_right_server(certificate: dict, name: str) -> None:
    check_server_name(certificate, name)


@pytest.mark.parametrize(
    ("certificate", "name", "text"),
    [
        (CERTIFICATE, "c.test", "certificate is valid for a.test, *.b.test, not c.test"),
        (CERTIFICATE, "10.0.0.2", "certificate is valid for 10.0.0.1, not 10.0.0.2"),
        (SIX, "::2", "certificate is valid for ::1, not ::2"),
        (SIX, "a.test", "certificate is not valid for any names, but wanted to match a.test"),
        ({}, "10.0.0.1", "cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs"),
        (
            {"subject": ((("commonName", "a.test"),),)},
            "a.test",
            "certificate is not valid for any names, but wanted to match a.test",
        ),
    ],
)
def test_certificate_of_another_server_is_refused_in_gos_words(
    certificate: dict, name: str, text: str
) -> None:
    with pytest.raises(TransportError) as caught:
        check_server_name(certificate, name)
    assert caught.value.code == 1311
    assert caught.value.message == f"tls: failed to verify certificate: x509: {text}"
