"""Execution segments: which part of a test this run is, when several machines share it.

Owns the fractions and who gets what: any count is divided so that the parts add up exactly, and everything that has a
number (virtual users, iterations) belongs to exactly one part, the same one as in k6.
Source: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fractions import Fraction

# The fractions module takes a noticeable part of a short run's start, and a whole needs none.
Border: TypeAlias = "Fraction | int"

# Turns after which the pattern repeats; enough for a test in ten thousand equal parts.
PATTERN_SIZE_MAX = 10_000


class ExecutionSegment:
    """One part of a whole.

    Args:
        start, end: where it begins and ends, between 0 and 1.
        sequence: borders of the parts, in rising order; what they leave out on either side is a part of its own.

    Raises:
        ValueError: this part is none of the sequence, or the whole has too many parts.
    """

    def __init__(self, start: Border, end: Border, sequence: Sequence[Border] = ()) -> None:
        borders = sorted({0, *(sequence or (start, end)), 1})
        self.start = start
        self.end = end
        self._weights, self._period = _weights(borders)
        try:
            self._mine = list(itertools.pairwise(borders)).index((start, end))
        except ValueError:
            listed = ",".join(map(str, sequence))
            raise ValueError(f"provided segment {self!r} can't be found in sequence {listed}") from None
        self._own = [turn for turn, part in enumerate(_turns(self._weights)) if part == self._mine]

    @property
    def length(self) -> Border:
        """Its share of the whole."""
        return self.end - self.start

    def scale(self, count: int) -> int:
        """How many of `count` things belong to this part."""
        rounds, rest = divmod(count, self._period)
        return rounds * len(self._own) + bisect.bisect_left(self._own, rest)

    def number_in_test(self, number: int) -> int:
        """The number in the whole test of this part's thing `number`, both from 0."""
        rounds, place = divmod(number, len(self._own))
        return rounds * self._period + self._own[place]

    def redivided(self, count: int) -> ExecutionSegment | None:
        """The division in which every part's share is what it gets of `count` things; None when this part gets none.

        k6 divides the iterations of some executors like this: so each virtual user has as much to do as the others.
        """
        from fractions import Fraction

        rounds, rest = divmod(count, self._period)
        shares = [rounds * weight for weight in self._weights]
        for part in _turns(self._weights)[:rest]:
            shares[part] += 1
        if not shares[self._mine]:
            return None
        before = sum(shares[: self._mine])
        borders = [Fraction(share, count) for share in itertools.accumulate(shares, initial=0)]
        mine = Fraction(before, count), Fraction(before + shares[self._mine], count)
        return ExecutionSegment(*mine, sequence=borders)

    def __repr__(self) -> str:
        return f"{self.start}:{self.end}"


def _weights(borders: Sequence[Border]) -> tuple[list[int], int]:
    """How many turns each part has until the parts repeat, and after how many turns they do."""
    period = math.lcm(*(border.denominator for border in borders))
    if period > PATTERN_SIZE_MAX:
        raise ValueError(
            f"the segments' common denominator {period} is too large, at most {PATTERN_SIZE_MAX}"
        )
    return [int((b - a) * period) for a, b in itertools.pairwise(borders)], period


def _turns(weights: Sequence[int]) -> list[int]:
    """Whose turn each one is.

    The largest parts choose first (of equals the first in line), each the turns that divide the period evenly, or the
    next ones that are still free.
    """
    period = sum(weights)
    turns = [-1] * period
    for part in sorted(range(len(weights)), key=lambda part: -weights[part]):
        turn = 0
        for number in range(weights[part]):
            turn = max(turn, -(-number * period // weights[part]))
            while turns[turn] != -1:
                turn += 1
            turns[turn] = part
    return turns


def parse_segment(text: str, sequence: str = "") -> ExecutionSegment:
    """A segment as k6 writes it: ``0:1/4``, ``25%:50%``, ``0.5:1``, or ``1/4`` for a first quarter; "" for all.

    Raises:
        ValueError: with k6's text, when it cannot be read, or does not fit the sequence.
    """
    return ExecutionSegment(*_part(text), sequence=_borders(sequence) if sequence else ())


def normal_segment(text: str) -> str:
    """A segment in k6's normal form, ``0:1/4``.

    Raises:
        ValueError: with k6's text.
    """
    return ":".join(map(str, _part(text)))


def normal_sequence(text: str) -> str:
    """A segment sequence in k6's normal form, ``0,1/4,1``.

    Raises:
        ValueError: with k6's text.
    """
    return ",".join(map(str, _borders(text)))


def _part(text: str) -> tuple[Border, Border]:
    if not text:
        return 0, 1
    start, colon, end = text.partition(":")
    return _checked(_fraction(start), _fraction(end)) if colon else _checked(0, _fraction(start))


def _borders(text: str) -> Sequence[Border]:
    points = text.split(",")
    if len(points) < 2:
        raise ValueError(
            f"at least 2 points are needed for an execution segment sequence, {len(points)} given"
        )
    borders = [_fraction(point) for point in points]
    for start, end in itertools.pairwise(borders):
        _checked(start, end)
    return borders


def _checked(start: Border, end: Border) -> tuple[Border, Border]:
    if start < 0:
        raise ValueError(f"segment start value must be at least 0 but was {float(start):.2f}")
    if start >= end:
        raise ValueError(f"segment start({float(start):.2f}) must be less than its end({float(end):.2f})")
    if end > 1:
        raise ValueError(f"segment end value can't be more than 1 but was {float(end):.2f}")
    return start, end


def _fraction(text: str) -> Fraction:
    from fractions import Fraction

    try:
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{text}' is not a valid percentage, decimal, fraction or interval value") from None
