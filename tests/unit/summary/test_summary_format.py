from __future__ import annotations

import math

import pytest

from runner.summary.format import (
    data_text,
    plain_text,
    rate_text,
    time_text,
    value_text,
    whole_percent,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3, "3"),
        (-2.5, "-2.5"),
        (123456789012, "123456789012"),
        (0.123456789, "0.123457"),
        (1234567.891234, "1234567.891234"),
        (5 / 3, "1.666667"),
        (0.0000001, "0"),
        (-0.0000001, "0"),
        (0.000001, "0.000001"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.5e22, "-1.5e+22"),
        (0.0000005, "0"),
        (0.00000050001, "0.000001"),
        (2.0**-7, "0.007813"),
        (100.0, "100"),
    ],
)
def test_plain_number_has_at_most_six_decimals(value: float, expected: str) -> None:
    assert plain_text(value) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0, "0.00%"),
        (1, "100.00%"),
        (1 / 3, "33.33%"),
        (2 / 3, "66.66%"),
        (7 / 9, "77.77%"),
        (2 / 9, "22.22%"),
        (29999 / 30000, "99.99%"),
        (0.5, "50.00%"),
        (0.00009, "0.00%"),
        (0.125, "12.50%"),
    ],
)
def test_rate_is_a_percentage_cut_after_two_decimals(share: float, expected: str) -> None:
    assert rate_text(share) == expected


@pytest.mark.parametrize(
    ("passes", "fails", "expected"), [(1, 2, 33), (2, 1, 66), (0, 3, 0), (999, 1, 99), (29, 71, 29)]
)
def test_percentage_of_checks_is_rounded_down(passes: int, fails: int, expected: int) -> None:
    assert whole_percent(passes, fails) == expected


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (0, "0 B"),
        (9, "9 B"),
        (2.5, "2.5 B"),
        (10 / 3, "3.3333333333333335 B"),
        (-20, "-20 B"),
        (10, "10 B"),
        (10.6, "11 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (4900, "4.9 kB"),
        (9949, "9.9 kB"),
        (9951, "10 kB"),
        (76_000, "76 kB"),
        (519_432, "519 kB"),
        (1_000_000, "1.0 MB"),
        (1_340_000, "1.3 MB"),
        (5_000_000_000, "5.0 GB"),
        (1e12, "1.0 TB"),
        (1e15, "1.0 PB"),
        (1e18, "1.0 EB"),
        (1e30, "1000000 YB"),
    ],
)
def test_data_has_a_decimal_unit(size_bytes: float, expected: str) -> None:
    assert data_text(size_bytes) == expected


@pytest.mark.parametrize(
    ("duration_ms", "expected"),
    [
        (0, "0s"),
        (0.0005, "500ns"),
        (0.00099999, "999ns"),
        (1.5e-7, "0ns"),
        (-0.0000019, "-1ns"),
        (0.0123456, "12.34µs"),
        (0.9999, "999.9µs"),
        (1, "1ms"),
        (12.3456, "12.34ms"),
        (70, "70ms"),
        (999.999, "999.99ms"),
        (1000, "1s"),
        (1234.567, "1.23s"),
        (59_999, "59.99s"),
        (60_000, "1m0s"),
        (61_000, "1m1s"),
        (61_500, "1m1s"),
        (3_599_999, "59m59s"),
        (3_600_000, "1h0m0s"),
        (7_322_000, "2h2m2s"),
        (360_000_000, "100h0m0s"),
        (-5, "-5000000ns"),
    ],
)
def test_time_has_a_unit_of_its_size_and_is_cut(duration_ms: float, expected: str) -> None:
    assert time_text(duration_ms) == expected


@pytest.mark.parametrize(
    ("duration_ms", "unit", "expected"),
    [
        (1234.567, "s", "1.23s"),
        (1235.001, "s", "1.24s"),
        (70, "ms", "70.00ms"),
        (0.125, "ms", "0.13ms"),
        (0.012, "us", "12.00µs"),
        (61_500, "s", "61.50s"),
        (0, "us", "0.00µs"),
        (-0.125, "ms", "-0.13ms"),
    ],
)
def test_time_in_a_given_unit_is_rounded_to_two_decimals(
    duration_ms: float, unit: str, expected: str
) -> None:
    assert time_text(duration_ms, unit) == expected


@pytest.mark.parametrize(
    ("value", "contains", "unit", "expected"),
    [
        (1500, "time", "", "1.5s"),
        (1500, "time", "ms", "1500.00ms"),
        (1500, "time", "hours", "1.5s"),
        (1500, "data", "ms", "1.5 kB"),
        (1500, "default", "ms", "1500"),
        (math.inf, "time", "", "Infinity"),
        (-math.inf, "data", "", "-Infinity"),
        (math.nan, "default", "", "NaN"),
    ],
)
def test_value_is_shown_by_what_the_metric_contains(
    value: float, contains: str, unit: str, expected: str
) -> None:
    assert value_text(value, contains, unit) == expected
