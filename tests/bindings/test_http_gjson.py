"""GJSON selectors, held against what k6 v2.2.0 gives for the same ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jsbindings.http.gjson import select
from jsbindings.http.gjson_modifiers import MISSING, parse

# The document of GJSON's own description of its syntax, with some odd corners.
DOCUMENT: dict[str, Any] = {
    "name": {"first": "Tom", "last": "Anderson", "a.b": 5},
    "age": 37,
    "children": ["Sara", "Alex", "Jack"],
    "fav.movie": "Deer Hunter",
    "a*b": 1,
    "friends": [
        {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
        {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
        {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]},
    ],
    "nested": [[1, 2], [3, 4]],
    "deep": [1, [2, [3, [4]]], {"a": [5]}],
    "group": {"id": ["a", "b", "c"], "val": [1, 2], "no": 5},
    "objects": [{"a": 1}, {"b": 2}, 5, {"a": 3}],
    "quotes": ['a"b', "it's", "x\\y", "a.b", "(x)", "a|b"],
    "null": None,
    "text": "[1,2]",
    "bad": "{x",
    "nan": "NaN",
    "huge": "1e999",
    "": "empty",
    "#": "hash",
    "@this": "at",
}
VALUES = [True, False, None, MISSING, "x", 3, 0, "", "true", "T", "1", "0", "false", [], {}]
KINDS = {"items": [{} if value is MISSING else {"v": value} for value in VALUES]}


def check(document: Any, path: str, expected: Any) -> None:
    found = select(document, path)
    assert (found is MISSING) is (expected is MISSING), found
    # As JSON, in which true is not 1 and members have an order.
    assert expected is MISSING or json.dumps(found) == json.dumps(expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name.last", "Anderson"),
        ("name|last", "Anderson"),
        ("children.1", "Alex"),
        ("children.01", "Alex"),
        ("children.-1", MISSING),
        ("children.9", MISSING),
        ("children." + "9" * 5000, MISSING),
        ("children.first", MISSING),
        ("child*.2", "Jack"),
        ("c?ildren.0", "Sara"),
        ("children.*", MISSING),
        ("fav\\.movie", "Deer Hunter"),
        ("a\\*b", 1),
        ("name.fi\\rst\\", "Tom"),
        ("name.a\\.b", 5),
        ("null", None),
        ("null.x", MISSING),
        ("age.x", MISSING),
        ("", "empty"),
        (".", MISSING),
        ("name.", MISSING),
        ("name..first", MISSING),
        ("#", "hash"),
        ("\\@this", "at"),
        ("@nosuch", MISSING),
        ("@", MISSING),
        ("..#", 1),
        ("..0.age", 37),
    ],
)
def test_names_indices_and_wildcards(path: str, expected: Any) -> None:
    check(DOCUMENT, path, expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("friends.#", 3),
        ("friends|#", 3),
        ("friends.#.first", ["Dale", "Roger", "Jane"]),
        ("friends.#.nets.#", [3, 2, 2]),
        ("friends.#.nets.0", ["ig", "fb", "ig"]),
        ("friends.#.nothing", []),
        ("friends.#.#", []),
        ("friends.#.nets|0", ["ig", "fb", "tw"]),
        ("friends.#|0", MISSING),
        ("friends.#age", MISSING),
        ("nested.#.#", [2, 2]),
        ("age.#", MISSING),
        ('friends.#(last=="Murphy").first', "Dale"),
        ('friends.#(last=="Murphy")#.first', ["Dale", "Jane"]),
        ('friends.#[last=="Murphy"].first', "Dale"),
        ("friends.#(last=Murphy)#.age", [44, 47]),
        ("friends.#( age >= 47 )#.age", [68, 47]),
        ("friends.#(age>45)#|0.first", "Roger"),
        ("friends.#(age>45)#|#", 2),
        ("friends.#(age>45)#.#", []),
        ("friends.#(age>99).first", MISSING),
        ("friends.#(age>99)#", []),
        ('friends.#(first%"D*").last', "Murphy"),
        ('friends.#(first!%"D*").last', "Craig"),
        ('friends.#(first<"E").first', "Dale"),
        ('friends.#(nets.#(=="fb"))#.first', ["Dale", "Roger"]),
        ("friends.#(nets.#>2).first", "Dale"),
        ("friends.#(first)#.age", [44, 68, 47]),
        ("friends.#()#", []),
        ("friends.#(age>45", MISSING),
        ('children.#(!%"*a*")', "Alex"),
        ('children.#(%"*a*")#', ["Sara", "Jack"]),
        ("children.#(=Sara)", "Sara"),
        ("children.#(Sara)", MISSING),
        ("nested.#(#>1)#.0", [1, 3]),
        ('quotes.#(=="a\\"b")', 'a"b'),
        ("quotes.#(==it's)", "it's"),
        ('quotes.#(=="x\\\\y")', "x\\y"),
        ("quotes.#(==a.b)", "a.b"),
        ("quotes.#(==(x))", "(x)"),
        ('quotes.#(=="a|b")', "a|b"),
    ],
)
def test_arrays_and_queries(path: str, expected: Any) -> None:
    check(DOCUMENT, path, expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("v!=true", [False, "x", 3, "", "T", "1", "0", "false"]),
        ('v!="x"', [True, False, 3, "", "true", "T", "1", "0", "false"]),
        ("v!=3", [True, False, "x", 0, "", "true", "T", "1", "0", "false"]),
        ("v<true", [False, "", "T", "1", "0", "false"]),
        ("v<=true", [False, 0, "", "true", "T", "1", "0", "false"]),
        ("v>false", [True, "x", 3, "true"]),
        ("v>=false", [True, "x", 3, 0, "true", "false"]),
        ("v==true", [True, 0, "true"]),
        ("v==0", [0, "0"]),
        ("v<1", [0, "", "0"]),
        ("v==", [0, ""]),
        ("v==abc", [0]),
        ("v==null", [0]),
        ("v%*", ["x", "", "true", "T", "1", "0", "false"]),
        ("v%3", []),
        ("v", [True, False, None, "x", 3, 0, "", "true", "T", "1", "0", "false", [], {}]),
        ("v==~true", [True, 3, "true", "T", "1"]),
        ("v!=~true", [False, None, MISSING, "x", 0, "", "0", "false", [], {}]),
        ("v==~false", [False, None, MISSING, 0, "0", "false"]),
        ("v!=~false", [True, "x", 3, "", "true", "T", "1", [], {}]),
        ("v==~null", [None, MISSING]),
        ("v!=~*", [MISSING]),
        ("v>~true", []),
        ("v==~odd", []),
    ],
)
def test_comparisons_go_by_the_type_of_the_value(query: str, expected: list[Any]) -> None:
    check(KINDS, f"items.#({query})#", [{} if value is MISSING else {"v": value} for value in expected])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("children.@reverse", ["Jack", "Alex", "Sara"]),
        ("children|@reverse|0", "Jack"),
        ("friends.#.first.@reverse", ["Dale", "Roger", "Jane"]),
        ("friends.#.first|@reverse", ["Jane", "Roger", "Dale"]),
        ("group.@reverse.@keys", ["no", "val", "id"]),
        ("age.@reverse", 37),
        ("@this.age", 37),
        ("@this@this", MISSING),
        ("name.@pretty", DOCUMENT["name"]),
        ('@pretty:{"sortKeys":true}.age', 37),
        ("@ugly.name|first", "Tom"),
        ("age.@valid", 37),
        ("name.@keys", ["first", "last", "a.b"]),
        ("name.@values", ["Tom", "Anderson", 5]),
        ("children.@keys", [None, None, None]),
        ("children.@values.0", "Sara"),
        ("age.@keys", [None]),
        ("age.@values", [37]),
        ("deep.@flatten", [1, 2, [3, [4]], {"a": [5]}]),
        ('deep.@flatten:{"deep":true}', [1, 2, 3, 4, {"a": [5]}]),
        ("deep.@flatten:{odd}", [1, 2, [3, [4]], {"a": [5]}]),
        ("age.@flatten", 37),
        ("objects.@join", {"a": 3, "b": 2}),
        ('objects.@join:{"preserve":true}.a', 1),
        ("name.@join.first", "Tom"),
        ("nested.@join", {}),
        ("nested.@tostr", "[[1,2],[3,4]]"),
        ("text.@fromstr.1", 2),
        ("bad.@fromstr", MISSING),
        ("age.@fromstr", 37),
        ("nan.@fromstr", MISSING),
        ("huge.@fromstr", 1.7976931348623157e308),
        ("group.@group", [{"id": "a", "val": 1}, {"id": "b", "val": 2}, {"id": "c"}]),
        ("age.@group", MISSING),
        ("@dig:first", ["Tom", "Dale", "Roger", "Jane"]),
        ("friends.@dig:nets.0|1", "fb"),
        ("friends.@dig", []),
    ],
)
def test_modifiers(path: str, expected: Any) -> None:
    check(DOCUMENT, path, expected)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("{name.first,age}", {"first": "Tom", "age": 37}),
        ('{"x":name.first,y:friends.#.age}', {"x": "Tom", "y": [44, 68, 47]}),
        ("{a b:age}", {"a b": 37}),
        ("{name.first,nothing}", {"first": "Tom"}),
        ("{name.{first}}", {"_": {"first": "Tom"}}),
        ("{@this.age|@this}", {"@this": 37}),
        ('{"x":{"y":age}}', {"x": {"y": 37}}),
        ('{x:friends.#(age>45)#.first,y:!"a,b"}', {"x": ["Roger", "Jane"], "y": "a,b"}),
        ("{ age }", {}),
        ("{}", {}),
        ("{age}.age", 37),
        ("[name.first,nothing,age]", ["Tom", 37]),
        ("[age]|#", 1),
        ("[]", []),
        ("friends.#.{first,age}|1", {"first": "Roger", "age": 68}),
        ("friends.#.[first,age].0", ["Dale", "Roger", "Jane"]),
        ("{age", MISSING),
        ("[age", MISSING),
        ('!"a.b"', "a.b"),
        ('!{"a":1}.a', 1),
        ("!odd", MISSING),
        ("!Infinity", MISSING),
        ("!", MISSING),
    ],
)
def test_new_documents(path: str, expected: Any) -> None:
    check(DOCUMENT, path, expected)


def test_numbers_can_be_written_again() -> None:
    assert parse("[1e999, -1e999, 12345678901234567890]") == [
        1.7976931348623157e308,
        -1.7976931348623157e308,
        12345678901234567890,
    ]
