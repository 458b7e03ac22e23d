"""crypto.subtle: known answers, agreement with the library beneath, keys in and out, and what is refused how."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from runner.errors import ExitCode
from tests.kit.evaluate import evaluate
from tests.kit.run_script import run_script

STAGE = """
const s = crypto.subtle;
const hex = (data) => Array.from(new Uint8Array(data), (b) => b.toString(16).padStart(2, '0')).join('');
const unhex = (text) => new Uint8Array((text.match(/../g) ?? []).map((digits) => parseInt(digits, 16)));
const bytes = (text) => new TextEncoder().encode(text);
const zeros = (size) => new Uint8Array(size);
const raw = (data, algorithm, ...usages) => s.importKey('raw', data, algorithm, true, usages);
const size = async (data) => (await data).byteLength;
const hexOf = async (data) => hex(await data);
"""


def values(*expressions: str, init: str = "", native: bool = True) -> list[Any]:
    """What the expressions come to; texts for what they throw."""
    return [_read(text) for text in evaluate(expressions, init=STAGE + init, native=native)]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def check(table: dict[str, Any], init: str = "") -> None:
    """Compare each expression's value with what the table says."""
    assert dict(zip(table, values(*table, init=init), strict=True)) == table


# ---- known answers


def test_digests(native: bool) -> None:
    names = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]
    expressions = [f"hexOf(s.digest('{name}', bytes('häh')))" for name in names]
    expected = [hashlib.new(name.replace("-", ""), "häh".encode()).hexdigest() for name in names]
    assert values(*expressions, native=native) == expected


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("new ArrayBuffer(0)", ""),
        ("bytes('xabcx').subarray(1, 4)", "abc"),
        ("new DataView(bytes('xabcx').buffer, 1, 3)", "abc"),
        ("new Uint16Array(bytes('abcd').buffer)", "abcd"),
    ],
)
def test_every_kind_of_buffer_is_read_as_it_is_seen(data: str, text: str) -> None:
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert values(f"hexOf(s.digest({{ name: 'sha-256' }}, {data}))") == [expected]


def test_bytes_are_read_when_the_method_is_called() -> None:
    code = """(async () => {
      const data = bytes('abc');
      const results = [s.digest('SHA-256', data), s.digest('SHA-256', data)];
      await results[0];
      results.push(s.digest('SHA-256', data));
      data.fill(0);
      return (await Promise.all(results)).map(hex);
    })()"""
    assert values(code) == [[hashlib.sha256(b"abc").hexdigest()] * 3]


def test_hmac_of_rfc_4231() -> None:
    # Test case 2.
    init = "const key = (hash) => raw(bytes('Jefe'), { name: 'HMAC', hash }, 'sign', 'verify');"
    tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    data = "bytes('what do ya want for nothing?')"
    check(
        {
            f"key('SHA-256').then((k) => hexOf(s.sign('HMAC', k, {data})))": tag,
            f"key('SHA-256').then((k) => s.verify('HMAC', k, unhex('{tag}'), {data}))": True,
            f"key('SHA-256').then((k) => s.verify('HMAC', k, unhex('{tag}'), bytes('else')))": False,
            f"key('SHA-256').then((k) => s.verify('HMAC', k, unhex('{tag[:-2]}'), {data}))": False,
        },
        init,
    )


# NIST SP 800-38A, appendix F.
KEY = "2b7e151628aed2a6abf7158809cf4f3c"
BLOCKS = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
CTR_BLOCKS = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
AES = f"const key = (name) => raw(unhex('{KEY}'), name, 'encrypt', 'decrypt');"


def test_aes_of_sp_800_38a() -> None:
    cbc = "{ name: 'AES-CBC', iv: unhex('000102030405060708090a0b0c0d0e0f') }"
    ctr = "{ name: 'AES-CTR', counter: unhex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), length: 64 }"
    encrypted = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
    check(
        {
            # What follows is the padding.
            f"key('AES-CBC').then((k) => hexOf(s.encrypt({cbc}, k, unhex('{BLOCKS}')))).then((h) => h.slice(0, 64))": (
                encrypted
            ),
            f"""key('AES-CBC').then(async (k) => {{
                 const secret = await s.encrypt({cbc}, k, unhex('{BLOCKS}'));
                 return hexOf(s.decrypt({cbc}, k, secret));
               }})""": BLOCKS,
            f"key('AES-CTR').then((k) => hexOf(s.encrypt({ctr}, k, unhex('{BLOCKS}'))))": CTR_BLOCKS,
            f"key('AES-CTR').then((k) => hexOf(s.decrypt({ctr}, k, unhex('{CTR_BLOCKS}'))))": BLOCKS,
        },
        AES,
    )


def test_a_counter_begins_anew_within_its_bits() -> None:
    init = """
      const key = raw(zeros(16), 'AES-CTR', 'encrypt');
      const stream = async (start, length, blocks) => {
        const counter = zeros(16).fill(255, 0, 15);
        counter[15] = start;
        return hex(await s.encrypt({ name: 'AES-CTR', counter, length }, await key, zeros(16 * blocks)));
      };
      const blockOf = (last) => stream(last, 128, 1);
      const all = (...blocks) => Promise.all(blocks).then((texts) => texts.join(''));
    """
    check(
        {
            "(async () => await stream(255, 8, 3) === await all(blockOf(255), blockOf(0), blockOf(1)))()": True,
            "(async () => await stream(247, 3, 2) === await all(blockOf(247), blockOf(240)))()": True,
            "(async () => await stream(254, 8, 2) === await all(blockOf(254), blockOf(255)))()": True,
            "stream(0, 1, 2).then((text) => text.length)": 64,
            "stream(0, 1, 3)": "OperationError: a counter of 1 bits is too short for 48 bytes",
        },
        init,
    )


def test_aes_gcm_with_more_data_and_shorter_tags() -> None:
    # Test case 4 of the GCM specification, with its key of 128 bits.
    init = """
      const key = raw(unhex('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', 'encrypt', 'decrypt');
      const text = unhex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72'
        + '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
      const algorithm = (tagLength) => ({ name: 'AES-GCM', iv: unhex('cafebabefacedbaddecaf888'), tagLength,
        additionalData: unhex('feedfacedeadbeeffeedfacedeadbeefabaddad2') });
      const tag = async (bits) => hex(await s.encrypt(algorithm(bits), await key, text)).slice(120);
      const back = async (bits) => hex(await s.decrypt(algorithm(bits), await key,
        await s.encrypt(algorithm(bits), await key, text))) === hex(text);
    """
    check(
        {
            "tag(128)": "5bc94fbc3221a5db94fae95ae7121a47",
            "tag(undefined)": "5bc94fbc3221a5db94fae95ae7121a47",
            "tag(96)": "5bc94fbc3221a5db94fae95a",
            "back(128)": True,
            "back(96)": True,
            "(async () => s.decrypt(algorithm(128), await key, zeros(80)))()": (
                "OperationError: could not decrypt ciphertext"
            ),
        },
        init,
    )


def test_pbkdf2_of_rfc_6070() -> None:
    init = """
      const password = s.importKey('raw', bytes('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
      const algorithm = { name: 'PBKDF2', salt: bytes('salt'), iterations: 2, hash: 'SHA-1' };
    """
    bits = "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"
    check(
        {
            "(async () => hex(await s.deriveBits(algorithm, await password, 160)))()": bits,
            """(async () => {
                 const aes = { name: 'AES-GCM', length: 128 };
                 const made = await s.deriveKey(algorithm, await password, aes, true, ['encrypt']);
                 return [made.type, made.algorithm, made.usages, await hexOf(s.exportKey('raw', made))];
               })()""": ["secret", {"name": "AES-GCM", "length": 128}, ["encrypt"], bits[:32]],
        },
        init,
    )


# ---- the library's keys, both ways

CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
DATA = b"message"


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pkcs8(key: Any) -> str:
    data: bytes = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return data.hex()


def spki(key: Any) -> str:
    data: bytes = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return data.hex()


def point(key: ec.EllipticCurvePrivateKey) -> str:
    encoding = serialization.Encoding.X962
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.UncompressedPoint).hex()


def imported(key_format: str, data: str, algorithm: str, *usages: str) -> str:
    return f"s.importKey('{key_format}', unhex('{data}'), {algorithm}, true, {list(usages)})"


@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa_agrees_with_the_library(curve: str) -> None:
    key = ec.generate_private_key(CURVES[curve])
    width = (key.key_size + 7) // 8
    r, t = decode_dss_signature(key.sign(DATA, ec.ECDSA(hashes.SHA384())))
    signature = (r.to_bytes(width, "big") + t.to_bytes(width, "big")).hex()
    keys = f"{{ name: 'ECDSA', namedCurve: '{curve}' }}"
    algorithm = "{ name: 'ECDSA', hash: 'SHA-384' }"
    private = imported("pkcs8", pkcs8(key), keys, "sign")
    public = imported("raw", point(key), keys, "verify")
    signed, *verified = values(
        f"(async () => hex(await s.sign({algorithm}, await {private}, bytes('message'))))()",
        f"(async () => s.verify({algorithm}, await {public}, unhex('{signature}'), bytes('message')))()",
        f"(async () => s.verify({algorithm}, await {public}, unhex('{signature}'), bytes('other')))()",
        f"(async () => s.verify({algorithm}, await {public}, unhex('{signature}').slice(1), bytes('message')))()",
    )
    assert verified == [True, False, False]
    made = bytes.fromhex(signed)
    numbers = int.from_bytes(made[:width], "big"), int.from_bytes(made[width:], "big")
    key.public_key().verify(encode_dss_signature(*numbers), DATA, ec.ECDSA(hashes.SHA384()))


@pytest.mark.parametrize("curve", CURVES)
def test_ecdh_agrees_with_the_library(curve: str) -> None:
    ours, theirs = (ec.generate_private_key(CURVES[curve]) for _ in range(2))
    secret = ours.exchange(ec.ECDH(), theirs.public_key())
    keys = f"{{ name: 'ECDH', namedCurve: '{curve}' }}"
    code = f"""(async () => {{
      const key = await {imported("pkcs8", pkcs8(ours), keys, "deriveBits")};
      const other = await {imported("spki", spki(theirs), keys)};
      const derived = (bits) => hexOf(s.deriveBits({{ name: 'ECDH', public: other }}, key, bits));
      return [await derived({len(secret) * 8}), await derived(64)];
    }})()"""
    assert values(code) == [[secret.hex(), secret[:8].hex()]]


@pytest.mark.parametrize("name", HASHES)
def test_rsa_agrees_with_the_library(name: str, rsa_key: rsa.RSAPrivateKey) -> None:
    hash_ = HASHES[name]
    pss = padding.PSS(padding.MGF1(hash_), 20)
    oaep = padding.OAEP(padding.MGF1(hash_), hash_, b"label")
    public = rsa_key.public_key()
    init = f"""
      const private_ = (algorithm, usage) => s.importKey('pkcs8', unhex('{pkcs8(rsa_key)}'),
        {{ name: algorithm, hash: '{name}' }}, true, [usage]);
      const public_ = (algorithm, usage) => s.importKey('spki', unhex('{spki(rsa_key)}'),
        {{ name: algorithm, hash: '{name}' }}, true, [usage]);
      const PKCS1 = 'RSASSA-PKCS1-v1_5';
      const PSS = {{ name: 'RSA-PSS', saltLength: 20 }};
      const OAEP = {{ name: 'RSA-OAEP', label: bytes('label') }};
      const data = bytes('message');
    """
    signature = rsa_key.sign(DATA, pss, hash_).hex()
    plain_signature = rsa_key.sign(DATA, padding.PKCS1v15(), hash_).hex()
    secret = public.encrypt(DATA, oaep).hex()
    ours = values(
        "(async () => hex(await s.sign(PKCS1, await private_(PKCS1, 'sign'), data)))()",
        "(async () => hex(await s.sign(PSS, await private_('RSA-PSS', 'sign'), data)))()",
        "(async () => hex(await s.encrypt(OAEP, await public_('RSA-OAEP', 'encrypt'), data)))()",
        f"(async () => s.verify(PKCS1, await public_(PKCS1, 'verify'), unhex('{plain_signature}'), data))()",
        f"(async () => s.verify(PSS, await public_('RSA-PSS', 'verify'), unhex('{signature}'), data))()",
        f"(async () => s.verify(PSS, await public_('RSA-PSS', 'verify'), unhex('{signature}'), zeros(1)))()",
        f"(async () => hex(await s.decrypt(OAEP, await private_('RSA-OAEP', 'decrypt'), unhex('{secret}'))))()",
        init=init,
    )
    assert ours[0] == plain_signature
    public.verify(bytes.fromhex(ours[1]), DATA, pss, hash_)
    assert rsa_key.decrypt(bytes.fromhex(ours[2]), oaep) == DATA
    assert ours[3:] == [True, True, False, DATA.hex()]


def test_keys_leave_as_they_came(rsa_key: rsa.RSAPrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    ecdsa, pss = "{ name: 'ECDSA', namedCurve: 'P-384' }", "{ name: 'RSA-PSS', hash: 'SHA-1' }"
    forms = [
        ("raw", point(key), ecdsa, "verify"),
        ("spki", spki(key), ecdsa, "verify"),
        ("pkcs8", pkcs8(key), ecdsa, "sign"),
        ("spki", spki(rsa_key), pss, "verify"),
        ("pkcs8", pkcs8(rsa_key), pss, "sign"),
    ]
    expressions = [
        f"(async () => hex(await s.exportKey('{key_format}', await {imported(key_format, data, algorithm, usage)})))()"
        for key_format, data, algorithm, usage in forms
    ]
    assert values(*expressions) == [data for _, data, _, _ in forms]


def number(value: int, size_bytes: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(size_bytes, "big")).rstrip(b"=").decode()


def test_json_web_keys(rsa_key: rsa.RSAPrivateKey) -> None:
    # A coordinate that begins with a zero byte keeps it.
    while True:
        key = ec.generate_private_key(ec.SECP256R1())
        numbers = key.private_numbers()
        if numbers.public_numbers.x < 1 << 248:
            break
    x, y = numbers.public_numbers.x, numbers.public_numbers.y
    public = {"kty": "EC", "crv": "P-256", "x": number(x, 32), "y": number(y, 32)}
    private = {**public, "d": number(numbers.private_value, 32)}
    n = rsa_key.private_numbers()
    rsa_public = {"kty": "RSA", "n": number(n.public_numbers.n, 256), "e": "AQAB"}
    parts = {"d": n.d, "p": n.p, "q": n.q, "dp": n.dmp1, "dq": n.dmq1, "qi": n.iqmp}
    rsa_private = {**rsa_public, **{k: number(v, (v.bit_length() + 7) // 8) for k, v in parts.items()}}
    octets = {"kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODw"}
    ecdsa, pss = "{ name: 'ECDSA', namedCurve: 'P-256' }", "{ name: 'RSA-PSS', hash: 'SHA-1' }"
    hmac = "{ name: 'HMAC', hash: 'SHA-384' }"
    forms = [
        (public, ecdsa, "verify", public),
        (private, ecdsa, "sign", private),
        (rsa_public, pss, "verify", rsa_public),
        (rsa_private, pss, "sign", rsa_private),
        (octets, "'AES-CBC'", "encrypt", {**octets, "alg": "A128CBC", "ext": True, "key_ops": ["encrypt"]}),
        (octets, hmac, "sign", {**octets, "alg": "HS384", "ext": True, "key_ops": ["sign"]}),
    ]
    expressions = [
        f"s.importKey('jwk', {json.dumps(jwk)}, {algorithm}, true, ['{usage}']).then((k) => s.exportKey('jwk', k))"
        for jwk, algorithm, usage, _ in forms
    ]
    assert values(*expressions) == [expected for _, _, _, expected in forms]


# ---- new keys


@pytest.mark.parametrize(
    ("algorithm", "usages", "expected"),
    [
        ("{ name: 'AES-CBC', length: 192 }", ["encrypt"], ("secret", {"name": "AES-CBC", "length": 192}, 24)),
        ("{ name: 'aes-kw', length: 128 }", ["wrapKey"], ("secret", {"name": "AES-KW", "length": 128}, 16)),
        (
            "{ name: 'HMAC', hash: 'SHA-384' }",
            ["sign", "verify"],
            ("secret", {"name": "HMAC", "hash": {"name": "SHA-384"}, "length": 1024}, 128),
        ),
        (
            "{ name: 'HMAC', hash: { name: 'sha-1' }, length: 40 }",
            ["verify"],
            ("secret", {"name": "HMAC", "hash": {"name": "SHA-1"}, "length": 40}, 5),
        ),
    ],
)
def test_new_secret_keys(algorithm: str, usages: list[str], expected: tuple[str, object, int]) -> None:
    code = f"""(async () => {{
      const make = () => s.generateKey({algorithm}, true, {usages});
      const {{ type, algorithm, extractable, usages, ...others }} = await make();
      const one = await s.exportKey('raw', await make());
      const other = await s.exportKey('raw', await make());
      return [type, algorithm, one.byteLength, usages, extractable, others, hex(one) === hex(other)];
    }})()"""
    key_type, described, size_bytes = expected
    assert values(code) == [[key_type, described, size_bytes, usages, True, {}, False]]


@pytest.mark.parametrize(
    ("algorithm", "usages", "described"),
    [
        (
            "{ name: 'ECDSA', namedCurve: 'P-521' }",
            ["sign", "verify"],
            {"name": "ECDSA", "namedCurve": "P-521"},
        ),
        (
            "{ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }",
            ["decrypt", "encrypt"],
            {
                "name": "RSA-OAEP",
                "modulusLength": 1024,
                "publicExponent": {"0": 1, "1": 0, "2": 1},
                "hash": {"name": "SHA-1"},
            },
        ),
    ],
)
def test_new_pairs(algorithm: str, usages: list[str], described: object) -> None:
    code = f"""(async () => {{
      const {{ privateKey, publicKey }} = await s.generateKey({algorithm}, false, {usages});
      return [privateKey, publicKey];
    }})()"""
    private = {"type": "private", "extractable": False, "algorithm": described, "usages": usages[:1]}
    public = {"type": "public", "extractable": True, "algorithm": described, "usages": usages[1:]}
    assert values(code) == [[private, public]]


def test_a_new_rsa_pair_works_and_an_exponent_of_three_as_well() -> None:
    code = """(async () => {
      const algorithm = { name: 'RSA-PSS', modulusLength: 1024, publicExponent: new Uint8Array([3]), hash: 'SHA-1' };
      const pair = await s.generateKey(algorithm, false, ['sign', 'verify']);
      const signed = await s.sign({ name: 'RSA-PSS', saltLength: 0 }, pair.privateKey, bytes('x'));
      return s.verify({ name: 'RSA-PSS', saltLength: 0 }, pair.publicKey, signed, bytes('x'));
    })()"""
    assert values(code) == [True]


def test_what_keys_and_the_object_look_like() -> None:
    check(
        {
            "Object.keys(crypto).sort()": ["CryptoKey", "getRandomValues", "randomUUID", "subtle"],
            "Object.keys(s).join()": (
                "decrypt,deriveBits,deriveKey,digest,encrypt,exportKey,generateKey,importKey,sign,unwrapKey,verify,wrapKey"
            ),
            "crypto.subtle === s": True,
            "raw(zeros(16), 'AES-GCM', 'encrypt').then((k) => k instanceof crypto.CryptoKey)": True,
            "raw(zeros(16), 'AES-GCM', 'encrypt').then((k) => { k.extractable = false; })": (
                "TypeError: 'extractable' is read-only"
            ),
            "raw(zeros(16), 'AES-GCM', 'decrypt', 'encrypt')": {
                "type": "secret",
                "extractable": True,
                "algorithm": {"name": "AES-GCM", "length": 128},
                "usages": ["decrypt", "encrypt"],
            },
            "new crypto.CryptoKey()": "TypeError: Illegal constructor",
            "typeof CryptoKey": "undefined",
            "s.wrapKey('raw')": "GoError: not implemented",
            "s.unwrapKey('raw')": "GoError: not implemented",
        }
    )


def test_keys_that_nobody_refers_to_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    from jsbindings.webcrypto.subtle.ops import SubtleBinding

    kept: list[int] = []
    describe = SubtleBinding._describe

    def watch(self: SubtleBinding, key: Any) -> dict[str, Any]:
        kept.append(len(self._keys))
        return describe(self, key)

    monkeypatch.setattr(SubtleBinding, "_describe", watch)
    code = """(async () => {
      for (let i = 0; i < 100; i += 1) await raw(zeros(16), 'AES-GCM', 'encrypt');
      return 'done';
    })()"""
    assert values(code) == ["done"]
    assert len(kept) == 100
    assert max(kept) < 10


# ---- what is refused

UNSUPPORTED = 'NotSupportedError: algorithm "{}" doesn\'t support (in implementation) operation "{}"'
IS_NO_DATA = "OperationError: data is neither an ArrayBuffer, nor a TypedArray nor DataView"
NO_ALGORITHM = "SyntaxError: algorithm cannot be interpreted as a string or an object"
NO_USAGES = "SyntaxError: usages cannot not be empty for a secret or private CryptoKey"


def test_arguments_that_are_none() -> None:
    check(
        {
            "s.digest()": NO_ALGORITHM,
            "s.digest(5, zeros(1))": NO_ALGORITHM,
            "s.digest('SHA-256')": "TypeError: data is null or undefined",
            "s.digest('SHA-256', 'text')": IS_NO_DATA,
            "s.digest('MD5', zeros(1))": UNSUPPORTED.format("MD5", "digest"),
            "s.digest({}, zeros(1))": UNSUPPORTED.format("", "digest"),
            "s.digest({ get name() { throw new RangeError('mine'); } }, zeros(1))": "RangeError: mine",
            "s.sign('HMAC', null, zeros(1))": "TypeError: Object is null or undefined",
            "s.sign('HMAC', {}, zeros(1))": "TypeError: field algorithm is null or undefined",
            "s.importKey('x', zeros(1), 'HMAC', true, ['sign'])": "ImplementationError: unsupported format x",
            "s.importKey()": "ImplementationError: unsupported format ",
            "s.importKey('raw')": "TypeError: data is null or undefined",
            "s.importKey('raw', 'text', 'HMAC', true, ['sign'])": IS_NO_DATA,
            "s.importKey('raw', zeros(16), 'AES-GCM', true, 'encrypt')": "TypeError: key usages must be an array",
            "s.importKey('raw', zeros(16), 'HKDF', false, ['deriveBits'])": UNSUPPORTED.format(
                "HKDF", "importKey"
            ),
            "s.generateKey('PBKDF2', false, ['deriveBits'])": UNSUPPORTED.format("PBKDF2", "generateKey"),
            "s.exportKey('raw', {})": "ImplementationError: unable to extract CryptoKey from key object",
        }
    )


def test_secret_keys_that_are_refused() -> None:
    init = "const jwk = (object, algorithm = 'AES-GCM') => s.importKey('jwk', object, algorithm, true, ['encrypt']);"
    check(
        {
            "raw(zeros(15), 'AES-GCM', 'encrypt')": "DataError: invalid key length 15 bytes",
            "raw(zeros(16), 'AES-GCM')": NO_USAGES,
            "raw(zeros(16), 'AES-GCM', 'encrypt', 'sign')": "SyntaxError: invalid key usage: sign",
            "s.importKey('spki', zeros(16), 'AES-GCM', true, ['encrypt'])": (
                "NotSupportedError: unsupported key format spki"
            ),
            "raw(zeros(1), 'HMAC', 'sign')": "SyntaxError: could not get hash from algorithm parameter",
            "raw(zeros(1), { name: 'HMAC', hash: 'MD5' }, 'sign')": UNSUPPORTED.format("MD5", "importKey"),
            "raw(zeros(0), { name: 'HMAC', hash: 'SHA-1' }, 'sign')": "DataError: key length cannot be 0",
            "raw(zeros(2), { name: 'HMAC', hash: 'SHA-1', length: 8 }, 'sign')": (
                "DataError: key length cannot be different from the length of the imported data"
            ),
            "s.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt'])": "OperationError: invalid key length",
            "s.generateKey({ name: 'AES-GCM' }, true, ['encrypt'])": (
                "SyntaxError: could not get length from algorithm parameter"
            ),
            "s.generateKey({ name: 'AES-GCM', length: 128 }, true, [])": NO_USAGES,
            "s.generateKey({ name: 'AES-KW', length: 128 }, true, ['encrypt'])": (
                "SyntaxError: invalid key usage: encrypt"
            ),
            "s.generateKey({ name: 'HMAC', hash: 'SHA-1', length: 0 }, true, ['sign'])": (
                "OperationError: algorithm's length cannot be 0"
            ),
            "jwk({})": "DataError: invalid symmetric JWK: invalid key type: ",
            "jwk(null)": "DataError: invalid symmetric JWK: invalid key type: ",
            "jwk('{}')": "DataError: failed to parse symmetric JWK: an object is wanted, not str",
            "jwk({ kty: 'oct', k: 5 })": "DataError: invalid symmetric JWK: key (k) is required",
            "jwk({ kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA==' })": "DataError: failed to decode symmetric key: padding",
            "jwk({ kty: 'oct', k: '+/+/AAAAAAAAAAAAAAAAAA' }).catch((e) => e.name)": "DataError",
            "jwk({ kty: 'oct', k: 'AAAA' })": "DataError: invalid key length 3 bytes",
            "raw(zeros(1), 'PBKDF2', 'deriveBits')": "SyntaxError: invalid value for param extractable",
            "s.importKey('jwk', {}, 'PBKDF2', false, ['deriveBits'])": "NotSupportedError: invalid format: jwk",
            "(async () => s.exportKey('spki', await raw(zeros(16), 'AES-GCM', 'encrypt')))()": (
                "NotSupportedError: unsupported key format spki"
            ),
            "(async () => s.exportKey('raw', await s.importKey('raw', zeros(16), 'AES-GCM', false, ['encrypt'])))()": (
                "InvalidAccessError: the key is not extractable"
            ),
        },
        init,
    )


def test_pairs_that_are_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    old = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).hex()
    ecdsa, pss = "{ name: 'ECDSA', namedCurve: 'P-256' }", "{ name: 'RSA-PSS', hash: 'SHA-1' }"
    other = "{ name: 'ECDSA', namedCurve: 'P-384' }"
    jwk = (
        "s.importKey('jwk', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', ...%s }, "
        + ecdsa
        + ", true, ['verify'])"
    )
    generate = "{ ...wanted, ...%s }"
    init = """
      const wanted = { name: 'RSA-PSS', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' };
    """
    check(
        {
            imported("raw", point(key), "'ECDSA'", "verify"): (
                "SyntaxError: could not get namedCurve from algorithm parameter"
            ),
            imported("raw", point(key), "{ name: 'ECDSA', namedCurve: 'P-224' }", "verify"): (
                "NotSupportedError: elliptic curve P-224 is not supported"
            ),
            imported(
                "raw", "04" + "00" * 64, ecdsa, "verify"
            ): "DataError: unable to import ECDSA public key data",
            imported("raw", "02" + point(key)[2:66], ecdsa, "verify"): (
                "DataError: unable to import ECDSA public key data"
            ),
            imported("spki", spki(key), other, "verify"): "DataError: the key is none of the curve P-384",
            imported("spki", spki(rsa_key), ecdsa, "verify"): "DataError: a public key is not an ECDSA key",
            imported("spki", "0102", ecdsa, "verify") + ".catch((e) => e.name)": "DataError",
            imported("pkcs8", pkcs8(key), ecdsa): NO_USAGES,
            imported("pkcs8", pkcs8(rsa_key), ecdsa, "sign"): "DataError: a private key is not an ECDSA key",
            imported("pkcs8", old, ecdsa, "sign"): (
                "DataError: unable to import elliptic curve private key data: no PKCS #8"
            ),
            imported("pkcs8", "", ecdsa, "sign") + ".catch((e) => e.name)": "DataError",
            jwk % "{}" + ".catch((e) => e.name)": "DataError",
            jwk % "{ kty: 'RSA' }": "DataError: the JWK is none of type EC",
            jwk % "{ crv: 'P-384' }": "DataError: the JWK is none of the curve P-256",
            jwk % "{ y: undefined }": "DataError: the JWK has no y",
            imported("spki", spki(key), pss, "verify"): "DataError: given CryptoKey is not a public RSA key",
            imported("pkcs8", pkcs8(key), pss, "sign"): "DataError: given CryptoKey is not a private RSA key",
            imported("raw", spki(rsa_key), pss, "verify"): (
                "NotSupportedError: unsupported key format raw for algorithm RSA-PSS"
            ),
            imported("spki", spki(rsa_key), "{ name: 'RSA-PSS', hash: 'MD5' }", "verify"): (
                "NotSupportedError: hash algorithm is not supported MD5"
            ),
            f"s.importKey('jwk', {{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }}, {pss}, true, []).catch((e) => e.name)": (
                "DataError"
            ),
            f"s.importKey('jwk', {{ kty: 'RSA', n: 'AQAB', e: 'AQAB', d: 'AQAB' }}, {pss}, true, ['sign'])": (
                "DataError: the JWK has no p"
            ),
            f"s.generateKey({generate % '{ modulusLength: 512 }'}, true, ['sign']).catch((e) => e.name)": (
                "OperationError"
            ),
            f"s.generateKey({generate % '{ publicExponent: [1, 0, 1] }'}, true, ['sign'])": (
                "OperationError: publicExponent is not a byte array"
            ),
            f"s.generateKey({generate % '{ publicExponent: zeros(1) }'}, true, ['sign'])": (
                "OperationError: invalid public exponent: public exponent is even"
            ),
            f"s.generateKey({generate % '{ publicExponent: undefined }'}, true, ['sign'])": (
                "SyntaxError: could not get publicExponent from algorithm parameter"
            ),
            f"s.generateKey({generate % '{}'}, true, ['encrypt'])": "SyntaxError: invalid key usage: encrypt",
            f"s.generateKey({ecdsa}, true, [])": "SyntaxError: key usages cannot be empty",
            f"(async () => s.exportKey('raw', await {imported('pkcs8', pkcs8(key), ecdsa, 'sign')}))()": (
                "InvalidAccessError: key is not a valid elliptic curve public key"
            ),
            f"(async () => s.exportKey('pkcs8', await {imported('spki', spki(rsa_key), pss, 'verify')}))()": (
                "InvalidAccessError: key is not a valid RSA private key"
            ),
        },
        init,
    )


def test_operations_that_are_refused() -> None:
    init = """
      const gcm = { name: 'AES-GCM', iv: zeros(12) };
      const made = (name, ...usages) => raw(zeros(16), name, ...usages);
      const encrypt = async (algorithm, key, data = zeros(16)) => hex(await s.encrypt(algorithm, await key, data));
      const decrypt = async (algorithm, key, data) => hex(await s.decrypt(algorithm, await key, data));
      const AES = (name) => made(name, 'encrypt', 'decrypt');
      const hmac = made({ name: 'HMAC', hash: 'SHA-1' }, 'sign');
    """
    mismatch = "InvalidAccessError: encrypt's algorithm name does not match key algorithm name"
    tag = "OperationError: invalid tag length, should be one of 96, 104, 112, 120, 128"
    bounds = "OperationError: invalid counter length, out of the 0 < x < 128 bounds"
    check(
        {
            "encrypt(gcm, AES('AES-CBC'))": mismatch,
            "encrypt(gcm, made('AES-GCM', 'decrypt'))": (
                "InvalidAccessError: encrypt's key does not contain the 'encrypt' usage"
            ),
            "decrypt(gcm, made('AES-GCM', 'encrypt'), zeros(16))": (
                "InvalidAccessError: decrypt's key does not contain the 'decrypt' usage"
            ),
            "encrypt('HMAC', AES('AES-GCM'))": UNSUPPORTED.format("HMAC", "encrypt"),
            "encrypt('AES-KW', AES('AES-GCM'))": UNSUPPORTED.format("AES-KW", "encrypt"),
            "encrypt({ ...gcm, iv: zeros(16) }, AES('AES-GCM'))": (
                "NotSupportedError: only 12 bytes long iv are supported"
            ),
            "encrypt({ name: 'AES-GCM' }, AES('AES-GCM'))": "NotSupportedError: only 12 bytes long iv are supported",
            "encrypt({ ...gcm, tagLength: 32 }, AES('AES-GCM'))": (
                "NotSupportedError: tag length 32 and 64 are not supported"
            ),
            "encrypt({ ...gcm, tagLength: 100 }, AES('AES-GCM'))": tag,
            "decrypt(gcm, AES('AES-GCM'), zeros(5))": "OperationError: ciphertext is too short",
            "encrypt({ name: 'AES-CBC', iv: zeros(15) }, AES('AES-CBC'))": "OperationError: iv length is not 16 bytes",
            "decrypt({ name: 'AES-CBC', iv: zeros(16) }, AES('AES-CBC'), zeros(16))": "OperationError: invalid padding",
            "decrypt({ name: 'AES-CBC', iv: zeros(16) }, AES('AES-CBC'), zeros(15))": "OperationError: invalid padding",
            "encrypt({ name: 'AES-CBC', iv: zeros(16) }, AES('AES-CBC'), zeros(0))": "0143db63ee66b0cdff9f69917680151e",
            "encrypt({ name: 'AES-CTR', counter: zeros(15), length: 64 }, AES('AES-CTR'))": (
                "OperationError: counter length is not 16 bytes"
            ),
            "encrypt({ name: 'AES-CTR', counter: zeros(16) }, AES('AES-CTR'))": bounds,
            "encrypt({ name: 'AES-CTR', counter: zeros(16), length: 129 }, AES('AES-CTR'))": bounds,
            "(async () => s.sign('AES-GCM', await hmac, zeros(1)))()": UNSUPPORTED.format("AES-GCM", "sign"),
            "(async () => s.verify('HMAC', await hmac, zeros(1), zeros(1)))()": (
                "InvalidAccessError: key does not contain the 'verify' usage"
            ),
            "(async () => s.sign({ name: 'ECDSA', hash: 'SHA-1' }, await hmac, zeros(1)))()": (
                "InvalidAccessError: algorithm name does not match key algorithm name"
            ),
        },
        init,
    )


def test_signatures_that_are_refused() -> None:
    init = """
      const pairOf = (name) => s.generateKey({ name, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-1', namedCurve: 'P-256' }, true, name === 'RSA-OAEP' ? ['encrypt', 'decrypt'] : ['sign', 'verify']);
      const sign = async (algorithm, name, half = 'privateKey') =>
        size(s.sign(algorithm, (await pairOf(name))[half], zeros(1)));
      const decrypt = async (data) => s.decrypt('RSA-OAEP', (await pairOf('RSA-OAEP')).privateKey, data);
      const encrypt = async (data) => s.encrypt('RSA-OAEP', (await pairOf('RSA-OAEP')).publicKey, data);
    """
    check(
        {
            "sign('ECDSA', 'ECDSA')": "SyntaxError: could not get hash from algorithm parameter",
            "sign({ name: 'ECDSA', hash: 'MD5' }, 'ECDSA')": UNSUPPORTED.format("MD5", "sign"),
            "sign({ name: 'ECDSA', hash: 'SHA-1' }, 'ECDSA', 'publicKey')": (
                "InvalidAccessError: key does not contain the 'sign' usage"
            ),
            "sign('RSA-PSS', 'RSA-PSS')": "SyntaxError: could not get saltLength from algorithm parameter",
            "sign({ name: 'RSA-PSS', saltLength: 200 }, 'RSA-PSS').catch((e) => e.name)": "OperationError",
            "sign({ name: 'RSA-PSS', saltLength: 0 }, 'RSA-PSS')": 128,
            "decrypt(zeros(128)).catch((e) => e.name)": "OperationError",
            "decrypt(zeros(3)).catch((e) => e.name)": "OperationError",
            "encrypt(zeros(200)).catch((e) => e.name)": "OperationError",
        },
        init,
    )


def test_derivations_that_are_refused() -> None:
    init = """
      const pair = (namedCurve = 'P-256', name = 'ECDH', usages = ['deriveBits', 'deriveKey']) =>
        s.generateKey({ name, namedCurve }, true, usages);
      const [ours, theirs, third, signer] = [pair(), pair(), pair('P-384'), pair('P-256', 'ECDSA', ['sign'])];
      const agree = async (length, others = theirs, half = 'publicKey', mine = ours) => size(s.deriveBits(
        { name: 'ECDH', public: (await others)[half] }, (await mine).privateKey, length));
      const password = s.importKey('raw', bytes('x'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
      const forBits = s.importKey('raw', bytes('x'), 'PBKDF2', false, ['deriveBits']);
      const derive = async (members, length = 128) => size(s.deriveBits(
        { name: 'PBKDF2', salt: zeros(1), iterations: 1, hash: 'SHA-1', ...members }, await password, length));
      const deriveKey = async (derived, key = password) => size(s.exportKey('raw', await s.deriveKey(
        { name: 'PBKDF2', salt: zeros(1), iterations: 1, hash: 'SHA-1' }, await key, derived, true, ['encrypt'])));
    """
    no_length = "OperationError: length can not be 0"
    multiple = "OperationError: currently only multiples of 8 are supported for length"
    check(
        {
            "agree(256)": 32,
            "agree(264)": "OperationError: length is too large",
            "agree(0)": no_length,
            "agree(null)": no_length,
            "agree(-8)": no_length,
            "agree(12)": multiple,
            "agree(256, third)": "InvalidAccessError: keys have different curves P-256 and P-384",
            "agree(256, theirs, 'privateKey')": "InvalidAccessError: algorithm's public key is not a public key",
            "agree(256, signer)": (
                "InvalidAccessError: algorithm name does not match public key's algorithm name: ECDH != ECDSA"
            ),
            "agree(256, theirs, 'publicKey', signer)": (
                "InvalidAccessError: provided baseKey does not contain the 'deriveBits' usage"
            ),
            "(async () => s.deriveBits('ECDH', (await ours).privateKey, 256))()": (
                "TypeError: algorithm does not contain a public key"
            ),
            "(async () => s.deriveBits({ name: 'ECDH', public: {} }, (await ours).privateKey, 256))()": (
                "TypeError: algorithm's public key is not a valid CryptoKey"
            ),
            "(async () => s.deriveBits({ name: 'ECDH', public: (await ours).publicKey }, await password, 8))()": (
                "InvalidAccessError: algorithm name does not match baseKey's algorithm name"
            ),
            "(async () => s.deriveBits('HKDF', await password, 8))()": UNSUPPORTED.format(
                "HKDF", "deriveBits"
            ),
            "(async () => s.deriveKey('ECDH', (await ours).privateKey, 'HMAC', true, ['sign']))()": (
                UNSUPPORTED.format("ECDH", "deriveKey")
            ),
            "derive({})": 16,
            "derive({}, 4)": multiple,
            "derive({ salt: null })": "TypeError: field salt is null or undefined",
            "derive({ salt: zeros(0) })": 16,
            "derive({ iterations: undefined })": "TypeError: field iterations is null or undefined",
            "derive({ iterations: 0 })": "OperationError: number of iterations can't be 0",
            "derive({ hash: undefined })": "SyntaxError: could not get hash from algorithm parameter",
            "derive({ hash: 'MD5' })": UNSUPPORTED.format("MD5", "deriveBits"),
            "deriveKey({ name: 'AES-CBC', length: 192 })": 24,
            "deriveKey('AES-CBC')": "OperationError: aes length parameter not specified",
            "deriveKey({ name: 'AES-CBC', length: 100 })": (
                "InvalidAccessError: provided length of key must be a multiple of 8"
            ),
            "deriveKey({ name: 'AES-CBC', length: 64 })": "DataError: invalid key length 8 bytes",
            "deriveKey({ name: 'HMAC', hash: 'SHA-1' })": UNSUPPORTED.format("HMAC", "getKeyLength"),
            "deriveKey('X')": UNSUPPORTED.format("X", "importKey"),
            "deriveKey({ name: 'AES-CBC', length: 128 }, forBits)": (
                "InvalidAccessError: provided baseKey does not contain the 'deriveKey' usage"
            ),
        },
        init,
    )


# ---- in a test


def test_it_works_in_init_code_and_keys_last_over_iterations(native: bool) -> None:
    script = """
      export const options = { vus: 2, iterations: 4 };
      const key = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
      const pair = await crypto.subtle.generateKey({ name: 'RSA-PSS', modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, false, ['sign']);
      export default async function () {
        const secret = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(4));
        const signed = await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 2 }, pair.privateKey, secret);
        console.log(secret.byteLength, signed.byteLength);
      }
    """
    result = run_script(script, native=native)
    assert result.exit_code is ExitCode.OK
    assert result.messages == []
    assert result.lines == ["20 128"] * 4


def test_timers_have_their_turn_while_a_script_computes_on_and_on() -> None:
    code = """(async () => {
      let stop = false;
      setTimeout(() => { stop = true; }, 1);
      while (!stop) await s.digest('SHA-256', zeros(1));
      return stop;
    })()"""
    assert values(code) == [True]


def test_errors_are_errors_with_a_name() -> None:
    code = "s.digest('MD5', zeros(1)).catch((e) => [e instanceof Error, e.name, typeof e.message, typeof e.stack])"
    assert values(code) == [[True, "NotSupportedError", "string", "string"]]


def test_a_rejection_that_nobody_handles_ends_the_iteration() -> None:
    script = "export default async function () { await crypto.subtle.digest('MD5', new Uint8Array(1)); }"
    (message,) = run_script(script).messages
    assert message.startswith(
        'error: Uncaught (in promise) NotSupportedError: algorithm "MD5" doesn\'t support'
    )


def test_the_library_is_not_loaded_by_scripts_that_do_without() -> None:
    import subprocess
    import sys

    code = (
        "import sys; import runner.execution.test_run, jsbindings.webcrypto.ops;"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
