"""Segments divide everything exactly, and evenly."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.options.segments import ExecutionSegment, parse_segment


@st.composite
def divisions(draw: st.DrawFn) -> list[Fraction]:
    inner = draw(st.sets(st.fractions(min_value=0, max_value=1, max_denominator=12), max_size=5))
    return sorted({Fraction(0), Fraction(1), *inner})


@given(divisions(), st.integers(0, 500))
def test_parts_add_up_and_every_number_belongs_to_exactly_one(borders: list[Fraction], count: int) -> None:
    parts = [ExecutionSegment(a, b, borders) for a, b in itertools.pairwise(borders)]
    assert sum(part.scale(count) for part in parts) == count
    numbers = [part.number_in_test(n) for part in parts for n in range(part.scale(count))]
    assert sorted(numbers) == list(range(count))


@given(divisions(), st.integers(0, 500))
def test_no_part_is_more_than_one_turn_of_each_other_part_from_its_share(
    borders: list[Fraction], count: int
) -> None:
    for a, b in itertools.pairwise(borders):
        part = ExecutionSegment(a, b, borders)
        assert abs(part.scale(count) - part.length * count) < len(borders)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("0:1/4", Fraction(0), Fraction(1, 4)),
        ("1/4", Fraction(0), Fraction(1, 4)),
        ("25%:50%", Fraction(1, 4), Fraction(1, 2)),
        ("0.5:1", Fraction(1, 2), Fraction(1)),
        ("", Fraction(0), Fraction(1)),
    ],
)
def test_segments_are_read_as_k6_writes_them(text: str, start: Fraction, end: Fraction) -> None:
    segment = parse_segment(text)
    assert (segment.start, segment.end) == (start, end)


def test_equal_parts_take_turns() -> None:
    thirds = "0,1/3,2/3,1"
    numbers = [
        [parse_segment(text, thirds).number_in_test(n) for n in range(3)]
        for text in ("0:1/3", "1/3:2/3", "2/3:1")
    ]
    assert numbers == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


# Observed in k6: the numbers of the virtual users of each part, in a test with one round of them.
@pytest.mark.parametrize(
    ("sequence", "parts"),
    [
        ("0,1/2,3/4,1", [[0, 2], [1], [3]]),
        ("0,1/5,1/2,1", [[3, 9], [1, 5, 7], [0, 2, 4, 6, 8]]),
        ("0,1/4,1", [[1], [0, 2, 3]]),
        ("0,1/2,2/3,1", [[0, 2, 4], [5], [1, 3]]),
    ],
)
def test_unequal_parts_take_turns_as_in_k6(sequence: str, parts: list[list[int]]) -> None:
    borders = [Fraction(border) for border in sequence.split(",")]
    assert parts == [
        [part.number_in_test(n) for n in range(part.scale(sum(map(len, parts))))]
        for part in (ExecutionSegment(a, b, borders) for a, b in itertools.pairwise(borders))
    ]


def test_iterations_are_redivided_by_what_each_part_has_of_the_vus() -> None:
    thirds = "0,1/3,2/3,1"
    parts = [parse_segment(text, thirds).redivided(5) for text in ("0:1/3", "1/3:2/3", "2/3:1")]
    # Observed in k6 with 5 virtual users and 12 shared iterations.
    assert [part and [part.number_in_test(n) for n in range(part.scale(12))] for part in parts] == [
        [0, 3, 5, 8, 10],
        [1, 4, 6, 9, 11],
        [2, 7],
    ]


def test_a_part_without_virtual_users_has_no_iterations() -> None:
    assert parse_segment("1/2:1").redivided(1) is None


def test_what_a_sequence_leaves_out_is_a_part_of_its_own() -> None:
    assert parse_segment("1/4:1/2", "1/4,1/2").number_in_test(0) == parse_segment("1/4:1/2").number_in_test(0)


INVALID = "is not a valid percentage, decimal, fraction or interval value"


@pytest.mark.parametrize(
    ("text", "sequence", "problem"),
    [
        ("x:1", "", f"'x' {INVALID}"),
        ("1/0:1", "", f"'1/0' {INVALID}"),
        ("1:1", "", r"segment start\(1.00\) must be less than its end\(1.00\)"),
        ("-1/2:1", "", "segment start value must be at least 0 but was -0.50"),
        ("0:2", "", "segment end value can't be more than 1 but was 2.00"),
        ("0:1/2", "0,1/3,1", "provided segment 0:1/2 can't be found in sequence 0,1/3,1"),
        ("0:1/2", "0,1/2,1/2,1", r"segment start\(0.50\) must be less than its end\(0.50\)"),
        ("0:1/2", "0", "at least 2 points are needed for an execution segment sequence, 1 given"),
        ("0:1/10007", "", "too large"),
    ],
)
def test_what_is_no_segment_says_why(text: str, sequence: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_segment(text, sequence)
