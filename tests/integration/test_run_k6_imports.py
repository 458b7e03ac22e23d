"""What scripts get when they import from k6 modules: missing names, namespaces, defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import ExitCode
from tests.kit.run_script import run_script


def lines(script: str, **how: object) -> list[str]:
    result = run_script(script, **how)  # type: ignore[arg-type]
    assert result.messages == []
    assert result.exit_code == ExitCode.OK
    return result.lines


def test_names_that_a_k6_module_lacks_are_undefined(native: bool) -> None:
    script = """
      import k6, { one, check, two as renamed, "a name" as odd } from 'k6';
      import { three } from './lib.js';
      export const options = { vus: 2, iterations: 2 };
      export default function () { console.log(one, renamed, odd, three, typeof check, k6.check === check); }
    """
    files = {"lib.js": "import { four } from 'k6/http'; export const three = four;"}
    expected = "undefined undefined undefined undefined function true"
    assert lines(script, files=files, native=native) == [expected] * 2


def test_init_code_runs_no_more_often_for_a_missing_name() -> None:
    script = """
      import { NAME } from 'k6/http';
      console.log('init', __VU);
      export default function () {}
    """
    assert lines(script.replace("NAME", "nothing")) == lines(script.replace("NAME", "get"))


def test_namespace_of_a_k6_module_has_no_default_even_beside_a_default_import(native: bool) -> None:
    script = """
      import * as metrics from 'k6/metrics';
      import http, { get } from 'k6/http'; import * as all from 'k6/http';
      export * as timers from 'k6/timers';
      import { names } from './lib.js';
      const text = `
      import * as http from 'k6/http';`;
      export default function () {
        console.log(Object.keys(metrics).join(), 'default' in all, http.get === all.get, http.get === get, names);
        console.log(text.trim());
      }
    """
    files = {"lib.js": "import * as k6 from 'k6'; export const names = Object.keys(k6).sort().join();"}
    assert lines(script, files=files, native=native) == [
        "Counter,Gauge,Rate,Trend false true true check,fail,group,randomSeed,sleep",
        "import * as http from 'k6/http';",
    ]


def test_name_missing_in_one_file_does_not_show_in_the_namespace_of_another() -> None:
    script = """
      import { nothing } from 'k6/timers';
      import { names } from './lib.js';
      export default function () { console.log(nothing, names); }
    """
    files = {
        "lib.js": "import * as timers from 'k6/timers'; export const names = Object.keys(timers).sort().join();"
    }
    assert lines(script, files=files) == ["undefined clearInterval,clearTimeout,setInterval,setTimeout"]


def test_module_without_a_default_has_one_made_of_its_members(tmp_path: Path) -> None:
    module = tmp_path / "own.py"
    module.write_text(
        "from jsbindings.api import Binding\n"
        "class Own(Binding):\n"
        "    module = 'k6/x/own'\n"
        "    face = 'export const a = 1, b = 2;'\n"
    )
    script = "import own from 'k6/x/own'; export default function () { console.log(JSON.stringify(own)); }"
    assert lines(script, modules=[str(module)]) == ['{"a":1,"b":2}']


def test_name_that_a_script_file_lacks_is_still_an_error() -> None:
    script = "import { missing } from './lib.js'; import { nothing } from 'k6'; export default function () {}"
    result = run_script(script, files={"lib.js": "export const here = 1;"})
    assert result.exit_code == ExitCode.SCRIPT_EXCEPTION
    (message,) = result.messages
    assert "SyntaxError: Could not find export 'missing'" in message


@pytest.mark.parametrize("how", ["import 'k6/experimental/timers';", "require('k6/experimental/timers');"])
def test_module_that_k6_took_out_says_what_to_use_instead(how: str) -> None:
    result = run_script(f"{how} export default function () {{}}")
    assert result.exit_code == ExitCode.SCRIPT_EXCEPTION
    (message,) = result.messages
    assert message.startswith(
        "error: GoError: k6/experimental/timers has been removed from k6, please use k6/timers instead"
    )
