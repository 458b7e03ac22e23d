from __future__ import annotations

import pytest

from runner.metrics.groups import Group
from runner.metrics.metric import MetricError
from runner.metrics.tags import TagSet


@pytest.mark.parametrize(
    ("path", "expected"),
    [("", "d41d8cd98f00b204e9800998ecf8427e"), ("::outer", "c34b428ee7255085dfe7fef53d3394d5")],
)
def test_group_id_is_the_one_of_k6(path: str, expected: str) -> None:
    assert Group.root().at_path(path).id == expected


def test_check_id_and_path_are_the_ones_of_k6() -> None:
    check = Group.root().child("outer").check("yes")
    assert (check.path, check.id) == ("::outer::yes", "7297bff08c0c8aacfa797bbe4a45350b")


def test_children_are_made_once_and_keep_their_order() -> None:
    root = Group.root()
    second, first = root.child("second"), root.child("first")
    assert root.child("second") is second
    assert list(root.groups.values()) == [second, first]
    assert second.child("inner").path == "::second::inner"


def test_child_with_the_empty_name_is_the_group_itself() -> None:
    root = Group.root()
    assert root.child("") is root


def test_at_path_finds_the_same_group_as_child() -> None:
    root = Group.root()
    assert root.at_path("::a::b") is root.child("a").child("b")
    assert root.at_path("") is root
    assert root.at_path("what stands before the colons::a") is root.child("a")


@pytest.mark.parametrize("method", ["child", "check"])
def test_name_with_a_double_colon_is_refused_in_the_words_of_k6(method: str) -> None:
    with pytest.raises(MetricError) as caught:
        getattr(Group.root(), method)("a::b")
    assert caught.value.message == "group and check names may not contain '::'"


def test_check_counts_passes_and_fails() -> None:
    check = Group.root().check("one")
    for passed in (True, False, True):
        check.add(passed)
    assert (check.passes, check.fails) == (2, 1)
    assert repr(check) == "<Check ::one 2 passes, 1 fails>"


def test_recorded_check_lands_in_the_group_of_its_tags() -> None:
    root = Group.root()
    root.record_check(TagSet.of({"group": "::a", "check": "one"}), True)
    root.record_check(TagSet.of({"group": "", "check": "two"}), False)
    assert root.child("a").check("one").passes == 1
    assert root.check("two").fails == 1


@pytest.mark.parametrize("tags", [{}, {"group": ""}, {"check": "one"}])
def test_check_without_its_tags_is_not_in_the_tree(tags: dict[str, str]) -> None:
    root = Group.root()
    root.record_check(TagSet.of(tags), True)
    assert root.checks == {}


def test_totals_have_each_name_once_in_the_order_first_seen_anywhere() -> None:
    root = Group.root()
    for path, name, passed in (("::a", "late", True), ("", "early", True), ("::b", "late", False)):
        root.record_check(TagSet.of({"group": path, "check": name}), passed)
    root.record_check(TagSet.of({"check": "without a group"}), True)
    with pytest.raises(MetricError):
        root.record_check(TagSet.of({"group": "", "check": "bad::name"}), False)
    assert root.totals.counts() == {
        "late": (1, 1),
        "early": (1, 0),
        "without a group": (1, 0),
        "bad::name": (0, 1),
    }
    assert root.child("a").totals is root.totals


def test_walk_gives_parents_before_children() -> None:
    root = Group.root()
    root.at_path("::a::b")
    root.at_path("::c")
    assert [group.path for group in root.walk()] == ["", "::a", "::a::b", "::c"]
    assert repr(root) == "<Group '' 2 groups, 0 checks>"


def test_merge_adds_counts_and_missing_groups() -> None:
    first, second = Group.root(), Group.root()
    first.check("one").add(True)
    second.check("one").add(False)
    second.at_path("::a::b").check("two").add(True)
    first.totals.add("one", 1, 0)
    second.totals.add("one", 0, 1)
    first.merge(second)
    assert first.totals.counts() == {"one": (1, 1)}
    assert (first.check("one").passes, first.check("one").fails) == (1, 1)
    assert first.at_path("::a::b").check("two").passes == 1
