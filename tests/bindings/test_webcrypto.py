"""The random part of the global crypto object."""

from __future__ import annotations

import pytest

from tests.kit.run_script import run_iteration_code

IMPORTS = "const caught = (f) => { try { return String(f()); } catch (e) { return e.name; } };"


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(() => { const a = new Uint32Array(8); return crypto.getRandomValues(a) === a && a.some((x) => x > 0); })()",
         "true"),
        ("crypto.getRandomValues(new Uint8Array(65536)).length", "65536"),
        ("crypto.getRandomValues(new BigInt64Array(1)).length", "1"),
        ("crypto.getRandomValues(new Uint8Array(0)).length", "0"),
        ("crypto.getRandomValues(new (class extends Uint8Array {})(3)).length", "3"),
        ("crypto.getRandomValues(new Uint8Array(65537))", "QuotaExceededError"),
        ("crypto.getRandomValues(new Float32Array(1))", "TypeMismatchError"),
        ("crypto.getRandomValues(new DataView(new ArrayBuffer(1)))", "TypeMismatchError"),
        ("crypto.getRandomValues([])", "TypeMismatchError"),
        ("crypto.getRandomValues()", "TypeMismatchError"),
        ("new Set(Array.from({ length: 100 }, () => crypto.randomUUID())).size", "100"),
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())", "true"),
        ("(() => { const a = new Uint8Array(48); crypto.getRandomValues(a.subarray(16, 32));"
         " return [a.slice(0, 16), a.slice(16, 32), a.slice(32)].map((part) => part.some((x) => x > 0)); })()",
         "false,true,false"),
    ],
)  # fmt: skip
def test_random_values(expression: str, text: str, native: bool) -> None:
    result = run_iteration_code(f"console.log(caught(() => {expression}));", imports=IMPORTS, native=native)
    assert result.messages == []
    assert result.lines == [text]
