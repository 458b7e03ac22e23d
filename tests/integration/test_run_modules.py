"""Scripts of several files: ES modules, CommonJS, URLs, and what is said when one of them cannot be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.errors import ExitCode
from tests.kit.run_script import Result, run_script

EMPTY = "export default function () {}"


def lines(script: str, **how: Any) -> list[str]:
    """What the script's iteration logged; init code, which runs twice, logs under __VU > 0 only."""
    result = run_script(script, **how)
    assert result.messages == []
    assert result.exit_code == ExitCode.OK
    return result.lines


def refusal(script: str, **how: Any) -> str:
    """The one line with which the run was refused."""
    result: Result = run_script(script, **how)
    assert result.exit_code == ExitCode.SCRIPT_EXCEPTION
    (entry,) = result.log
    # What does not load is no exception, which would have a stack trace for its source.
    is_exception = not entry["msg"].startswith("could not initialize")
    assert (entry["level"], entry.get("source")) == ("error", "stacktrace" if is_exception else None)
    assert result.stdout == ""
    text: str = entry["msg"]
    return text


# ---- what loads


def test_es_modules_import_each_other_by_relative_and_file_urls(native: bool, tmp_path: Path) -> None:
    (tmp_path / "far away.js").write_text("export const far = 3;")
    script = f"""
      import one, {{ two as second }} from './lib/one.js';
      import * as all from './lib/../lib/one.js';
      import {{ far }} from '{(tmp_path / "far away.js").as_uri()}';
      import {{ far as again }} from '{tmp_path}/far away.js';
      export default function () {{ console.log(one, second, Object.keys(all).sort().join(), far, again); }}
    """
    files = {"lib/one.js": "import { two } from './two.js'; export { two }; export default 'one';",
             "lib/two.js": "export const two = 2;"}  # fmt: skip
    assert lines(script, files=files, native=native) == ["one 2 default,two 3 3"]


def test_es_modules_may_import_each_other_in_a_circle(native: bool) -> None:
    script = (
        "import { even } from './even.js'; export default function () { console.log(even(10), even(7)); }"
    )
    files = {
        "even.js": "import { odd } from './odd.js'; export const even = (n) => n === 0 || odd(n - 1);",
        "odd.js": "import { even } from './even.js'; export const odd = (n) => n !== 0 && even(n - 1);",
    }
    assert lines(script, files=files, native=native) == ["true false"]


def test_a_module_is_evaluated_once_per_vu_however_it_is_reached(native: bool) -> None:
    script = """
      import { bump } from './a.js';
      import cjs from './b.js';
      const again = require('./b.js');
      bump();
      export default function () { console.log(cjs === again, cjs.bump === bump, bump()); }
    """
    files = {"a.js": "let n = 0; export const bump = () => (n += 1);",
             "b.js": "const { bump } = require('./a.js'); module.exports = { bump };"}  # fmt: skip
    assert lines(script, files=files, native=native) == ["true true 2"]


def test_commonjs_main_script_with_options_setup_and_default(native: bool) -> None:
    script = """
      const { sleep, default: k6 } = require('k6');
      exports.options = { vus: 1, iterations: 2 };
      exports.setup = () => ({ token: 7 });
      module.exports.default = function (data) { console.log(typeof sleep, k6.sleep === sleep, data.token, __ITER); };
    """
    assert lines(script, native=native) == ["function true 7 0", "function true 7 1"]


def test_commonjs_files_see_half_done_exports_of_a_circle(native: bool) -> None:
    script = "const a = require('./a.js'); exports.default = () => console.log(JSON.stringify(a));"
    files = {"a.js": "exports.early = 1; exports.b = require('./b.js').seen; exports.late = 2;",
             "b.js": "const a = require('./a.js'); exports.seen = Object.keys(a);"}  # fmt: skip
    assert lines(script, files=files, native=native) == ['{"early":1,"b":["early"],"late":2}']


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("exports.one = 1; exports.two = 2;", "1 2 one,two"),
        ("module.exports = { one: 1, two: 2 };", "1 2 one,two"),
        ("module.exports = () => 5; module.exports.one = 1; module.exports.two = 2;", "1 2 one,two"),
        ("this.one = 1; this.two = 2;", "1 2 one,two"),
        ("with ({ x: 1 }) { exports.one = x; } exports.two = delete exports.none ? 2 : 0;", "1 2 one,two"),
    ],
)
def test_forms_of_commonjs_exports(native: bool, source: str, shown: str) -> None:
    script = """
      import lib from './lib.js';
      export default function () { console.log(lib.one, lib.two, Object.keys(lib).join()); }
    """
    assert lines(script, files={"lib.js": source}, native=native) == [shown]


def test_names_of_a_commonjs_file_can_be_imported(native: bool) -> None:
    script = "import { one } from './lib.js'; export default function () { console.log(one); }"
    assert lines(script, files={"lib.js": "exports.one = 1;"}, native=native) == ["1"]


def test_require_finds_files_from_the_requiring_file_also_later_in_init(native: bool) -> None:
    script = """
      import { load } from './lib/load.js';
      await null;
      const beside = require('./beside.js');
      export default function () { console.log(load(), beside.name); }
    """
    files = {
        "lib/load.js": "const found = require('./beside.js').name; export const load = () => found;",
        "lib/beside.js": "exports.name = 'lib/beside';",
        "beside.js": "exports.name = 'beside';",
    }
    assert lines(script, files=files, native=native) == ["lib/beside beside"]


def test_top_level_await_runs_before_the_iterations(native: bool) -> None:
    script = """
      import { value } from './later.js';
      const more = await new Promise((done) => setTimeout(() => done(value + 1), 5));
      export default function () { console.log(value, more); }
    """
    files = {"later.js": "export const value = await new Promise((done) => setTimeout(done, 5, 1));"}
    assert lines(script, files=files, native=native) == ["1 2"]


def test_vendored_modules_stand_in_for_urls(native: bool) -> None:
    script = """
      import { x } from 'https://example.com/lib/1.0/index.js';
      import { x as again } from 'https://example.com/lib/1.0/index.js?query=1';
      export default function () { console.log(x, again); }
    """
    files = {"vendor/example.com/lib/1.0/index.js": "import { y } from './y.js'; export const x = y + 1;",
             "vendor/example.com/lib/1.0/y.js": "export const y = 1;"}  # fmt: skip
    assert lines(script, files=files, native=native) == ["2 2"]


# ---- what does not


@pytest.mark.parametrize(
    ("statement", "texts"),
    [
        ("import './none.js';", ['"./none.js" couldn\'t be found on local disk']),
        ("import './a.js';", ['"./sub/none.js" couldn\'t be found on local disk']),
        ("import 'lodash';", ['"lodash" couldn\'t be recognised as something k6 supports']),
        ("import 'https://example.com/x/y.js';", ["https://example.com/x/y.js", "vendor/example.com/x/y.js"]),
        ("import 'https://example.com/%2e%2e/%2e%2e/y.js';", ["vendor/example.com/y.js"]),
        ("import 'k6/nonsense';", ["unknown module: k6/nonsense"]),
        ("import 'k6/x/nonsense';", ["unknown module: k6/x/nonsense", "--module"]),
        ("import 'k6/experimental/redis';", ["k6/experimental/redis", "removed", "k6/x/redis"]),
        ("import { nope } from './b.js';", ["SyntaxError", "'nope'", "b.js"]),
        ("import 'k6py:kernel';", ["k6py:kernel", "internal"]),
        ("import 'k6py:console';", ["k6py:console", "internal"]),
        ("import 'k6py:hide/1';", ["k6py:hide/1", "internal"]),
        ("require('k6py:kernel');", ["k6py:kernel", "internal"]),
        ("import './kernel.js';", ["k6py:kernel", "internal"]),
        ("await import('k6py:kernel');", ["k6py:kernel", "internal"]),
        ("import './import-kernel.js'; await globalThis.loading;", ["k6py:kernel", "internal"]),
        ("await new Function(\"return import('k6py:kernel')\")();", ["k6py:kernel"]),
        ("require('./none.js');", ['"./none.js" couldn\'t be found']),
        ("import './syntax.js';", ["SyntaxError", "syntax.js:3:"]),
        ("\n\nlet x = ;", ["SyntaxError", "script.js:3:"]),
        ("require('./syntax.js');", ["SyntaxError", "syntax.js:3:"]),
        ("await new Promise(() => {});", ["awaits a promise that nobody will settle"]),
    ],
)
def test_what_cannot_be_loaded_is_told_with_its_name(statement: str, texts: list[str], native: bool) -> None:
    files = {
        "a.js": "import './sub/none.js';",
        "b.js": "export const x = 1;",
        "kernel.js": "exports.kernel = require('k6py:kernel');",
        "import-kernel.js": "exports.x = 1; globalThis.loading = import('k6py:kernel');",
        "syntax.js": "export const a = 1;\n\nlet x = ;\n",
    }
    message = refusal(f"{statement}\n{EMPTY}", files=files, native=native)
    assert all(text in message for text in texts), message
    assert message.count(texts[0]) == 1


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("throw Object.assign(new RangeError('r'), { code: 5 });", "RangeError r 5"),
        ("class Own extends Error {} throw new Own('o');", "Own o undefined"),
        ("throw 'text';", "String undefined undefined"),
        ("null.x;", "TypeError cannot read property 'x' of null undefined"),
        ("export const x = 1; throw new RangeError('r');", "RangeError r undefined"),
        ("import './thrower.js';", "RangeError from below 7"),
        ("require('./thrower.js');", "RangeError from below 7"),
        ("require('./none.js');", 'GoError The moduleSpecifier "./none.js"'),
        ("require('k6/nonsense');", "GoError unknown module: k6/nonsense"),
        ("export let x = ;", "SyntaxError unexpected token in expression: ';' (file:///"),
    ],
)
def test_error_of_a_required_file_can_be_caught_as_what_it_was(source: str, shown: str, native: bool) -> None:
    script = """
      let caught;
      try { require('./lib.js'); } catch (e) { caught = [e.constructor.name, e.message, e.code].map(String).join(' '); }
      export default function () { console.log(caught); }
    """
    files = {
        "lib.js": source,
        "thrower.js": "throw Object.assign(new RangeError('from below'), { code: 7 });",
    }
    (line,) = lines(script, files=files, native=native)
    assert line.startswith(shown)


def test_require_of_an_es_module_after_an_await_says_what_to_do(native: bool) -> None:
    script = f"await null; require('./lib.js'); {EMPTY}"
    message = refusal(script, files={"lib.js": "export const x = 1;"}, native=native)
    assert "after an await" in message and "import it instead" in message


def test_require_in_an_iteration_is_refused(native: bool) -> None:
    script = """
      export default function () { try { require('./a.js'); } catch (e) { console.log(e.name, e.message); } }
    """
    (line,) = lines(script, files={"a.js": ""}, native=native)
    assert line.startswith('GoError the "require" function is only available in the init stage')


@pytest.mark.parametrize(
    ("script", "code", "text"),
    [
        ("export function other() {}", 104, "function 'default' not found in exports"),
        ("", 255, "no exported functions"),
        ("export const x = 1;", 255, "no exported functions"),
        (f"throw new Error('i'); {EMPTY}", 107, "Error: i\n\tat file:///"),
        (f"throw 'i'; {EMPTY}", 107, "i"),
        (f"throw undefined; {EMPTY}", 107, "undefined"),
        (f"throw {{ toString() {{ throw 1; }} }}; {EMPTY}", 107, "r: "),
        (f"await Promise.reject(new Error('i')); {EMPTY}", 107, "Error: i"),
        (f"setTimeout(() => {{ throw new Error('i'); }}); {EMPTY}", 107, "Error: i"),
        (f"Promise.reject(new Error('i')); {EMPTY}", 107, "Error: i\n\tat file:///"),
    ],
)
def test_exit_codes_of_scripts_that_do_not_start(script: str, code: int, text: str, native: bool) -> None:
    result = run_script(script, native=native)
    assert result.exit_code == code
    (message,) = result.messages
    assert text in message
