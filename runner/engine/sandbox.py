"""A bare interpreter for the host's own tools (syntax probe, TypeScript compiler); runs no script."""

from __future__ import annotations

import json
from typing import Any

from runner.engine.extension import _dukpy
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


class _ModuleReader:
    """Reads ES modules and stops before anything of them runs: no import of theirs can be resolved."""

    def __init__(self) -> None:
        self._ctx = _dukpy.create_context()
        self._count = 0

    # dukpy looks for `load` here.
    @property
    def loader(self) -> _ModuleReader:
        return self

    def _normalize_module(self, base: str, specifier: str) -> str:
        raise LookupError(f"{base} shall not load {specifier}")

    def parses(self, source: str) -> bool:
        self._count += 1
        code = f"import 'k6py:nothing';{source}"
        try:
            _dukpy.eval_string(self, code.encode("utf-8", "replace"), b"null", True, f"k6py:{self._count}")
        except _dukpy.JSRuntimeError as error:
            return not str(error).startswith("SyntaxError")
        raise InternalError("a module ran although its import cannot be resolved")


class SyntaxProbe:
    """Answers questions about source text the way QuickJS itself reads it; runs none of it."""

    def __init__(self) -> None:
        self._sandbox: Sandbox | None = None
        self._reader: _ModuleReader | None = None

    def is_module(self, source: str) -> bool:
        """True when `source` parses as an ES module."""
        self._reader = self._reader or _ModuleReader()
        return self._reader.parses(source)

    def is_commonjs(self, source: str) -> bool:
        """True when `source` parses as the body of a CommonJS wrapper: no import, export or await."""
        self._sandbox = self._sandbox or Sandbox()
        return bool(self._sandbox.evaluate(_PROBE, source=source))
