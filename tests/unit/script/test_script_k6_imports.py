"""Views of k6 modules: which file gets one, and what they export."""

from __future__ import annotations

import pytest

from runner.engine.sandbox import SyntaxProbe
from runner.script.k6_imports import K6Imports

FILE = "file:///s.js"
BOTH = "import http from 'k6/http';\nimport * as all from 'k6/http';\n"


def no_such_export(name: str, module: str) -> str:
    return f"SyntaxError: Could not find export '{name}' in module '{module}'"


@pytest.fixture
def imports() -> K6Imports:
    return K6Imports(SyntaxProbe())


def test_file_without_namespace_imports_gets_the_module_itself(imports: K6Imports) -> None:
    assert imports.name("k6/http", FILE, "import http from 'k6/http';") == "k6/http"
    assert imports.source("k6/http") is None


def test_namespace_import_gets_a_view_without_default(imports: K6Imports) -> None:
    view = imports.name("k6/http", FILE, "import * as http from 'k6/http';")
    assert view != "k6/http"
    assert imports.source(view) == 'export * from "k6/http";\nlet missing;'
    assert imports.name("k6/http", FILE, "import * as http from 'k6/http';") == view


def test_missing_name_is_learned_for_the_file_that_asks_and_for_no_other(imports: K6Imports) -> None:
    code = "import { nope } from 'k6/http';"
    assert imports.learn(no_such_export("nope", "k6/http"))
    mine, other = imports.name("k6/http", FILE, code), imports.name("k6/http", "file:///other.js", "")
    assert mine != other
    assert imports.learn(no_such_export("nope", mine))
    assert 'export { missing as "nope" };' in (imports.source(mine) or "")
    assert "nope" not in (imports.source(other) or "")


@pytest.mark.parametrize(
    "error",
    [
        "Error: boom",
        no_such_export("x", "file:///lib.js"),
        no_such_export("x", "k6py:kernel"),
        f"Error: {no_such_export('x', 'k6/http')}",
    ],
)
def test_other_errors_teach_nothing(imports: K6Imports, error: str) -> None:
    assert not imports.learn(error)


def test_nothing_is_learned_twice_so_that_loading_comes_to_an_end(imports: K6Imports) -> None:
    assert imports.learn(no_such_export("x", "k6/http"))
    assert not imports.learn(no_such_export("x", "k6/http"))
    view = imports.name("k6/http", FILE, "")
    assert imports.learn(no_such_export("x", view))
    assert not imports.learn(no_such_export("x", view))


def test_namespace_beside_default_is_marked_and_gets_a_view_of_its_own(imports: K6Imports) -> None:
    view = imports.name("k6/http", FILE, BOTH)
    assert imports.marked(FILE, BOTH) == BOTH
    assert imports.learn(no_such_export("default", view))
    assert imports.marked(FILE, BOTH) == BOTH.replace("all from 'k6/http'", "all from 'k6/http#*'")
    separate = imports.name("k6/http#*", FILE, BOTH)
    assert separate != view
    assert imports.source(separate) == 'export * from "k6/http";\nlet missing;'
    assert "default" in (imports.source(view) or "")


def test_texts_and_comments_that_look_like_imports_are_left_alone(imports: K6Imports) -> None:
    text = "const text = `\nimport * as x from 'k6/http';`; // import * as y from 'k6/http'\n"
    view = imports.name("k6/http", FILE, text + BOTH)
    assert imports.learn(no_such_export("default", view))
    marked = imports.marked(FILE, text + BOTH)
    assert marked.startswith(text)
    assert marked.count("#*") == 1
