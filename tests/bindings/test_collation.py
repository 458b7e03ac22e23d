"""String.prototype.localeCompare(): the order of names, as ICU has it."""

from __future__ import annotations

import pytest

from tests.kit.run_script import run_iteration_code


def lines(code: str) -> list[str]:
    result = run_iteration_code(code)
    assert result.messages == []
    return result.lines


@pytest.mark.parametrize(
    "ordered",
    [
        "a b C",
        "a A b B",
        "resume Resume r\u00e9sum\u00e9 R\u00e9sum\u00e9 resumes",
        "a \u00e4 \u00c4 \u00e9 o \u00f6 z zz",
        "! $ 1 10 2 a a1 A1 a10 a2 ab aB",
        "a_b a-b a.b a1b ab",
        "co-ops coop",
    ],
)
def test_texts_sort_as_people_sort_names(ordered: str) -> None:
    shuffled = sorted(ordered.split(), reverse=True)
    code = f"console.log({shuffled!r}.sort((a, b) => a.localeCompare(b)).join(' '));"
    assert lines(code) == [ordered]


def test_result_is_minus_one_zero_or_one() -> None:
    assert lines("console.log('a'.localeCompare('c'), 'c'.localeCompare('a'), 'a'.localeCompare('a'));") == [
        "-1 1 0"
    ]


def test_composed_and_decomposed_forms_are_equal() -> None:
    assert lines("console.log('\\u00e4'.localeCompare('a\\u0308'));") == ["0"]


def test_it_looks_like_the_language_s_own() -> None:
    code = """
      const f = String.prototype.localeCompare;
      console.log(f.name, f.length, Object.keys(String.prototype).length, 'undefined'.localeCompare());
      try { f.call(null, 'a'); } catch (e) { console.log(e.name); }
    """
    assert lines(code) == ["localeCompare 1 0 0", "TypeError"]
