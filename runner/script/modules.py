"""Every module of a test: which file an import means, and its source as the interpreters take it.

One object per process serves all VUs, so that a file is read, recognised and compiled once.  Owns the
rules of
https://grafana.com/docs/k6/latest/using-k6/modules/ ; runs nothing.
"""

import errno
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from runner.engine.interpreter import KERNEL
from runner.engine.sandbox import SyntaxProbe
from runner.engine.typescript import TypeScriptCompiler
from runner.errors import ImportFailed
from runner.script.k6_imports import K6Imports
from runner.script.source_map import SourceMap

# Names that a CommonJS file assigns to its exports: what `import { name }` may ask of it.  Found by
# reading, as
# Node does it, because an ES module has to name its exports before it runs.
_CJS_EXPORT = (
    r"\bexports\.([A-Za-z_$][\w$]*)\s*=|defineProperty\(\s*exports\s*,\s*['\"]([A-Za-z_$][\w$]*)['\"]"
)


class Source(NamedTuple):
    """One file of the script.

    Args:
        code: JavaScript.
        commonjs: False for an ES module.
        positions: where the code came from, for TypeScript.
    """

    code: str
    commonjs: bool
    positions: SourceMap | None = None


class ScriptModules:
    """Resolves and loads modules for interpreters.

    Args:
        main: URL of the script.
        vendor_folders: where modules imported by URL are looked up, as ``<host>/<path>``.
        given: contents of files that need not be read, by URL: the script from standard input, or an archive.
        is_complete: `given` is all there is.
    """

    def __init__(
        self,
        main: str,
        *,
        vendor_folders: tuple[Path, ...],
        given: Mapping[str, bytes] | None = None,
        is_complete: bool = False,
    ) -> None:
        self.main = main
        self.own_modules: dict[str, None] = {}
        # Set by whoever knows the k6 modules, before the first interpreter is made.
        self.builtin: Callable[[str], str] = _no_builtin
        self._vendor_folders = vendor_folders
        self._contents = {canonical_url(url): content for url, content in (given or {}).items()}
        self._is_complete = is_complete
        self._sources: dict[str, Source] = {}
        # CommonJS files whose ES module, which is ours although it goes by the file's name, is being linked.
        self._wrappers: set[str] = set()
        self._probe = SyntaxProbe()
        self.k6_imports = K6Imports(self._probe)
        self._typescript = TypeScriptCompiler()

    # ---- what an interpreter asks

    def resolve(self, base: str, specifier: str) -> str:
        """The name of the module that `specifier` means in the module called `base`.

        Raises:
            ImportFailed: the specifier has a form that k6 does not support, or names nothing.
        """
        if specifier.startswith("k6py:"):
            return self._internal(base, specifier)
        if specifier.startswith(("k6/", "k6#")) or specifier == "k6":
            importer = self._sources.get(base)
            return specifier if importer is None else self.k6_imports.name(specifier, base, importer.code)
        if specifier.startswith(("http://", "https://", "file://")):
            return specifier
        if specifier.startswith(("./", "../", "/")):
            return urljoin(base if "://" in base else self.main, specifier)
        raise ImportFailed(
            f'The moduleSpecifier "{specifier}" couldn\'t be recognised as something k6 supports.'
        )

    def load(self, name: str) -> str:
        """The ES module text of a resolved name.

        Raises:
            ScriptError: there is no such file or module, or it does not parse as TypeScript.
        """
        if "://" not in name:
            return self.k6_imports.source(name) or self.builtin(name)
        source = self.source(name)
        if not source.commonjs:
            return self.k6_imports.marked(name, source.code)
        self._wrappers.add(name)
        return _as_module(name, source.code)

    def commonjs_source(self, name: str) -> str:
        """The code of a CommonJS file, without the ES module around it that load() gives."""
        return self.source(name).code

    def source(self, url: str) -> Source:
        """The file behind `url`, compiled to JavaScript."""
        source = self._sources.get(url)
        if source is None:
            source = self._sources[url] = self._compile(url, self._read(url))
        return source

    def original_position(self, url: str, line: int, column: int) -> tuple[int, int]:
        """Where a position in the compiled code of `url` stands in the file itself."""
        source = self._sources.get(url)
        if source is None or source.positions is None:
            return line, column
        return source.positions.original(line, column)

    # ---- files

    def path_of(self, url: str) -> Path:
        """The local file behind a URL: the file itself, or the vendored copy.

        Raises:
            ImportFailed: a URL that is not vendored.
        """
        parts = urlsplit(url)
        if parts.scheme == "file":
            return Path(unquote(parts.path))
        relative = Path(
            parts.netloc, *[part for part in unquote(parts.path).split("/") if part not in ("", "..")]
        )
        for folder in self._vendor_folders:
            if (folder / relative).is_file():
                return folder / relative
        if not self._vendor_folders:
            raise ImportFailed(f'The moduleSpecifier "{url}" isn\'t in the archive')
        raise ImportFailed(
            f'The moduleSpecifier "{url}" couldn\'t be loaded: k6py fetches no code from the network.'
            f" Save the module as {self._vendor_folders[0] / relative} and run again"
        )

    def read_file(self, url: str) -> bytes:
        """The content of a file of the test, read once per process.

        Raises:
            ImportFailed: a URL that is not vendored.
            OSError: the file cannot be read, or is not in the archive that is running.
        """
        key = canonical_url(url)
        if key not in self._contents:
            path = self.path_of(url)
            if self._is_complete:
                raise FileNotFoundError(errno.ENOENT, "not in the archive", str(path))
            self._contents[key] = path.read_bytes()
        return self._contents[key]

    def files(self) -> Mapping[str, bytes]:
        """Everything that was read so far, by URL."""
        return self._contents

    def _read(self, url: str) -> str:
        try:
            return self.read_file(url).decode("utf-8-sig", errors="replace")
        except OSError:
            raise ImportFailed(
                f'The moduleSpecifier "{self._shown(url)}" couldn\'t be found on local disk.'
                " Make sure that you've specified the right path to the file"
            ) from None

    def _compile(self, url: str, text: str) -> Source:
        if not url.endswith((".ts", ".mts", ".cts")):
            return Source(text, self._probe.is_commonjs(text))
        compiled = self._typescript.compile(text, url)
        return Source(compiled.code, self._probe.is_commonjs(compiled.code), SourceMap(compiled.mappings))

    def _shown(self, url: str) -> str:
        """The path as a script beside the main one would write it; k6 shows what was written."""
        folder = self.main.rpartition("/")[0] + "/"
        return "./" + url.removeprefix(folder) if url.startswith(folder) else url

    # ---- modules of k6

    def _internal(self, base: str, specifier: str) -> str:
        if base.startswith("k6"):
            return specifier
        if base in self._wrappers and specifier == KERNEL:
            self._wrappers.discard(base)
            return specifier
        raise ImportFailed(f'The moduleSpecifier "{specifier}" is internal to k6py; scripts cannot import it')


def canonical_url(url: str) -> str:
    """One spelling for each file: percent escapes only where they are needed."""
    return "file://" + quote(unquote(url[7:])) if url.startswith("file://") else url


def _no_builtin(name: str) -> str:
    raise ImportFailed(f"unknown module: {name}")


def _as_module(url: str, code: str) -> str:
    """An ES module that runs a CommonJS file and has its exports, as default and by name."""
    names = sorted({first or second for first, second in re.findall(_CJS_EXPORT, code)} - {"default"})
    lines = [
        # At the start of the first line, where the kernel knows that it is no code of the file's own.
        f"const exported = commonjs({json.dumps(url)});",
        f"import {{ commonjs }} from '{KERNEL}';",
        "export default exported;",
    ]
    for index, name in enumerate(names):
        lines.append(f"const name{index} = exported?.{name}; export {{ name{index} as {name} }};")
    return "\n".join(lines)
