"""TypeScript to JavaScript: the compiler that dukpy ships, run in an interpreter of its own, its results
on disk.

Types are stripped and not checked, as k6 does.  Loading the compiler takes most of a second, so results
are kept
by content hash in the user's cache folder; a cache that cannot be written only costs time.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.engine.extension import package_folder
from runner.engine.sandbox import Sandbox
from runner.errors import ScriptError

_COMPILER = package_folder() / "jsmodules" / "typescriptServices.js"
_TRANSPILE = """
(() => {
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(dukpy.source, {
    fileName: dukpy.name,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, sourceMap: true },
  });
  return {
    code: outputText.replace(/\\n?\\/\\/# sourceMappingURL=.*\\s*$/, '\\n'),
    mappings: JSON.parse(sourceMapText).mappings,
    problems: diagnostics.map((d) => {
      const { line, character } = ts.getLineAndCharacterOfPosition(d.file, d.start);
      return [ts.flattenDiagnosticMessageText(d.messageText, ' '), line + 1, character + 1];
    }),
  };
})()
"""
# Part of the cache key: raise it when _TRANSPILE changes what it writes.
_FORMAT = "1"


class Compiled(NamedTuple):
    """JavaScript made from one TypeScript file.

    Args:
        code: an ES module or CommonJS file.
        mappings: the "mappings" text of its source map (version 3).
    """

    code: str
    mappings: str


class TypeScriptCompiler:
    """Compiles files one at a time; the compiler itself is loaded when the cache has no answer.

    Args:
        environ: the process environment; ``XDG_CACHE_HOME`` moves the cache.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        home = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        self._cache = Path(home) / "k6py" / "typescript"
        self._sandbox: Sandbox | None = None

    def compile(self, source: str, url: str) -> Compiled:
        """`source` without its types.

        Raises:
            ScriptError: it does not parse; the message has file, line and column.
        """
        # For TypeScript only: it loads OpenSSL.
        import hashlib

        key = hashlib.sha256(f"{_FORMAT}\0{source}".encode("utf-8", "replace")).hexdigest()
        path = self._cache / f"{key}.json"
        cached = _read(path)
        if cached is not None:
            return cached
        result = self._transpile(source, url)
        if result["problems"]:
            text, line, column = result["problems"][0]
            raise ScriptError(f"SyntaxError: {text}", f"\tat {url}:{line}:{column}\n")
        compiled = Compiled(result["code"], result["mappings"])
        _write(path, compiled)
        return compiled

    def _transpile(self, source: str, url: str) -> Any:
        if self._sandbox is None:
            self._sandbox = Sandbox()
            self._sandbox.evaluate(_COMPILER.read_text(encoding="utf-8") + "\n;null")
        return self._sandbox.evaluate(_TRANSPILE, source=source, name=url)


def _read(path: Path) -> Compiled | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Compiled(content["code"], content["mappings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, compiled: Compiled) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and moved, so that a run beside this one never reads half a file.
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(compiled._asdict()), encoding="utf-8")
        aside.replace(path)
