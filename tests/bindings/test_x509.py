"""k6/crypto/x509; what k6 v2.2.0 shows of whole certificates is the conformance case modules/crypto-x509."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from jsbindings.api import Thrown
from jsbindings.x509.ops import X509Binding
from tests.kit.run_script import run_iteration_code

IMPORTS = """
  import x509, { parse, getSubject, getIssuer, getAltNames } from 'k6/crypto/x509';
  const pem = __ENV.PEM;
  const caught = (f) => { try { return f(); } catch (e) { return String(e); } };
"""


def value(expression: str, pem: str = "", native: bool = True) -> object:
    """What the expression gives, an exception as its text; `pem` is what the script knows under that name."""
    code = f"console.log(JSON.stringify(caught(() => {expression})));"
    result = run_iteration_code(code, imports=IMPORTS, native=native, env={"PEM": pem})
    assert result.messages == []
    found: object = json.loads(result.lines[0])
    return found


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey,
    algorithm: hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SHA3_256 | None,
    *,
    names: list[x509.GeneralName] | None = None,
    rsa_padding: padding.PSS | None = None,
) -> x509.Certificate:
    """A certificate that `key` signed for itself."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of("for"))
        .issuer_name(name_of("from"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(1999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2050, 1, 2, tzinfo=datetime.UTC))
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(key, algorithm, rsa_padding=rsa_padding)


def pem_of(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def pss(algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA3_256) -> padding.PSS:
    return padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_a_certificate_in_parts_and_as_a_whole(native: bool) -> None:
    names = [
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.DNSName("b.test"),
        x509.DNSName("a.test"),
    ]
    pem = pem_of(certificate(rsa_key(), hashes.SHA256(), names=names))
    expression = """(() => {
      const whole = parse(pem);
      return [getSubject(pem).commonName, getIssuer(pem).commonName, getAltNames(pem), whole.subject.commonName,
        whole.issuer.commonName, whole.altNames, whole.notBefore, whole.notAfter, whole.signatureAlgorithm,
        whole.publicKey.algorithm, String(whole.publicKey.key.n), whole.publicKey.key.e];
    })()"""
    alt_names = ["b.test", "a.test", "2001:db8::1"]
    assert value(expression, pem, native) == [
        "for",
        "from",
        alt_names,
        "for",
        "from",
        alt_names,
        "1999-12-31T23:59:59Z",
        "2050-01-02T00:00:00Z",
        "SHA256-RSA",
        "RSA",
        str(rsa_key().public_key().public_numbers().n),
        65537,
    ]


def test_the_fingerprint_is_that_of_sha1() -> None:
    made = certificate(ec_key(), hashes.SHA256())
    assert value("parse(pem).fingerPrint", pem_of(made)) == list(made.fingerprint(hashes.SHA1()))


def test_the_point_and_the_curve_of_a_key() -> None:
    key = ec_key().public_key().public_numbers()
    expression = """(() => {
      const { algorithm, key } = parse(pem).publicKey;
      return [algorithm, String(key.x), String(key.y), key.params(), key.curve.params()];
    })()"""
    curve = {"bit_size": 256, "name": "P-256"}
    found = value(expression, pem_of(certificate(ec_key(), hashes.SHA256())))
    assert found == ["ECDSA", str(key.x), str(key.y), curve, curve]


@pytest.mark.parametrize(
    ("algorithm", "of_ec", "of_rsa"),
    [
        (hashes.SHA224(), "UnknownSignatureAlgorithm", "UnknownSignatureAlgorithm"),
        (hashes.SHA384(), "ECDSA-SHA384", "SHA384-RSA"),
        (hashes.SHA512(), "ECDSA-SHA512", "SHA512-RSA"),
        (hashes.SHA3_256(), "UnknownSignatureAlgorithm", "UnknownSignatureAlgorithm"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_names_of_signature_algorithms(
    algorithm: hashes.SHA224 | hashes.SHA384 | hashes.SHA512 | hashes.SHA3_256, of_ec: str, of_rsa: str
) -> None:
    for key, expected in ((ec_key(), of_ec), (rsa_key(), of_rsa)):
        assert value("parse(pem).signatureAlgorithm", pem_of(certificate(key, algorithm))) == expected


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [(hashes.SHA256(), "SHA256-RSAPSS"), (hashes.SHA384(), "SHA384-RSAPSS"),
     (hashes.SHA3_256(), "UnknownSignatureAlgorithm")],
    ids=lambda value: getattr(value, "name", None),
)  # fmt: skip
def test_names_of_pss_signatures(
    algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA3_256, expected: str
) -> None:
    made = certificate(rsa_key(), algorithm, rsa_padding=pss(algorithm))
    assert value("parse(pem).signatureAlgorithm", pem_of(made)) == expected


def test_keys_that_k6_cannot_show_hide_no_names() -> None:
    pem = pem_of(certificate(ed448.Ed448PrivateKey.generate(), None))
    assert value("[caught(() => parse(pem)), getSubject(pem).commonName]", pem) == [
        "GoError: unsupported public key algorithm",
        "for",
    ]


def test_a_curve_that_go_lacks_refuses_the_certificate() -> None:
    pem = pem_of(certificate(ec.generate_private_key(ec.BrainpoolP256R1()), hashes.SHA256()))
    text = "GoError: failed to parse certificate: x509: unsupported elliptic curve"
    assert value("[parse, getSubject].map((f) => caught(() => f(pem)))", pem) == [text] * 2


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("undefined", "GoError: failed to decode certificate PEM file"),
        ("'no PEM'", "GoError: failed to decode certificate PEM file"),
        ("'-----BEGIN A-----\\n' + 'a: b\\n'.repeat(1e5)", "GoError: failed to decode certificate PEM file"),
        ("[1, 2]", "GoError: failed to decode certificate PEM file"),
        ("'-----BEGIN A-----\\nYQ==\\n-----END A-----'",
         "GoError: failed to parse certificate: x509: malformed certificate"),
        ("true", "TypeError: could not convert function call parameter 0: could not convert true to []uint8"),
        ("{}", "TypeError: could not convert function call parameter 0: cannot convert [object Object] to []uint8:"
               " not an array or iterable"),
    ],
)  # fmt: skip
def test_what_is_no_certificate(argument: str, expected: str) -> None:
    functions = "[parse, getSubject, getIssuer, getAltNames]"
    assert value(f"{functions}.map((f) => caught(() => f({argument})))") == [expected] * 4


@pytest.mark.parametrize(
    "argument",
    ["pem", "new Uint8Array(codes)", "new Uint8Array(codes).buffer", "codes"],
)
def test_pem_as_text_and_as_bytes(argument: str) -> None:
    pem = pem_of(certificate(ec_key(), hashes.SHA256()))
    expression = f"((codes) => getSubject({argument}).commonName)(pem.split('').map((c) => c.charCodeAt(0)))"
    assert value(expression, pem) == "for"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "c.notBefore = 'x'; c.subject.country = 'DE'; return [c.notBefore, c.subject.country];",
            ["x", "DE"],
        ),
        ("return caught(() => { c.more = 1; }).slice(0, 9);", "TypeError"),
        ("return caught(() => { delete c.subject; }).slice(0, 9);", "TypeError"),
        ("return caught(() => { c.issuer.more = 1; }).slice(0, 9);", "TypeError"),
    ],
)
def test_members_can_be_changed_but_not_added_or_deleted(code: str, expected: object) -> None:
    pem = pem_of(certificate(ec_key(), hashes.SHA256()))
    assert value(f"(() => {{ const c = parse(pem); {code} }})()", pem) == expected


@settings(deadline=None)
@given(at=st.integers(0), flip=st.integers(1, 255), length=st.integers(0))
def test_a_damaged_certificate_is_read_or_refused(at: int, flip: int, length: int) -> None:
    made = certificate(ec_key(), hashes.SHA256(), names=[x509.DNSName("a.test")])
    data = bytearray(made.public_bytes(serialization.Encoding.DER))
    data[at % len(data)] ^= flip
    whole = bytes(data[: len(data) - length % 3])
    binding = X509Binding(None, None)  # type: ignore[arg-type]
    try:
        found = binding.read(ssl.DER_cert_to_PEM_cert(whole).encode())
    except Thrown as error:
        assert error.message.startswith("failed to parse certificate: x509: ")
    else:
        assert json.dumps(found)
