"""What expressions of JavaScript come to in one run of a script, for tests with many of them.

values = evaluate(["1 + 1", "Promise.reject(new TypeError('no'))"])
assert values == ["2", "TypeError: no"]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.kit.run_script import run_script

_SCRIPT = """
%(imports)s
const texts = [];
const tell = async (thunk) => {
  try {
    texts.push(JSON.stringify(await thunk()) ?? 'undefined');
  } catch (error) {
    texts.push(String(error));
  }
};
const evaluate = async () => {
  for (const thunk of [%(thunks)s]) await tell(thunk);
};
%(init)s
%(in_init)s
export default async function () {
  %(in_iteration)s
  console.log(JSON.stringify(texts));
}
"""


def evaluate(
    expressions: Sequence[str], *, imports: str = "", init: str = "", in_init: bool = False, **how: Any
) -> list[str]:
    """Each expression's value as JSON, awaited, or what it threw as text.

    Args:
        imports: first lines of the script.
        init: init code before the expressions.
        in_init: evaluate in the init context, not in an iteration.
    """
    call = "await evaluate();"
    script = _SCRIPT % {
        "imports": imports,
        "thunks": ",\n".join(f"async () => ({expression})" for expression in expressions),
        "init": init,
        "in_init": call if in_init else "",
        "in_iteration": "" if in_init else call,
    }
    result = run_script(script, **how)
    assert result.messages == []
    (line,) = result.lines
    values: list[str] = json.loads(line)
    return values
