"""TypeScript scripts and modules; positions are those of the file that was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.run_script import run_script

pytestmark = pytest.mark.slow

NATIVE = pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that all of these tests share and nobody else has."""
    folder = tmp_path_factory.getbasetemp() / "typescript-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))


@NATIVE
def test_typescript_runs_and_stacks_point_into_the_source(native: bool, tmp_path: Path) -> None:
    script = """\
import { sleep } from 'k6';
import type { Options } from 'k6/options';
import { boom, Color } from './lib.ts';
export const options: Options = { iterations: 1 };
enum Size { S = 1, M }
class Box { constructor(private readonly x: number) {} get(): number { return this.x; } }
interface Unused {
  a: string;
}
const same = <T>(x: T): T => x;
export default function (): void {
  console.log(same<number>(Size.M), new Box(3).get(), Color.Red, typeof sleep);
  boom('x' as unknown as string);
}
"""
    lib = """\
interface Unused {
  a: string;
}
export enum Color { Red = 'red' }

export function boom(x: string): never {
  throw new Error(x);
}
"""
    result = run_script(script, name="script.ts", files={"lib.ts": lib}, folder=tmp_path, native=native)
    assert result.lines == ["2 3 red function"]
    assert result.messages == [
        f"error: Error: x\n\tat boom (file://{tmp_path}/lib.ts:7:13)\n"
        f"\tat default (file://{tmp_path}/script.ts:13:3)\n"
    ]


@NATIVE
@pytest.mark.parametrize("extension", ["ts", "mts", "cts"])
def test_javascript_imports_typescript(extension: str, native: bool, tmp_path: Path) -> None:
    script = f"import {{ f }} from './a.{extension}'; export default function () {{ f(); }}"
    files = {
        f"a.{extension}": "interface A {\n  a: string\n}\nexport const f = (): void => {\n  throw new Error('m');\n};"
    }
    result = run_script(script, files=files, folder=tmp_path, native=native)
    assert f"file://{tmp_path}/a.{extension}:5:" in result.messages[0]


@NATIVE
def test_typescript_may_be_commonjs(native: bool) -> None:
    script = "const x: number = 5; exports.default = (): void => { console.log(x); };"
    assert run_script(script, name="script.ts", native=native).lines == ["5"]


@pytest.mark.parametrize("name", ["script.ts", "script.js"])
def test_mistakes_are_told_with_their_position(name: str) -> None:
    result = run_script("\n\nlet x: = 5; export default function () {}", name=name)
    assert result.exit_code == 107
    assert "SyntaxError" in result.messages[0]
    assert f"{name}:3:" in result.messages[0]
