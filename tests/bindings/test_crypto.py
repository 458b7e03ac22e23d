"""k6/crypto: hashes by their standards' own test vectors, everything else as k6 v2.2.0 answered."""

from __future__ import annotations

import json

import pytest

from jsbindings.crypto.hashes import Hash
from jsbindings.crypto.ops import CryptoBinding
from runner.errors import ExitCode
from tests.kit.run_script import run_iteration_code, run_script

IMPORTS = """
  import crypto from 'k6/crypto';
  const { createHash, createHMAC, hmac, md5, randomBytes } = crypto;
  const listed = (buffer) => (buffer instanceof ArrayBuffer ? [...new Uint8Array(buffer)] : buffer);
  const caught = (f) => { try { return listed(f()); } catch (e) { return String(e); } };
  const fed = (hasher, ...parts) => { parts.forEach((part) => hasher.update(part)); return hasher; };
"""


def value(expression: str, native: bool = True) -> object:
    """What the expression gives; bytes as a list, an exception as its text."""
    code = f"console.log(JSON.stringify(caught(() => {expression})));"
    result = run_iteration_code(code, imports=IMPORTS, native=native)
    assert result.messages == []
    found: object = json.loads(result.lines[0])
    return found


# RFC 1320, RFC 1321, FIPS 180-4 and the page of RIPEMD-160 all have the hash of "abc".
OF_ABC = {
    "md4": "a448017aaf21d8525fc10ae87aa6729d",
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "sha512_224": "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
    "sha512_256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
    "ripemd160": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
}


@pytest.mark.parametrize("algorithm", OF_ABC)
def test_hashes_are_those_of_the_standards(algorithm: str) -> None:
    expression = (
        f"[crypto.{algorithm}('abc', 'hex'), fed(createHash('{algorithm}'), 'a', 'bc').digest('hex')]"
    )
    assert value(expression) == [OF_ABC[algorithm]] * 2


# k6 v2.2.0: a key longer than the block of every one of the hashes.
HMACS = {
    "md4": "a2911e7f5ce58814491441b1eef5faad",
    "md5": "18ff20787b4019d125d7b80302733a59",
    "sha1": "9a92d03adbe34f3c70c2835dcc34644e67f644cd",
    "sha256": "4716987e10329a3ac6fd89cafa5fa8951d8f29ed559a3c72557c40c78d9cb4b6",
    "sha384": "b6cffbf1729fc8051563cc7a32ef9352e5417ed4db534d4dfdaaa879c969301888aed865b569f8297224e629b297470e",
    "sha512": "119ca30e8c7ed232b3cd1400d151887ea2a93b44076e37ec8529e23d5a6c9cf1"
    "d789c694d8fed80b360d276fa17c654a879f90c0ad3486982ab43a9888a6c4db",
    "sha512_224": "31b4f34a2b7815f6ade4fa61f324ba670a4a77f885afa1fb2b0304a4",
    "sha512_256": "b85995e5fb6ffc594871060cf6e8d97930eb879f9a170a958cad5b0ecfca8903",
    "ripemd160": "5de88efe7e2a1f34899887738c31f6465821d246",
}


@pytest.mark.parametrize("algorithm", HMACS)
def test_hmacs_are_those_of_k6(algorithm: str) -> None:
    call = f"'{algorithm}', 'kéy'.repeat(30)"
    expression = f"[hmac({call}, 'päck', 'hex'), fed(createHMAC({call}), 'p', 'äck').digest('hex')]"
    assert value(expression) == [HMACS[algorithm]] * 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'md5', '', 'd', 'hex'", "5f877893cf18d622daed614c1df6f2f9"),
        ("'md5', 'k', '', 'hex'", "cd32bedd46aa63cffa3023f050fc78e3"),
        ("'md5', new Uint8Array([1, 2, 255]), 'd', 'hex'", "7c52b09e5f97d60e80a5db527c8781c3"),
        ("'sha1', new Uint8Array([1, 2]).buffer, new Uint8Array([3]), 'hex'",
         "c3ed85fb1ab6add63aab1bb330fc1b5e7d4ca89b"),
        # RFC 2202 and RFC 4231.
        ("'md5', 'Jefe', 'what do ya want for nothing?', 'hex'", "750c783e6ab0b503eaa86e310a5db738"),
        ("'sha1', 'Jefe', 'what do ya want for nothing?', 'base64'", "7/zfauXrL6LSdBbV8YTfnCWafHk="),
        ("'sha256', 'Jefe', 'what do ya want for nothing?', 'hex'",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ],
)  # fmt: skip
def test_hmac_takes_text_and_bytes(arguments: str, expected: str) -> None:
    assert value(f"hmac({arguments})") == expected


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("md5('päck', 'hex')", "612b883bd6029fe8fa31fe0cff923b4f"),
        ("md5('päck', 'base64')", "YSuIO9YCn+j6Mf4M/5I7Tw=="),
        ("md5('päck', 'base64url')", "YSuIO9YCn-j6Mf4M_5I7Tw=="),
        ("md5('päck', 'base64rawurl')", "YSuIO9YCn-j6Mf4M_5I7Tw"),
        ("md5('päck', 'binary')", [97, 43, 136, 59, 214, 2, 159, 232, 250, 49, 254, 12, 255, 146, 59, 79]),
        ("createHash('md5').digest('binary')",
         [212, 29, 140, 217, 143, 0, 178, 4, 233, 128, 9, 152, 236, 248, 66, 126]),
        ("md5('a', ['hex'])", "0cc175b9c0f1b6a831c399e269772661"),
        ("md5('a', Symbol('hex'))", "0cc175b9c0f1b6a831c399e269772661"),
        ("md5('a', { toString: () => 'hex' })", "0cc175b9c0f1b6a831c399e269772661"),
        ("md5('a')", "GoError: invalid output encoding: "),
        ("md5('a', null)", "GoError: invalid output encoding: "),
        ("md5('a', 'HEX')", "GoError: invalid output encoding: HEX"),
        ("md5('a', 5)", "GoError: invalid output encoding: 5"),
        ("createHash('md5').digest()", "GoError: invalid output encoding: "),
        ("hmac('md5', 'k', 'd')", "GoError: invalid output encoding: "),
        ("md5('a', { toString() { throw new RangeError('no'); } })", "RangeError: no"),
    ],
)  # fmt: skip
def test_output_encodings(expression: str, expected: object, native: bool) -> None:
    assert value(expression, native) == expected


@pytest.mark.parametrize(
    ("input_", "hashed"),
    [
        ("''", "d41d8cd98f00b204e9800998ecf8427e"),
        ("'\\0'", "93b885adfe0da089cdf634904fd59f71"),
        ("'😀'", "2a02eac39d716a70ecf37579185927b6"),
        # A lone surrogate counts as U+FFFD.
        ("'a\\ud800b'", "ff6405018d5ab2642e35fdba389b7c51"),
        ("'\\udc00'", "9b759040321a408a5c7768b4511287a6"),
        ("new Uint8Array([1, 2, 255])", "4f989b1ac8e4fab115696571104cfb67"),
        ("new Uint8Array([1, 2, 255]).buffer", "4f989b1ac8e4fab115696571104cfb67"),
        ("new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3)", "1fab1cffea9b6fd2f36bfb46e182fd77"),
        ("new Uint8ClampedArray([1, 255])", "90b82cfd67e3a72ceb8d642b3085f86d"),
        ("new (class extends Uint8Array {})([1, 2])", "0cb988d042a7f28dd5fe2b55b3f5ac7a"),
        ("new ArrayBuffer(0)", "d41d8cd98f00b204e9800998ecf8427e"),
        ("Symbol('x')", "9dd4e461268c8034f5c8564e155c67a6"),
        ("Symbol()", "d41d8cd98f00b204e9800998ecf8427e"),
        ("Object(Symbol('q'))", "7694f4a66316e53c8cdd9d9954bd611d"),
        ("'x'.repeat(3e6)", "8e32e22642bddc89698e25a4e9bf528b"),
    ],
)
def test_what_is_hashed(input_: str, hashed: str) -> None:
    assert value(f"[md5({input_}, 'hex'), fed(createHash('md5'), {input_}).digest('hex')]") == [hashed] * 2


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("md5()", "md5 failed: invalid type <nil>"),
        ("crypto.sha512_256(5, 'odd')", "sha512_256 failed: invalid type int64"),
        ("createHash('md5').update()", "invalid type <nil>"),
        ("createHMAC('md5', 'k').update(true)", "invalid type bool"),
        ("createHMAC('md5')", "invalid type <nil>"),
        ("hmac('md5', {}, 5, 'odd')", "invalid type map[string]interface {}"),
        ("hmac('md5', 'k', null, 'odd')", "invalid type <nil>"),
        ("crypto.hexEncode([1])", "invalid type []interface {}"),
    ],
)
def test_who_complains_about_data_of_a_wrong_type(expression: str, expected: str) -> None:
    assert value(expression) == f"GoError: {expected}, expected string, []byte or ArrayBuffer"


@pytest.mark.parametrize("call", ["createHash(@)", "createHMAC(@, 5)", "hmac(@, 5, 5, 'odd')"])
@pytest.mark.parametrize(
    ("name", "shown"),
    [("'MD5'", "MD5"), ("'sha512/256'", "sha512/256"), ("'sha224'", "sha224"), ("5", "5"), ("undefined", "")],
)
def test_an_unknown_algorithm_is_refused_before_anything_else(call: str, name: str, shown: str) -> None:
    assert value(call.replace("@", name)) == f"GoError: invalid algorithm: {shown}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("crypto.hexEncode('hi')", "6869"),
        ("crypto.hexEncode('')", ""),
        ("crypto.hexEncode('ä\\ud800')", "c3a4efbfbd"),
        ("crypto.hexEncode(new Uint8Array([0, 255]))", "00ff"),
        ("[16, 1.9, true, '7', '0x10', [3]].map((size) => randomBytes(size).byteLength)", [16, 1, 1, 7, 16, 3]),
        ("randomBytes(1) instanceof ArrayBuffer", True),
        ("new Set(Array.from({ length: 50 }, () => String(listed(randomBytes(16))))).size", 50),
        ("[undefined, 0, -1, 0.9, NaN, Infinity, 'x'].map((size) => caught(() => randomBytes(size)))",
         ["GoError: invalid size"] * 7),
        ("randomBytes(2 ** 27 + 1)", "GoError: invalid size: k6py gives at most 134217728 random bytes at once"),
        ("caught(() => randomBytes(Symbol('5'))).slice(0, 9)", "TypeError"),
        ("caught(() => randomBytes(5n)).slice(0, 9)", "TypeError"),
    ],
)  # fmt: skip
def test_bytes_and_random_bytes(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("const h = createHash('ripemd160'); h.update('a'); const texts = [h.digest('hex'), h.digest('base64')];"
         "h.update('b'); return [...texts, h.digest('hex')];",
         ["0bdc9d2d256b3ee9daae347be6f4dc835a467ffe", "C9ydLSVrPunarjR75vTcg1pGf/4=",
          "8576c67fcdf6c5d2f648efa58a32856b957f401a"]),
        ("const h = createHMAC('md4', 'k'); h.update('a'); const texts = [h.digest('hex'), h.digest('base64')];"
         "h.update('b'); return [...texts, h.digest('hex')];",
         ["b3201ea50fce938ac4c52f16f52c63ba", "syAepQ/Ok4rExS8W9Sxjug==", "9003ba2a3c56a50b05d2d187aa2c2109"]),
        ("const a = createHash('md5'); const b = createHash('md5'); a.update('a'); b.update('b');"
         "return [a, b].map((h) => h.digest('hex'));",
         ["0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f"]),
        ("const h = createHash('md5'); h.update('a'); caught(() => h.update(5)); caught(() => h.digest('x'));"
         "return h.digest('hex');",
         "0cc175b9c0f1b6a831c399e269772661"),
        ("return createHash('md5').update('a') === undefined;", True),
        ("const h = createHash('md5'); h.update('a', 'b'); return h.digest('hex');",
         "0cc175b9c0f1b6a831c399e269772661"),
        ("const h = createHash('md5'); return [typeof h, Object.keys(h), JSON.stringify(h), String(h)];",
         ["object", ["digest", "update"], "{}", "[object Object]"]),
        ("const h = createHash('md5'); return caught(() => { h.more = 1; }).slice(0, 9);", "TypeError"),
        ("return caught(() => new createHash('md5')).slice(0, 9);", "TypeError"),
    ],
)  # fmt: skip
def test_hashers(code: str, expected: object) -> None:
    assert value(f"(() => {{ {code} }})()") == expected


def test_a_hasher_of_the_init_context_goes_on_in_the_iterations() -> None:
    result = run_script("""
        import { createHash } from 'k6/crypto';
        export const options = { iterations: 2 };
        const hasher = createHash('md5');
        export default function () { hasher.update('a'); console.log(hasher.digest('hex')); }
    """)
    assert result.lines == ["0cc175b9c0f1b6a831c399e269772661", "4124bc0a9335c27f086f24ba207a4912"]


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_hashers_that_a_script_forgot_are_given_back(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    keep = CryptoBinding._keep

    def keep_and_count(binding: CryptoBinding, state: Hash, forgotten: list[int]) -> int:
        number = keep(binding, state, forgotten)
        counts.append(len(binding._hashers))
        return number

    monkeypatch.setattr(CryptoBinding, "_keep", keep_and_count)
    result = run_script(
        """
        import { createHash } from 'k6/crypto';
        export const options = { iterations: 4 };
        export default function () { for (let i = 0; i < 25; i += 1) createHash('md5').update('a'); }
        """,
        native=native,
        workers=1,
    )
    assert result.exit_code == ExitCode.OK
    assert counts == [*range(1, 26)] * 4


@pytest.mark.slow
def test_an_iteration_that_is_cut_off_may_have_made_many_hashers() -> None:
    result = run_script("""
        import { createHash } from 'k6/crypto';
        import { sleep } from 'k6';
        export const options = { scenarios: {
          first: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' },
          second: { executor: 'per-vu-iterations', vus: 1, startTime: '1500ms', exec: 'second' },
        } };
        export default function () {
          const hashers = [];
          for (let i = 0; i < 500; i += 1) hashers.push(createHash('md5'));
          sleep(10);
        }
        export function second() {
          console.log(createHash('md5').digest('hex'));
        }
    """)
    assert (result.messages, result.lines) == ([], ["d41d8cd98f00b204e9800998ecf8427e"])


def test_methods_taken_from_a_hasher_keep_it() -> None:
    result = run_script("""
        import { createHash } from 'k6/crypto';
        const taken = () => { const { update, digest } = createHash('md5'); update('a'); return digest; };
        export default async function () {
          const digest = taken();
          await new Promise((resolve) => setTimeout(resolve, 1));
          console.log(digest('hex'));
        }
    """)
    assert result.lines == ["0cc175b9c0f1b6a831c399e269772661"]
