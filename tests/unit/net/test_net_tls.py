"""TLS options: what is refused, what a context is made of."""

from __future__ import annotations

import ssl

import pytest
from cryptography.hazmat.primitives import serialization

from runner.errors import OptionsError
from runner.net.cipher_suites import OPENSSL_NAMES, TLS13_NAMES, iana_name
from runner.net.options import NetworkOptions, TlsAuth
from runner.net.tls import TlsContexts
from runner.net.tls_errors import tls_error
from tests.kit import certificates


def client_pem(name: str, password: str = "") -> tuple[str, str]:
    leaf = certificates.AUTHORITY.issue_cert(name)
    key_pem = leaf.private_key_pem.bytes()
    if password:
        key = serialization.load_pem_private_key(key_pem, None)
        key_pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode()),
        )
    return leaf.cert_chain_pems[0].bytes().decode(), key_pem.decode()


def test_contexts_verify_by_default_and_are_shared() -> None:
    contexts = TlsContexts(NetworkOptions())
    context = contexts.context_for("a.test")
    assert contexts.verifies
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert contexts.context_for("b.test") is context
    assert contexts.context_for("a.test", ["h2"]) is not context


def test_insecure_skip_tls_verify_trusts_everybody() -> None:
    contexts = TlsContexts(NetworkOptions(insecure_skip_tls_verify=True))
    assert not contexts.verifies
    assert contexts.context_for("a.test").verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("tls1.0", "tls1.1", ("TLSv1", "TLSv1_1")),
        ("tls1.3", None, ("TLSv1_3", "TLSv1_3")),
        (None, "tls1.2", ("TLSv1_2", "TLSv1_2")),
        (None, "tls1.0", ("TLSv1", "TLSv1")),
    ],
)
def test_versions_are_taken_from_the_options(
    low: str | None, high: str | None, expected: tuple[str, str]
) -> None:
    context = TlsContexts(NetworkOptions(tls_min_version=low, tls_max_version=high)).context_for("a.test")
    assert (context.minimum_version.name, context.maximum_version.name) == expected


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"tls_min_version": "ssl3.0"}, "'ssl3.0' is none of tls1.0, tls1.1, tls1.2, tls1.3"),
        ({"tls_max_version": "1.2"}, "tlsVersion.max"),
        ({"tls_min_version": "tls1.3", "tls_max_version": "tls1.2"}, "above max"),
        ({"tls_cipher_suites": ["TLS_NONE"]}, "'TLS_NONE' unknown; there are TLS_RSA"),
        ({"tls_cipher_suites": ["TLS_RSA_WITH_RC4_128_SHA"]}, "has none of TLS_RSA_WITH_RC4_128_SHA"),
    ],
)
def test_wrong_tls_options_say_what_there_is(options: dict, text: str) -> None:
    with pytest.raises(OptionsError) as caught:
        TlsContexts(NetworkOptions(**options))
    assert text in caught.value.message


def test_chosen_cipher_suites_are_the_only_old_ones() -> None:
    name = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    context = TlsContexts(NetworkOptions(tls_cipher_suites=[name, *TLS13_NAMES])).context_for("a.test")
    names = {cipher["name"] for cipher in context.get_ciphers() if not cipher["name"].startswith("TLS_")}
    assert names == {"ECDHE-RSA-AES128-GCM-SHA256"}


def test_iana_names_come_back_for_every_suite() -> None:
    for openssl_name in OPENSSL_NAMES.values():
        assert OPENSSL_NAMES[iana_name(openssl_name)] == openssl_name
    assert iana_name("ECDHE-RSA-CHACHA20-POLY1305") == "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    assert iana_name("TLS_AES_128_GCM_SHA256") == "TLS_AES_128_GCM_SHA256"


def test_client_certificates_are_for_their_domains() -> None:
    cert, key = client_pem("client.test")
    contexts = TlsContexts(
        NetworkOptions(tls_auth=[TlsAuth(cert, key, ["a.test", "*.b.test"]), TlsAuth(cert, key, ["c.test"])])
    )
    first, second, none = (contexts.context_for(name) for name in ("a.test", "c.test", "d.test"))
    assert len({id(first), id(second), id(none)}) == 3
    assert contexts.context_for("x.b.test") is first


def test_client_certificate_without_domains_is_for_all() -> None:
    cert, key = client_pem("client.test")
    contexts = TlsContexts(NetworkOptions(tls_auth=[TlsAuth(cert, key)]))
    assert contexts.context_for("a.test") is contexts.context_for("b.test")


def test_encrypted_key_is_opened_by_its_password() -> None:
    cert, key = client_pem("client.test", "s3cret")
    TlsContexts(NetworkOptions(tls_auth=[TlsAuth(cert, key, password="s3cret")]))


@pytest.mark.parametrize("password", ["", "wrong-pass"])
def test_key_that_cannot_be_opened_is_an_error_without_secrets(password: str) -> None:
    cert, key = client_pem("client.test", "s3cret")
    with pytest.raises(OptionsError, match=r"^tlsAuth\[0\]: ") as caught:
        TlsContexts(NetworkOptions(tls_auth=[TlsAuth(cert, key, password=password)]))
    assert "wrong-pass" not in caught.value.message
    assert "KEY" not in caught.value.message


@pytest.mark.parametrize(("cert", "key"), [("", ""), ("no pem", "no pem"), ("\x00", "ü")])
def test_text_that_is_no_pem_is_an_error(cert: str, key: str) -> None:
    with pytest.raises(OptionsError, match=r"^tlsAuth\[0\]: "):
        TlsContexts(NetworkOptions(tls_auth=[TlsAuth(cert, key)]))


def test_options_do_not_show_secrets_in_their_repr() -> None:
    options = NetworkOptions(
        tls_auth=[TlsAuth("cert", "the-key", password="s3cret")], environ={"HTTP_PROXY": "http://u:pass@h"}
    )
    assert "s3cret" not in repr(options)
    assert "the-key" not in repr(options)
    assert "pass@" not in repr(options)


def ssl_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "text of OpenSSL")
    error.reason = reason
    return error


def verification_error(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "text of OpenSSL")
    error.verify_code = code
    error.verify_message = message
    return error


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "remote error: tls: handshake failure"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "remote error: tls: bad certificate"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "remote error: tls: certificate required"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "remote error: tls: protocol version not supported"),
        ("TLSV1_ALERT_UNKNOWN_CA", "remote error: tls: unknown certificate authority"),
        ("TLSV1_UNRECOGNIZED_NAME", "remote error: tls: unrecognized name"),
        ("WRONG_VERSION_NUMBER", "tls: first record does not look like a TLS handshake"),
        ("DH_KEY_TOO_SMALL", "tls: dh key too small"),
        ("", "tls: unknown error"),
    ],
)
def test_openssl_errors_in_gos_words(reason: str, text: str) -> None:
    error = tls_error(ssl_error(reason))
    assert (error.message, error.code) == (text, 1301 if "first record" in text else 1300)


@pytest.mark.parametrize(
    ("code", "message", "text", "expected_code"),
    [
        (18, "self-signed certificate", "certificate signed by unknown authority", 1310),
        (20, "unable to get local issuer certificate", "certificate signed by unknown authority", 1310),
        (10, "certificate has expired", "certificate has expired or is not yet valid", 1300),
        (26, "unsuitable certificate purpose", "unsuitable certificate purpose", 1300),
    ],
)
def test_verification_errors_in_gos_words(code: int, message: str, text: str, expected_code: int) -> None:
    error = tls_error(verification_error(code, message))
    assert error.message == f"tls: failed to verify certificate: x509: {text}"
    assert error.code == expected_code
