"""k6/html as scripts use it, beside what the cases in tests/conformance/cases/html hold against k6 itself: where
k6py does better, pages whose trees are given up, limits, and that nobody pays for it who does not use it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jsbindings.html import ops
from jsbindings.html.pages import Pages
from tests.kit.run_script import run_iteration_code, run_script

IMPORTS = """
import { parseHTML } from 'k6/html';
const show = (value) => {
  if (value && value.toArray) { return value.toArray().map((one) => show(one.get(0))).join(); }
  return value && value.nodeName ? value.id() || value.nodeName() : value;
};
const thrown = (action) => { try { return action(); } catch (error) { return String(error); } };
"""
PAGE = """<!doctype html><body id=body><ul id=ul><li id=l1>1<li id=l2 class=k>2<li id=l3>3</ul>
<form id=form><textarea id=area>a &amp; b</textarea><select id=sel><option id=o1>1</select></form>
<map id=map name=m></map><img id=img usemap="#m"></body>"""


def answers(*expressions: str, native: bool = True) -> list[object]:
    """What the expressions are, in which `d` is PAGE."""
    listed = ",\n".join(f"() => ({expression})" for expression in expressions)
    code = f"""
      const d = parseHTML({json.dumps(PAGE)});
      const by = (id) => d.find('#' + id).get(0);
      for (const ask of [{listed}]) {{
        const answer = ask();
        console.log(JSON.stringify(answer === undefined ? 'undefined' : answer));
      }}
    """
    result = run_iteration_code(code, imports=IMPORTS, native=native)
    assert result.messages == []
    return [json.loads(line) for line in result.lines]


def lines_of(code: str, **how: object) -> list[str]:
    result = run_iteration_code(code, imports=IMPORTS, **how)
    assert result.messages == []
    return result.lines


# ---- where k6 crashes, or does what no script can rely on


@pytest.fixture(scope="module")
def better() -> Iterator[dict[str, object]]:
    yield dict(zip(BETTER, answers(*BETTER), strict=True))


BETTER: dict[str, object] = {
    # k6 panics.
    "show(d.find('li').slice(2, 1))": "",
    "show(d.find('li').slice(-9))": "l1,l2,l3",
    "show(d.find('li').slice(9))": "",
    "show(d.find('li').slice(1, undefined))": "l2,l3",
    "show(by('l3').nextSibling())": "undefined",
    "show(by('l1').previousSibling())": "undefined",
    "show(by('img').firstChild())": "undefined",
    "show(d.siblings())": "",
    "thrown(() => d.filter())": "GoError: the argument to filter() must be a function, a selector or a selection",
    "thrown(() => d.is())": "GoError: the argument to is() must be a function, a selector or a selection",
    "by('l1').isSameNode()": False,
    "by('l1').isEqualNode(undefined)": False,
    "by('ul').contains(null)": False,
    # k6 knows only elements without methods of their own.
    "by('l1').isSameNode(by('l1'))": True,
    "by('l1').isSameNode(by('l2'))": False,
    "by('o1').isEqualNode(by('o1'))": True,
    "by('ul').contains(by('l1'))": True,
    "by('l1').contains(by('ul'))": False,
    # k6 looks for an attribute of these names.
    "[by('area').value(), by('area').defaultValue(), by('area').length()]": ["a & b", "a & b", 5],
    # k6 finds none.
    "by('map').images().map(show)": ["img"],
    # What filter(), not() and is() pass on is a Selection, as map() does; in k6 it is an object of Go's.
    "show(d.find('li').filter((index, one) => one.is('.k')))": "l2",
    "d.find('li').map((index, one) => show(one))": ["l1", "l2", "l3"],
    # Elements of different pages do not mix.
    "thrown(() => d.find('li').add(parseHTML('<b>').find('b')))": (
        "GoError: the elements to add() are those of another document"
    ),
    "[d.find('ul').find(parseHTML('<li>').find('li')).size(), d.is(parseHTML('<p>'))]": [0, False],
    "by('l1').isSameNode(parseHTML(d.html()).find('#l1').get(0))": False,
    "by('l1').isEqualNode(parseHTML(d.html()).find('#l1').get(0))": True,
    # Messages name what was given.
    "thrown(() => d.find(by('l1')))": "GoError: invalid argument, cannot use a 'html.Element' as a selector",
}


@pytest.mark.parametrize("expression", BETTER)
def test_does_better_than_k6(expression: str, better: dict[str, object]) -> None:
    assert better[expression] == BETTER[expression]


# ---- functions of the script


def test_an_exception_in_each_tells_where_it_came_from(native: bool) -> None:
    code = """
      try { parseHTML('<p><p>').find('p').each((index) => { throw new TypeError(`in ${index}`); }); }
      catch (e) { console.log(e.name, e.message.replace(/file:.*script/, 'script')); }
      try { parseHTML('<p>').find('p').each(() => { throw 'text'; }); } catch (e) { console.log(e.message); }
    """
    first, second = lines_of(code, native=native)
    assert first.startswith("GoError the function passed to each() failed: TypeError: in 0 at script.js:")
    assert second == "the function passed to each() failed: text"


def test_an_abort_in_a_callback_ends_the_test() -> None:
    result = run_script(
        """
        import { parseHTML } from 'k6/html';
        import { test } from 'k6/execution';
        export default function () {
          parseHTML('<p><p>').find('p').map((index) => { console.log(index); test.abort('enough'); });
          console.log('never');
        }
        """
    )
    assert (result.exit_code, result.lines) == (108, ["0"])


# ---- pages


def test_works_in_every_phase_and_on_both_ways_into_quickjs(native: bool) -> None:
    script = """
      import { parseHTML } from 'k6/html';
      const early = parseHTML('<p id=a>init').find('p');
      const all = (p) => [p.text(), p.get(0).id(), p.data(), p.serialize(), p.get(0).parentElement().nodeName()];
      export function setup() { console.log(JSON.stringify(all(early))); }
      export default function () { console.log(JSON.stringify(all(early)), typeof early.get(0).value); }
      export function teardown() { console.log(JSON.stringify(all(parseHTML('<p id=b>end').find('p')))); }
    """
    result = run_script(script, native=native)
    assert result.messages == []
    assert result.lines == [
        '["init","a",{},"","body"]',
        '["init","a",{},"","body"] undefined',
        '["end","b",{},"","body"]',
    ]


def test_a_selection_outlives_its_tree(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    """Every page pushes all others out here, and each is asked again, in a later iteration, too."""
    made: list[Pages] = []

    def small() -> Pages:
        made.append(Pages(size_bytes_max=1))
        return made[-1]

    monkeypatch.setattr(ops, "Pages", small)
    script = """
      import { parseHTML } from 'k6/html';
      export const options = { iterations: 2 };
      const kept = [];
      export default function () {
        for (let i = 0; i < 20; i += 1) {
          const page = parseHTML(`<ul data-n=${__ITER}><li id=a>${i}<li id=b class=k>x</ul>`);
          kept.push([page.find('ul'), page.find('#b').get(0)]);
        }
        const told = ([ul, b]) => [ul.data('n'), ':', ul.text(), b.previousElementSibling().id(), b.matches('.k')];
        console.log(kept.map((one) => told(one).join('')).join());
      }
    """
    result = run_script(script, native=native)
    assert result.messages == []
    first, second = ([f"{n}:{i}xatrue" for i in range(20)] for n in range(2))
    assert result.lines == [",".join(first), ",".join(first + second)]
    assert [len(pages) for pages in made] == [1]


def test_virtual_users_share_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    original = ops.Document.__init__

    def count(self: ops.Document, source: str) -> None:
        parsed.append(source)
        original(self, source)

    monkeypatch.setattr(ops.Document, "__init__", count)
    script = """
      import { parseHTML } from 'k6/html';
      export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 3, iterations: 2 } } };
      export default function () { console.log(parseHTML('<p>same').find('p').text()); }
    """
    result = run_script(script, workers=1)
    assert result.lines == ["same"] * 6
    assert parsed == ["<p>same"]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("'<div>'.repeat(600)", "html: open stack of elements exceeds 512 nodes"),
        ("'x'.repeat(17 * 1024 * 1024)", "html: the document has 17825792 characters, more than 16777216"),
    ],
)
def test_what_is_too_large_is_refused(source: str, error: str) -> None:
    code = f"console.log(thrown(() => parseHTML({source})), parseHTML('<p>next').text());"
    assert lines_of(code) == [f"GoError: {error} next"]


def test_hostile_pages_take_no_time() -> None:
    """What makes other parsers quadratic: a second is a hundred times what these take."""
    code = """
      const started = Date.now();
      const sources = ['<b>', '<b></p>', '<a><table>', '<p a=', '</p>', '<svg><p>', '<!--', '&amp', '<select><option>'];
      for (const source of sources) { thrown(() => parseHTML(source.repeat(20000)).find('b p:not(i)').size()); }
      const attributes = Array.from({ length: 20000 }, (_, i) => `a${i}=1`).join(' ');
      console.log(parseHTML(`<p ${attributes}>`).find('p').attr('a19999'), Date.now() - started < 10000);
    """
    assert lines_of(code) == ["1 true"]


# ---- nobody pays for it who does not use it


@pytest.mark.slow
def test_the_parser_is_loaded_by_those_who_parse() -> None:
    probe = """
import sys
from tests.kit.run_script import run_script
script = '''
  import http from 'k6/http';
  %s
  export default function () { %s }
'''
result = run_script(script, workers=1)
assert result.messages == [], result.messages
print('turbohtml' in sys.modules)
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", probe % (line, code)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for line, code in [("", "http.cookieJar();"), ("import 'k6/html';", "")]
    ]
    assert told == ["False\n", "True\n"]


def test_parts_of_the_face_are_loaded_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    from jsbindings.registry import ModuleRegistry

    asked: list[str] = []
    original = ModuleRegistry.source

    def source(self: ModuleRegistry, name: str) -> str:
        asked.append(name)
        return original(self, name)

    monkeypatch.setattr(ModuleRegistry, "source", source)

    def parts(code: str) -> list[str]:
        asked.clear()
        run_iteration_code(code, imports="import { parseHTML } from 'k6/html';")
        return sorted({name for name in asked if name.startswith("k6py:html")})

    assert parts("parseHTML('<p>').find('p').text();") == ["k6py:html"]
    assert parts("parseHTML('<p>').serialize();") == ["k6py:html", "k6py:html-forms"]
    assert parts("parseHTML('<p>').get(0);") == ["k6py:html", "k6py:html-elements", "k6py:html-tags"]
