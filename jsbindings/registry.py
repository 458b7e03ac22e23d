"""The one table of all k6 modules, and how a name becomes a Binding class."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from jsbindings.api import Binding
from runner.errors import ImportFailed, ScriptError, UsageError

ENTRY_POINT_GROUP = "k6py.modules"

# Module name -> Python package with the Binding in ops.py.
BUILTIN = {
    "k6": "jsbindings.k6",
    "k6/crypto": "jsbindings.crypto",
    "k6/crypto/x509": "jsbindings.x509",
    "k6/data": "jsbindings.data",
    "k6/encoding": "jsbindings.encoding",
    "k6/execution": "jsbindings.execution",
    "k6/html": "jsbindings.html",
    "k6/http": "jsbindings.http",
    "k6/metrics": "jsbindings.metrics",
    "k6/timers": "jsbindings.timers",
    "k6/websockets": "jsbindings.websockets",
    "k6/experimental/csv": "jsbindings.experimental_csv",
    "k6/experimental/fs": "jsbindings.experimental_fs",
    "k6/experimental/streams": "jsbindings.experimental_streams",
    "k6/experimental/websockets": "jsbindings.experimental_websockets",
    "k6/ws": "jsbindings.ws",
    # Not for scripts: what stands behind the globals.
    "k6py:collation": "jsbindings.collation",
    "k6py:console": "jsbindings.console",
    "k6py:files": "jsbindings.files",
    "k6py:subtle": "jsbindings.webcrypto.subtle",
    "k6py:text-encoding": "jsbindings.text_encoding",
    "k6py:webcrypto": "jsbindings.webcrypto",
}

# JavaScript that faces share, or load when they need it.
_HELPERS = {
    "k6py:blob": "blob.js",
    "k6py:blob-contents": "blob_contents.js",
    "k6py:events": "events.js",
    "k6py:file-states": "experimental_fs/states.js",
    "k6py:go-text": "go_text.js",
    "k6py:go-values": "go_values.js",
    "k6py:html": "html/selection.js",
    "k6py:html-elements": "html/elements.js",
    "k6py:html-forms": "html/forms.js",
    "k6py:html-tags": "html/tags.js",
    "k6py:http/body": "http/body.js",
    "k6py:http/host": "http/host.js",
    "k6py:http/params": "http/params.js",
    "k6py:http/response": "http/response.js",
    "k6py:named-error": "named_error.js",
    "k6py:setup-data": "setup_data.js",
    "k6py:shared-view": "shared_view.js",
    "k6py:streams/known": "experimental_streams/known.js",
    "k6py:streams/queue": "experimental_streams/queue.js",
    "k6py:streams/readable": "experimental_streams/readable.js",
    "k6py:streams/writable": "experimental_streams/writable.js",
    "k6py:tags": "tags.js",
    "k6py:timers": "timers/timers.js",
    "k6py:turns": "turns.js",
}

# What every script finds without an import: whose members, the part that exports them, and their names
# (https://grafana.com/docs/k6/latest/javascript-api/init-context/ and pages beside it).
GLOBALS = (
    ("globalThis", "k6py:console", ("console",)),
    ("globalThis", "k6py:files", ("open",)),
    ("globalThis", "k6py:kernel/commonjs", ("require",)),
    ("globalThis", "k6py:text-encoding", ("TextEncoder", "TextDecoder")),
    ("globalThis", "k6py:webcrypto", ("crypto",)),
    ("globalThis", "k6py:timers", ("setTimeout", "clearTimeout", "setInterval", "clearInterval")),
    ("String.prototype", "k6py:collation", ("localeCompare",)),
)

# Modules of k6 v2.2.0 that this version does not have.
NOT_AVAILABLE = frozenset({"k6/browser", "k6/net/grpc", "k6/secrets"})

# Modules that k6 itself took out, and what to use now.
REMOVED = {
    "k6/experimental/redis": "the k6/x/redis extension",
    "k6/experimental/browser": "k6/browser",
    "k6/experimental/grpc": "k6/net/grpc",
    "k6/experimental/timers": "k6/timers",
    "k6/experimental/tracing": "the http-instrumentation-tempo jslib",
    "k6/experimental/webcrypto": "the global crypto object",
}


class ModuleRegistry:
    """Finds the Binding behind a module name: built-in, from an installed package, or from a file given by
    hand.

    Args:
        files: Python files with a Binding each (``--module``).
    """

    def __init__(self, files: Iterable[str] = ()) -> None:
        self._classes: dict[str, type[Binding]] = {}
        self._sources: dict[str, str] = {}
        for file in files:
            for binding in _bindings_of_file(Path(file)):
                self._classes[binding.module] = binding

    def find(self, name: str) -> type[Binding]:
        """The Binding class of the module `name`.

        Raises:
            ImportFailed: no such module, with what to do about it.
            ScriptError: k6 had it once.
        """
        if name not in self._classes:
            self._classes[name] = self._import(name)
        return self._classes[name]

    def source(self, name: str) -> str:
        """The JavaScript of the module `name`, for the loader; read once, whatever the number of interpreters."""
        if name not in self._sources:
            self._sources[name] = self._read(name)
        return self._sources[name]

    @property
    def shows_iterations(self) -> bool:
        """Whether a script has loaded a module that may show it the numbers of iterations."""
        return any(name == "k6/execution" or name.startswith("k6/x/") for name in self._sources)

    def _read(self, name: str) -> str:
        if name in _HELPERS:
            return (Path(__file__).parent / _HELPERS[name]).read_text(encoding="utf-8")
        return self.find(name).face_source()

    def _import(self, name: str) -> type[Binding]:
        package = BUILTIN.get(name)
        if package is not None:
            return _only_binding(importlib.import_module(f"{package}.ops"))
        # Only for modules of others: it takes as long to import as everything else about virtual users.
        from importlib.metadata import entry_points

        for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=name):
            found: type[Binding] = entry_point.load()
            return found
        if name in REMOVED:
            raise ScriptError(f"GoError: {name} has been removed from k6, please use {REMOVED[name]} instead")
        if name in NOT_AVAILABLE:
            raise ImportFailed(
                f"unknown module: {name} (a module of k6 that this version of k6py does not have yet)"
            )
        raise ImportFailed(
            f"unknown module: {name} (k6py finds modules of its own, installed ones by the entry point"
            f" group {ENTRY_POINT_GROUP}, and files given with --module)"
        )


def _only_binding(module: object) -> type[Binding]:
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Binding) and value is not Binding
    )


def _bindings_of_file(path: Path) -> list[type[Binding]]:
    name = f"k6py_module_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(f"--module {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Binding) and value.__module__ == name
    ]
    if not found or not all(binding.module for binding in found):
        raise UsageError(f"--module {path}: no subclass of jsbindings.api.Binding with a module name in it")
    return found
