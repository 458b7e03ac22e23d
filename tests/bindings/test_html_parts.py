"""The parts of k6/html that need no script: selectors, links, trees and their cache."""

from __future__ import annotations

import pytest

from jsbindings.api import Thrown
from jsbindings.html import document as document_module
from jsbindings.html.document import Document
from jsbindings.html.links import link_parts, resolve_link
from jsbindings.html.pages import Pages
from jsbindings.html.render import inner_html, outline
from jsbindings.html.selectors import BadSelector, translate
from jsbindings.html.walks import walk, walk_until

# ---- selectors


@pytest.mark.parametrize(
    ("selector", "css"),
    [
        ("p", "p"),
        ("p.x#y", 'p[class~="x" s][id="y" s]'),
        ("a > b+c ~ d  e", "a > b + c ~ d e"),
        ("a,b", "a, b"),
        ("[a]", "[a]"),
        ('[a="b"]', '[a="b" s]'),
        ("[a=b i]", '[a="b" i]'),
        ("[a!=b]", ':not([a="b" s])'),
        ('[a^=""]', "[a]"),
        (r"#a\.b", '[id="a.b" s]'),
        (r".\31 x", '[class~="1x" s]'),
        ("[a='\"']", '[a="\\22 " s]'),
        (r"[a='b\'c']", '[a="b\'c" s]'),
        (r"a\:b", r"a\3a b"),
        ("p:NTH-CHILD( 2n + 1 )", "p:nth-child(2n + 1)"),
        ("p:not(a, b:has(i))", "p:not(a, b:has(i))"),
        ("p:haschild(a, b)", "p:has(> :is(a, b))"),
        ("/* x */ a /* y */ b", "a b"),
        ("a:hover", "a:not(*)"),
    ],
)
def test_a_selector_becomes_css(selector: str, css: str) -> None:
    assert translate(selector) == (css, ())


def test_what_css_cannot_say_becomes_marks() -> None:
    query = translate('p:contains("A b"):matches(x(y))[c#=^d$]')
    assert query.css == "p[k6py-mark0][k6py-mark1][k6py-mark2]"
    assert [mark[1:] for mark in query.marks] == [
        ("contains", "a b", ""),
        ("matches", "x(y)", ""),
        ("attribute matches", "^d$", "c"),
    ]


@pytest.mark.parametrize(
    "selector",
    [
        "", " ", ",", "a,", ",a", "a >", "> a", "a > > b", "a!", "a..b", ".", "#", "[", "[]", "[a", "[a=]", "[a=b",
        "[a=1]", '[a="b" s]', '[a="b\nc"]', '[a="b', "a:", "a::before", ":is(a)", ":eq(0)", ":not()", ":not(a",
        ":has(> a)", ":nth-child(x)", ":nth-child()", ":contains()", ":contains(a b)", ":contains('a'", ":matches()",
        ":matches(()", ":matches(a]b)", ":matches([)", "[a#=(]", "[a#=b", ":lang()", ":lang('en')", "a|b", "*|a",
        "a\\", "1", '"a"', "a/*", "a{", ":empty()",
    ],
)  # fmt: skip
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(BadSelector):
        translate(selector)


def test_marks_are_taken_off_again() -> None:
    page = Document("<p>a<b>b</b></p>")
    assert len(page.matches("p:contains(b), b:contains(b)")) == 2
    assert "k6py" not in inner_html(page, 0)
    assert page.matches("[k6py-mark0]") == []


def test_what_a_selector_means_is_remembered_for_some() -> None:
    page = Document("<p>")
    first = page.matches("p")
    for number in range(7):
        page.matches(f"#n{number}")
        assert page.matches("p") is first
    for number in range(8):
        page.matches(f".n{number}")
    assert page.matches("p") is not first


# ---- trees


def told(page: Document) -> list[tuple[str, str, int, int]]:
    return [
        (page.name(node), page.text(node), page.parents[node], page.ends[node])
        for node in range(len(page.nodes))
    ]


def test_numbers_mean_the_same_nodes_whenever_a_text_is_parsed() -> None:
    source = "<ul><li>a<li>b<template><i>t</i></template></ul><!-- c -->"
    first = told(Document(source))
    assert first == told(Document(source))
    assert [name for name, *_ in first] == [
        "#document", "html", "head", "body", "ul", "li", "#text", "li", "#text", "template", "i", "#text", "#comment",
    ]  # fmt: skip


def test_walks_reach_each_node_once() -> None:
    page = Document("<ul><li><b>x</b><li><li></ul>")
    items = page.matches("li")
    assert walk(page, items, "nextAll") == items[1:]
    assert walk(page, items, "prevAll") == items[:2]
    assert walk(page, items, "parent") == page.matches("ul")
    assert walk_until(page, items[:1], "nextAll", [items[2]]) == [items[1]]
    assert walk(page, [0], "siblings") == walk(page, [0], "nextAll") == walk(page, [0], "prevAll") == []


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("<p><!--a > b & c--><!-->x-->", "<p><!--a > b &amp; c--><!---->x--&gt;</p>"),
        ("<plaintext>a<b></i>", "<plaintext>a<b></i>"),
        ("<pre>\n\nx</pre>", "<pre>\n\nx</pre>"),
        ('<p a="\'"&quot;>', '<p a="&#39;" &quot;=""></p>'),
        ("<?php x ?>", ""),
    ],
)
def test_trees_are_written_as_go_writes_them(source: str, rendered: str) -> None:
    page = Document(source)
    (body,) = page.matches("body")
    assert inner_html(page, body) == rendered


def test_equal_nodes_have_the_same_outline() -> None:
    page = Document(
        "<p a=1 b=2>x<i></i></p><p b=2 a=1>x<i></i></p><p b=2 a=1>y<i></i></p><p a=1>x<i></i></p>"
    )
    first, same, *others = (outline(page, node) for node in page.matches("p"))
    assert first == same
    assert first not in others


@pytest.mark.parametrize(("source", "allowed"), [("<i></i>" * 20, 50), ("x" * 99, 10)])
def test_trees_have_bounds(source: str, allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    Document(source)
    monkeypatch.setattr(document_module, "NODES_MAX" if "<" in source else "SOURCE_LENGTH_MAX", allowed // 5)
    with pytest.raises(Thrown, match="more than"):
        Document(source)


# ---- the cache


def test_a_text_has_one_tree_as_long_as_there_is_room() -> None:
    pages = Pages(size_bytes_max=3 * Document("<p>1").size_bytes)
    one, two, three = (pages.parse(f"<p>{n}") for n in range(3))
    assert len({one, two, three}) == 3
    assert pages.parse("<p>0") == one
    four = pages.parse("<p>4")
    assert pages.find(two) is None
    assert all(pages.find(number) is not None for number in (one, three, four))
    assert pages.parse("<p>1") not in (one, two, three, four)
    assert len(pages) == 3


def test_a_tree_that_is_larger_than_the_room_is_kept_while_it_is_the_last() -> None:
    pages = Pages(size_bytes_max=1)
    first = pages.parse("<p>1")
    assert pages.find(first) is not None
    second = pages.parse("<p>2")
    assert pages.find(first) is None
    assert pages.find(second) is not None


def test_a_text_that_cannot_be_parsed_leaves_nothing_behind() -> None:
    pages = Pages()
    with pytest.raises(Thrown):
        pages.parse("<div>" * 600)
    assert len(pages) == 0


# ---- links


@pytest.mark.parametrize(
    ("base", "reference", "url"),
    [
        ("http://h/a/b", "c", "http://h/a/c"),
        ("http://h/a/b", "../../c", "http://h/c"),
        ("http://h/a/b?q#f", "", "http://h/a/b?q#f"),
        ("http://h/a/b?q#f", "?", "http://h/a/b?"),
        ("http://h/a/b?q#f", "#g", "http://h/a/b?q#g"),
        ("http://h/a", "//x:1/y", "http://x:1/y"),
        ("http://h/a", "mailto:x", "mailto:x"),
        ("http://h", "a", "http://h/a"),
        ("http://u:p@h/", "a b?c d#e f", "http://u:p@h/a%20b?c d#e%20f"),
        ("http://h/a", "http://a b/", ""),
        ("http://h/a", "%zz", ""),
        (":", "a", ""),
    ],
)
def test_links_are_resolved_as_in_go(base: str, reference: str, url: str) -> None:
    assert resolve_link(base, reference) == url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "https://h:443/a%20b?q#f%20g",
            {"host": "h", "port": "443", "origin": "https://h:443", "pathname": "/a b", "hash": "#f g"},
        ),
        ("https://h:444/", {"host": "h:444", "hostname": "h", "port": "444"}),
        ("http://[::1]:8/", {"host": "[::1]:8", "hostname": "::1", "port": "8"}),
        ("http://u:p%40@h/", {"username": "u", "password": "p@", "host": "h"}),
        ("rel", {"pathname": "/rel", "protocol": ":", "origin": "", "search": ""}),
        ("http://h:x/", {"protocol": ":", "host": "", "pathname": ""}),
    ],
)
def test_links_are_taken_apart_as_in_k6(url: str, parts: dict[str, str]) -> None:
    found = link_parts(url)
    assert {name: found[name] for name in parts} == parts
