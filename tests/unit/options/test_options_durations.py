"""Durations: text to seconds and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.options.durations import fixed_length_duration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1m30s", 90),
        ("90s", 90),
        ("1h0.5m", 3630),
        ("1d", 86400),
        ("1d2h", 93600),
        ("0.5s", 0.5),
        (".5s", 0.5),
        ("1.s", 1),
        ("10us", 1e-05),
        ("10µs", 1e-05),
        ("10μs", 1e-05),
        ("100ns", 1e-07),
        ("250ms", 0.25),
        ("-1.5h", -5400),
        ("+2s", 2),
        ("0", 0),
        ("2500", 2.5),
        ("1.5", 0.0015),
    ],
)
def test_durations_are_read_as_go_and_k6_do(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", 'time: invalid duration ""'),
        ("soon", 'time: invalid duration "soon"'),
        ("-", 'time: invalid duration "-"'),
        (".s", 'time: invalid duration ".s"'),
        ("s", 'time: invalid duration "s"'),
        ("1x", 'time: unknown unit "x" in duration "1x"'),
        ("1 s", 'time: unknown unit " s" in duration "1 s"'),
        ("1m3", 'time: missing unit in duration "1m3"'),
        ("9999999999h", 'time: invalid duration "9999999999h"'),
    ],
)
def test_what_is_no_duration_is_refused_in_gos_words(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_duration(text)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (90, "1m30s"),
        (60, "1m0s"),
        (0.25, "250ms"),
        (2.5, "2.5s"),
        (3630, "1h0m30s"),
        (86400, "24h0m0s"),
        (1e-05, "10µs"),
        (1.5e-06, "1.5µs"),
        (1e-07, "100ns"),
        (3723.004, "1h2m3.004s"),
        (-1.5, "-1.5s"),
        (0.0125, "12.5ms"),
    ],
)
def test_durations_are_shown_as_go_does(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_shown_duration_reads_back(nanoseconds: int) -> None:
    seconds = nanoseconds / 1e9
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("longest_s", "text"),
    [
        (9.9, "1.0s"),
        (10, "01.0s"),
        (59.9, "01.0s"),
        (60, "0m01.0s"),
        (599.9, "0m01.0s"),
        (600, "00m01.0s"),
        (3600, "0h00m01.0s"),
        (10 * 3600, "00h00m01.0s"),
        (24 * 3600, "0d00h00m01.0s"),
        (240 * 3600, "00d00h00m01.0s"),
    ],
)
def test_moments_are_as_wide_as_the_longest_one(longest_s: float, text: str) -> None:
    assert fixed_length_duration(1.0, longest_s) == text


@pytest.mark.parametrize(
    ("seconds", "longest_s", "text"),
    [
        (0.04, 1, "0.0s"),
        (0.16, 1, "0.2s"),
        (12.3, 5, "12.3s"),
        (59.96, 60, "1m00.0s"),
        (754.3, 60, "12m34.3s"),
        (3600 + 61.5, 36000, "01h01m01.5s"),
        (25 * 3600, 24 * 3600, "1d01h00m00.0s"),
    ],
)
def test_moments_are_shown_to_a_tenth_of_a_second(seconds: float, longest_s: float, text: str) -> None:
    assert fixed_length_duration(seconds, longest_s) == text
