from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.metrics.json_text import json_text, number_text, string_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1e9, "1000000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e16, "10000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1.5e20, "150000000000000000000"),
        (1e21, "1e+21"),
        (-1.25e300, "-1.25e+300"),
        (0.0001, "0.0001"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1.5e-6, "0.0000015"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
        (2.0**53, "9007199254740992"),
    ],
)
def test_number_is_written_like_in_k6(value: float, expected: str) -> None:
    assert number_text(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_reads_back_as_itself(value: float) -> None:
    assert float(number_text(value)) == value


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_number_that_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(ValueError):
        number_text(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", '"plain"'),
        ("count<1 & >2", '"count\\u003c1 \\u0026 \\u003e2"'),
        ('q"\\', '"q\\"\\\\"'),
        ("\n\t\x01", '"\\n\\t\\u0001"'),
        ("\u2028\u2029", '"\\u2028\\u2029"'),
        ("é✓", '"é✓"'),
        ("\ud800", '"\\ufffd"'),
    ],
)
def test_string_is_escaped_like_in_k6(value: str, expected: str) -> None:
    assert string_text(value) == expected


TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-10, 10) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


@given(value=JSON, indent=st.sampled_from([0, 4]))
def test_document_reads_back_as_itself(value: object, indent: int) -> None:
    assert json.loads(json_text(value, indent=indent)) == value


def test_document_without_html_escapes_leaves_the_signs_alone() -> None:
    assert json_text({"<a>": ["&", "\u2028"]}, escape_html=False) == '{"<a>":["&","\\u2028"]}'


def test_document_without_indentation_has_no_spaces() -> None:
    assert json_text({"b": [1, None, True], "a": {}}) == '{"b":[1,null,true],"a":{}}'


def test_document_with_indentation_looks_like_that_of_go() -> None:
    assert json_text({"b": [1, 2], "a": {"x": []}}, indent=4, sort_keys=True) == (
        '{\n    "a": {\n        "x": []\n    },\n    "b": [\n        1,\n        2\n    ]\n}'
    )


def test_value_that_json_lacks_is_refused() -> None:
    with pytest.raises(TypeError, match="JSON has no set"):
        json_text({"a": {1}})


def test_document_for_javascript_has_numbers_that_json_lacks() -> None:
    assert json_text([math.inf, -math.inf, math.nan, 1.5], for_javascript=True) == "[1e999,-1e999,null,1.5]"
