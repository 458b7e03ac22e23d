"""The TypeScript compiler and its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.engine.typescript import TypeScriptCompiler
from runner.errors import ScriptError

URL = "file:///script.ts"


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, starting the compiler itself is an error."""

    def refuse(self: TypeScriptCompiler, source: str, url: str) -> None:
        raise AssertionError("the compiler was started")

    monkeypatch.setattr(TypeScriptCompiler, "_transpile", refuse)


def compiler(cache: Path) -> TypeScriptCompiler:
    return TypeScriptCompiler({"XDG_CACHE_HOME": str(cache)})


@pytest.mark.slow
def test_types_go_and_the_rest_stays(tmp_path: Path) -> None:
    compiled = compiler(tmp_path).compile(
        "interface A { a: string }\nexport const x: number = 1 as any;\n", URL
    )
    assert compiled.code == "export const x = 1;\n"
    assert compiled.mappings


@pytest.mark.slow
def test_second_compilation_comes_from_the_cache(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    source = "export const x: number = 2;"
    first = compiler(tmp_path).compile(source, URL)
    request.getfixturevalue("no_compiler")
    assert compiler(tmp_path).compile(source, URL) == first
    with pytest.raises(AssertionError, match="the compiler was started"):
        compiler(tmp_path).compile(source + " ", URL)


@pytest.mark.slow
def test_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert compiler(blocked).compile("export const x: number = 3;", URL).code == "export const x = 3;\n"


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "[]", '{"code": 1}'])
def test_broken_cache_entry_is_made_anew(tmp_path: Path, content: str) -> None:
    source = "export const x: number = 4;"
    first = compiler(tmp_path).compile(source, URL)
    (entry,) = (tmp_path / "k6py" / "typescript").iterdir()
    entry.write_text(content)
    assert compiler(tmp_path).compile(source, URL) == first
    assert entry.read_text() != content


@pytest.mark.slow
def test_syntax_error_has_file_line_and_column_and_is_not_cached(tmp_path: Path) -> None:
    with pytest.raises(ScriptError) as caught:
        compiler(tmp_path).compile("\n\nlet x: = 5;", URL)
    assert caught.value.log_text() == f"SyntaxError: Type expected.\n\tat {URL}:3:8\n"
    assert not (tmp_path / "k6py").exists()
