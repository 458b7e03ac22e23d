"""A bare interpreter for the host's own tools (syntax probe, TypeScript compiler); runs no script."""

from __future__ import annotations

import json
from typing import Any

from dukpy import _dukpy

from runner.errors import InternalError


class Sandbox:
    """Evaluates the host's own JavaScript; values cross as JSON in the global ``dukpy``."""

    def __init__(self) -> None:
        self._ctx = _dukpy.create_context()

    def evaluate(self, code: str, **values: Any) -> Any:
        """The value of `code`, which finds `values` as members of the global ``dukpy``.

        Raises:
            InternalError: the code threw.
        """
        try:
            answer = _dukpy.eval_string(
                self, code.encode("utf-8"), json.dumps(values).encode(), False, "<k6py>"
            )
        except _dukpy.JSRuntimeError as error:
            raise InternalError(f"a tool of k6py failed in its interpreter: {error}") from None
        return None if answer is None else json.loads(answer)


_PROBE = """
(() => {
  try {
    new Function('exports', 'require', 'module', dukpy.source);
    return true;
  } catch {
    return false;
  }
})()
"""


class SyntaxProbe:
    """Tells CommonJS files from ES modules the way QuickJS itself reads them."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None

    def is_commonjs(self, source: str) -> bool:
        """True when `source` parses as the body of a CommonJS wrapper: no import, export or await."""
        self._sandbox = self._sandbox or Sandbox()
        return bool(self._sandbox.evaluate(_PROBE, source=source))
