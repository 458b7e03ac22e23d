"""Response.submitForm() and clickLink(): what a page says becomes the next request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from jsbindings.registry import BUILTIN
from tests.kit.http_server import HttpRequest, answer, as_json, http, http_url
from tests.kit.raw_server import RawServer
from tests.kit.run_script import run_iteration_code

pytestmark = pytest.mark.skipif("k6/html" not in BUILTIN, reason="pages are k6/html's")

PAGE = b"""<html><body>
<a name="here">none</a> <a href="/a?x=1">first</a> <a class="two" href="b">second</a> <a class="query" href="?q=1">q</a>
<a class="empty" href="">page</a> <a class="bad" href="http://[x">bad</a>
<form id="post" method="post" action="/post">
  <input name="text" value="1"><input type="hidden" name="on" value="y"><input value="without a name">
  <input type="submit" name="go" value="Go"><input type="submit" name="other" value="Other">
  <textarea name="area">some</textarea>
  <select name="many" multiple><option selected>1</option><option selected>2</option></select>
</form>
<form id="get" action="/get?old=1">
  <input name="b" value="2 3"><button type="submit" name="go" value="B">B</button>
</form>
<form id="bare"><input name="z" value="9"></form>
<form id="put" method="put" action="put"><input name="z" value="9"></form>
</body></html>"""


def respond(request: HttpRequest) -> bytes:
    if request.target == "/dir/page":
        return answer(200, PAGE if request.method == "POST" else b"<p>nothing</p>")
    return as_json(request)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(http(respond)) as server:
        yield server


def run(server: RawServer, *expressions: str) -> list[Any]:
    """What each expression gives, or what it throws."""
    code = "".join(
        f"try {{ seen.push({expression}); }} catch (e) {{ seen.push(String(e)); }}\n"
        for expression in expressions
    )
    imports = """
      import http from 'k6/http';
      const seen = [];
      const URL = __ENV.URL;
      const told = (r) => [r.json('method'), r.json('target'), r.json('body'), r.json('headers.content-type')];
    """
    code = f"const page = http.post(URL + '/dir/page'); {code} console.log(JSON.stringify(seen));"
    result = run_iteration_code(code, imports=imports, env={"URL": http_url(server)})
    found: list[Any] = json.loads(result.lines[-1])
    return found


FORM = "application/x-www-form-urlencoded"
SENT = "area=some&go=Go&many=1&many=2&on=y&text=1"


def test_links_lead_from_where_the_page_is(server: RawServer) -> None:
    assert run(
        server,
        "told(page.clickLink())",
        "told(page.clickLink({ selector: 'a.two', params: { headers: { 'X-A': 'b' } } }))",
        "page.clickLink({ selector: 'a.two', params: { headers: { 'X-A': 'b' } } }).json('headers.x-a')",
        "told(page.clickLink('ignored'))",
        "page.clickLink({ selector: 'a.query' }).request.url.replace(URL, '')",
        "page.clickLink({ selector: 'a.empty' }).url.replace(URL, '')",
    ) == [
        ["GET", "/a?x=1", "", None],
        ["GET", "/dir/b", "", None],
        "b",
        ["GET", "/a?x=1", "", None],
        "/dir/page?q=1",
        "/dir/page",
    ]


def test_what_is_no_link_is_an_exception(server: RawServer) -> None:
    at = f"in response '{http_url(server)}/dir/page'"
    assert run(
        server,
        "page.clickLink({ selector: '#none' })",
        "page.clickLink({ selector: 'a' })",
        "page.clickLink({ selector: 'a.bad' })",
        "http.get(URL + '/dir/page').clickLink()",
        "http.get(URL, { responseType: 'none' }).clickLink()",
    ) == [
        f"GoError: no element found for selector '#none' {at}",
        f"GoError: no valid href attribute value found on element 'a' {at}",
        "GoError: parse \"http://[x\": missing ']' in host",
        f"GoError: no element found for selector 'a[href]' {at}",
        "GoError: the body is null so we can't transform it to HTML - this likely was because of a request error"
        " getting the response",
    ]


def test_forms_are_sent_as_they_say(server: RawServer) -> None:
    assert run(
        server,
        "told(page.submitForm({ formSelector: '#post' }))",
        "told(page.submitForm({ formSelector: '#get' }))",
        "told(page.submitForm({ formSelector: '#put' }))",
        "page.submitForm({ formSelector: '#bare' }).url.replace(URL, '')",
        "told(page.submitForm({ formSelector: '#post', submitSelector: '[name=other]' }))",
        "told(page.submitForm({ formSelector: '#post', submitSelector: '#none' }))",
    ) == [
        ["POST", "/post", SENT, FORM],
        ["GET", "/get?b=2+3&go=B", "", None],
        ["PUT", "/dir/put", "z=9", FORM],
        "/dir/page?z=9",
        ["POST", "/post", SENT.replace("go=Go&", "").replace("&on=y", "&on=y&other=Other"), FORM],
        ["POST", "/post", SENT.replace("go=Go&", ""), FORM],
    ]


def test_fields_and_params_are_the_scripts(server: RawServer) -> None:
    fields = "{ text: 'new', more: [1, 2], none: null }"
    assert run(
        server,
        f"told(page.submitForm({{ formSelector: '#post', fields: {fields} }}))",
        "told(page.submitForm({ formSelector: '#get', fields: { b: 'x y' } }))",
        "page.submitForm({ formSelector: '#put', params: { headers: { 'X-A': 'b' } } }).json('headers.x-a')",
        "page.submitForm({ formSelector: '#put', fields: { f: http.file('x', 'n') } }).json('body').length > 200",
        "told(page.submitForm({ formSelector: '#put', params: { headers: { 'Content-Type': 'own/type' } } }))[3]",
    ) == [
        ["POST", "/post", "area=some&go=Go&many=1&many=2&more=1&more=2&none=%3Cnil%3E&on=y&text=new", FORM],
        ["GET", "/get?b=x+y&go=B", "", None],
        "b",
        True,
        "own/type",
    ]


def test_a_page_without_a_form_says_so(server: RawServer) -> None:
    at = f"in response '{http_url(server)}/dir/page'"
    assert run(
        server, "page.submitForm({ formSelector: '#none' })", "http.get(URL + '/dir/page').submitForm()"
    ) == [
        f"GoError: no form found for selector '#none' {at}",
        f"GoError: no form found for selector 'form' {at}",
    ]
