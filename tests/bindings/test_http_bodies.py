"""Bodies of requests: forms, files and multipart, and values as Go prints them."""

from __future__ import annotations

import email.parser
import email.policy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from jsbindings.http.multipart import Part, encode, new_boundary
from tests.kit.http_server import HttpRequest, as_json, http, http_url
from tests.kit.raw_server import RawServer
from tests.kit.run_script import run_iteration_code, run_script

IMPORTS = """
import http from 'k6/http';
const seen = [];
const URL = __ENV.URL;
const thrown = (action) => { try { action(); } catch (e) { return String(e); } return 'nothing'; };
"""


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(http(as_json)) as server:
        yield server


def run(server: RawServer, code: str, **how: Any) -> list[Any]:
    """What the code pushed to `seen`."""
    code = f"{code} console.log(JSON.stringify(seen));"
    result = run_iteration_code(code, imports=IMPORTS, env={"URL": http_url(server)}, **how)
    found: list[Any] = json.loads(result.lines[-1])
    return found


def parts(request: HttpRequest) -> list[tuple[str, bytes]]:
    """Head and content of each part of a multipart body, as the standard library reads it."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    assert message.is_multipart() and not message.defects
    found = []
    for part in message.iter_parts():
        lines = "; ".join([part["content-disposition"], *filter(None, [part["content-type"]])])
        found.append((lines, part.get_payload(decode=True)))
    return found


# ---- http.file()


OCTETS = "application/octet-stream"
FILES = {
    "'text', 'a.txt'": {"data": "text", "filename": "a.txt", "content_type": OCTETS},
    "'text', 'a.txt', 'x/y'": {"data": "text", "filename": "a.txt", "content_type": "x/y"},
    "'', null, undefined": {"data": "", "filename": "", "content_type": ""},
    "'x', 5, 6": {"data": "x", "filename": "5", "content_type": "6"},
}


def test_a_file_is_an_object_of_three_members(server: RawServer) -> None:
    seen = run(server, "".join(f"seen.push(http.file({arguments}));" for arguments in FILES))
    assert dict(zip(FILES, seen, strict=True)) == FILES


def test_files_without_a_name_get_different_ones(server: RawServer) -> None:
    seen = run(server, "seen.push(http.file('x').filename, http.file('x').filename);")
    assert seen[0] != seen[1] and all(name.isdigit() and len(name) == 19 for name in seen)


NO_FILES = {
    "": "<nil>",
    "null": "<nil>",
    "5": "int64",
    "true": "bool",
    "{}": "map[string]interface {}",
    "[1, 2]": "[]interface {}",
    "new Uint8Array(2)": "[]uint8",
    "new Float64Array(2)": "[]float64",
    "new DataView(new ArrayBuffer(2))": "map[string]interface {}",
}


def test_a_file_is_text_or_an_array_buffer(server: RawServer) -> None:
    code = "".join(f"seen.push(thrown(() => http.file({data})));" for data in NO_FILES)
    expected = [f"GoError: invalid type {kind}, expected string or ArrayBuffer" for kind in NO_FILES.values()]
    assert run(server, code) == expected


def test_files_can_be_made_in_the_init_context(server: RawServer) -> None:
    script = """
      import http from 'k6/http';
      const upload = http.file(open('data.bin', 'b'), 'data.bin');
      export default function () { http.post(__ENV.URL, { upload }); }
    """
    data = bytes(range(256))
    run_script(script, files={"data.bin": data}, env={"URL": http_url(server)})
    ((_, content),) = parts(server.told[0])  # type: ignore[arg-type]
    assert content == data


# ---- multipart


@pytest.mark.parametrize("native", [True, False], ids=["native", "plain"])
def test_a_form_with_a_file_is_multipart(server: RawServer, native: bool) -> None:
    code = """
      const bytes = new Uint8Array([0, 255, 13, 10, 45, 45]).buffer;
      const r = http.post(URL, {
        field: 'wört', number: 1.5, list: [1, 'a'], nothing: null,
        text: http.file('tëxt', 'ü "quoted".txt', 'text/plain'), bytes: http.file(bytes, 'b'),
      });
      seen.push(r.request.body.length > 400, r.request.body.includes('wört'));
    """
    assert run(server, code, native=native) == [True, True]
    (request,) = server.told
    assert isinstance(request, HttpRequest)
    assert parts(request) == [
        ('form-data; name="field"', "wört".encode()),
        ('form-data; name="number"', b"1.5"),
        ('form-data; name="list"', b"[1 a]"),
        ('form-data; name="nothing"', b"<nil>"),
        ('form-data; name="text"; filename="ü \\"quoted\\".txt"; text/plain', "tëxt".encode()),
        ('form-data; name="bytes"; filename="b"; application/octet-stream', b"\x00\xff\r\n--"),
    ]


def test_members_of_a_file_can_be_changed_and_copies_are_no_files(server: RawServer) -> None:
    code = """
      const upload = http.file('x', 'old');
      Object.assign(upload, { data: 'new', filename: 'new', content_type: null });
      http.post(URL, { upload });
      http.post(URL, { upload: { ...upload } });
      upload.data = [1];
      seen.push(http.post(URL, { upload }).error, http.post(URL, http.file('x')).error);
    """
    assert run(server, code) == [
        "invalid type []interface {}, expected string or ArrayBuffer",
        "unknown request body type *http.FileData",
    ]
    first, second = server.told
    assert isinstance(first, HttpRequest) and isinstance(second, HttpRequest)
    assert parts(first) == [('form-data; name="upload"; filename="new"', b"new")]
    assert second.headers["content-type"] == "application/x-www-form-urlencoded"
    assert second.body == b"upload=map%5Bcontent_type%3A%3Cnil%3E+data%3Anew+filename%3Anew%5D"


def test_a_content_type_of_the_scripts_own_stays(server: RawServer) -> None:
    code = """
      const headers = { 'content-type': 'own/type' };
      http.post(URL, { f: http.file('x', 'n') }, { headers });
      http.post(URL, { a: 1 }, { headers });
    """
    run(server, code)
    assert [told.headers["content-type"] for told in server.told] == ["own/type"] * 2  # type: ignore[attr-defined]


def test_what_was_sent_is_shown_as_text(server: RawServer) -> None:
    code = """
      const { request } = http.post(URL, new Uint8Array([65, 255, 66]));
      seen.push(Object.keys(request).includes('body'), JSON.parse(JSON.stringify(request)).body, request.body);
      const other = http.post(URL, new ArrayBuffer(2)).request;
      other.body = 'own';
      seen.push(other.body, http.get(URL).request.body, http.post(URL, { a: 1 }).request.body);
    """
    assert run(server, code) == [True, "A\ufffdB", "A\ufffdB", "own", "", "a=1"]


def test_names_cannot_break_out_of_their_quotes() -> None:
    body = encode([Part('a"\r\nb', b"1"), Part("\\", b"2", 'f"\n', "t/y\r\nX-Other: z")], "B").decode()
    assert body == (
        '--B\r\nContent-Disposition: form-data; name="a\\"%0D%0Ab"\r\n\r\n1\r\n'
        '--B\r\nContent-Disposition: form-data; name="\\\\"; filename="f\\"%0A"\r\n'
        "Content-Type: t/yX-Other: z\r\n\r\n2\r\n"
        "--B--\r\n"
    )


def test_boundaries_differ_and_are_as_long_as_in_k6() -> None:
    assert new_boundary() != new_boundary()
    assert len(new_boundary()) == 60


# ---- values as Go prints them


VALUES = {
    "'text'": "text",
    "true": "true",
    "null": "<nil>",
    "undefined": "<nil>",
    "1.5": "1.5",
    "-0": "-0",
    "1e21": "1e+21",
    "123456789012": "123456789012",
    "0.0001": "0.0001",
    "0.00001": "1e-05",
    "1.5e-7": "1.5e-07",
    "1e-300": "1e-300",
    "NaN": "NaN",
    "12n": "12",
    "{ b: 1, a: { c: null } }": "map[a:map[c:<nil>] b:1]",
    "[[1, [2]], []]": "[[1 [2]] []]",
    "new Set([1])": "[1]",
    "new Map([['a', 1]])": "[[a 1]]",
    "new Uint8Array([1, 2])": "[1 2]",
    "new Date(0)": "1970-01-01 00:00:00 +0000 UTC",
    "new Date(1234567890120)": "2009-02-13 23:31:30.12 +0000 UTC",
    "new Date(NaN)": "Invalid Date",
    "new String('x')": "x",
}


def test_values_in_a_form(server: RawServer) -> None:
    fields = ", ".join(f"x{number}: {value}" for number, value in enumerate(VALUES))
    run(server, f"http.post(URL, {{ {fields}, f: http.file('', 'f') }});")
    (request,) = server.told
    assert isinstance(request, HttpRequest)
    found = [content.decode() for _, content in parts(request)[:-1]]
    assert dict(zip(VALUES, found, strict=True)) == VALUES


NO_BODIES = {
    "5": "int64",
    "0.5": "float64",
    "true": "bool",
    "[1]": "[]interface {}",
    "() => 1": "func(sobek.FunctionCall) sobek.Value",
    "new Date(0)": "time.Time",
    "new Map()": "[][2]interface {}",
    "new Set()": "[]interface {}",
}


def test_bodies_that_are_none_are_named_as_go_names_them(server: RawServer) -> None:
    seen = run(server, "".join(f"seen.push(http.post(URL, {body}).error);" for body in NO_BODIES))
    assert seen == [f"unknown request body type {kind}" for kind in NO_BODIES.values()]
    assert server.told == []
