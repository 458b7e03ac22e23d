from __future__ import annotations

import gc
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.metrics.tags import CHILDREN_MAX, EMPTY_TAGS, TagSet

TAGS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4)


@given(first=TAGS, second=TAGS)
def test_tag_sets_with_the_same_tags_are_one_object(first: dict[str, str], second: dict[str, str]) -> None:
    step_by_step = TagSet.of(first)
    for name, value in second.items():
        step_by_step = step_by_step.with_tag(name, value)
    assert step_by_step is TagSet.of(first).with_tags(second)
    assert step_by_step.as_dict() == {**first, **second}


def test_same_extension_twice_gives_the_same_object() -> None:
    base = EMPTY_TAGS.with_tag("scenario", "default")
    assert base.with_tag("a", "1") is base.with_tag("a", "1")
    assert base.with_tags({"a": "1"}) is base.with_tags({"a": "1"})


def test_extension_leaves_the_original_alone() -> None:
    base = TagSet.of({"a": "1"})
    assert base.with_tag("a", "2").get("a") == "2"
    assert base.get("a") == "1"


def test_items_are_sorted_by_name() -> None:
    assert TagSet.of({"b": "2", "a": "1"}).items() == (("a", "1"), ("b", "2"))


def test_without_takes_one_tag_away() -> None:
    tags = TagSet.of({"a": "1", "b": "2"})
    assert tags.without("a") is TagSet.of({"b": "2"})
    assert tags.without("missing") is tags


def test_get_of_a_missing_tag_gives_the_default() -> None:
    assert EMPTY_TAGS.get("a") is None
    assert EMPTY_TAGS.get("a", "x") == "x"


def test_with_no_tags_is_the_same_object() -> None:
    tags = TagSet.of({"a": "1"})
    assert tags.with_tags({}) is tags


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [({}, True), ({"a": "1"}, True), ({"a": "1", "b": "2"}, True), ({"a": "2"}, False), ({"c": "1"}, False)],
)
def test_contains_all_compares_names_and_values(wanted: dict[str, str], expected: bool) -> None:
    assert TagSet.of({"a": "1", "b": "2"}).contains_all(wanted) is expected


def test_membership_length_and_repr() -> None:
    tags = TagSet.of({"a": "1"})
    assert "a" in tags
    assert "b" not in tags
    assert len(tags) == 1
    assert repr(tags) == "TagSet({'a': '1'})"


def test_pickled_tag_set_comes_back_as_the_same_object() -> None:
    tags = TagSet.of({"a": "1"})
    assert pickle.loads(pickle.dumps(tags)) is tags


def test_extensions_remembered_by_one_tag_set_are_bounded() -> None:
    base = TagSet.of({"test": "bounded"})
    for n in range(CHILDREN_MAX * 3):
        base.with_tag("url", str(n))
    gc.collect()
    alive = [tags for tags in TagSet._interned.values() if tags.get("test") == "bounded" and "url" in tags]
    assert len(alive) <= CHILDREN_MAX
