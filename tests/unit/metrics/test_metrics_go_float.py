from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.metrics.go_float import parse_go_float


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1.5e-3", -0.0015),
        (".5", 0.5),
        ("5.", 5.0),
        ("+4", 4.0),
        ("1_000.5_0", 1000.5),
        ("00010", 10.0),
        ("0x1p3", 8.0),
        ("0X1.8P4", 24.0),
        ("-0x_ap-1", -5.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("+INF", math.inf),
    ],
)
def test_texts_that_go_takes(text: str, value: float) -> None:
    assert parse_go_float(text) == value


def test_nan_is_one() -> None:
    assert math.isnan(parse_go_float("NaN"))


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1s", "0x1", "1e", "e5", "_1", "1__0", "1_", "+nan", "-", ".", "1.5.2", "infin", "١"],
)
def test_texts_that_go_refuses(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_go_float(text)
    assert str(caught.value) == f'strconv.ParseFloat: parsing "{text}": invalid syntax'


@pytest.mark.parametrize("text", ["1e999", "-1e999", "0x1p99999"])
def test_number_beyond_a_float_is_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match="value out of range"):
        parse_go_float(text)


@given(st.floats(allow_nan=False))
def test_every_float_is_read_back(value: float) -> None:
    assert parse_go_float(repr(value)) == value
