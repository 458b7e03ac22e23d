"""What a script file finds when it imports a k6 module, where that differs from an ES module's own exports.

In k6 a namespace import has no member ``default``, and a name that a module lacks is undefined instead of an
error.  Files that need it get a view of the module: a small ES module of their own that passes on its names.
Owns these views; what a file lacks is learned from QuickJS's refusal to link, and then the script loads again.
A file that imports both the default and the namespace of a module gets a view for each: then the specifier of
the namespace import is marked in the source.
"""

from __future__ import annotations

import json
import re
from typing import Protocol

# Only asks whether a view could make a difference: a hit in a comment costs a few bytes and changes nothing.
_NAMESPACE = re.compile(r"\*\s*as\b")
_NO_SUCH_EXPORT = re.compile(
    r"SyntaxError: Could not find export '(.+)' in module '(k6(?:[/#].+)?)'", re.DOTALL
)
_NAMESPACE_OF_K6 = re.compile(r"\*(\s*as\s+[\w$]+\s+from\s*)(['\"])(k6(?:/[\w./-]+)?)\2")
_MARK = "#*"


class Probe(Protocol):
    """Who can read JavaScript."""

    def is_module(self, source: str) -> bool:
        """Whether `source` parses as an ES module."""
        ...


class K6Imports:
    """The views of all script files of a process."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        # k6 modules of which some file imports a name that they do not have.
        self._incomplete: set[str] = set()
        self._has_namespace: dict[str, bool] = {}
        self._views: dict[tuple[str, str], str] = {}
        # By name of the view: what it exports besides the module's own names.
        self._added: dict[str, set[str]] = {}
        self._marked: dict[tuple[str, frozenset[str]], str] = {}

    def name(self, module: str, importer: str, code: str) -> str:
        """What `module` is called for the file `importer`: its own name, or that of a view.

        Args:
            code: the importing file.
        """
        if importer not in self._has_namespace:
            self._has_namespace[importer] = _NAMESPACE.search(code) is not None
        if module not in self._incomplete and not self._has_namespace[importer]:
            return module
        view = self._views.setdefault((module, importer), f"{module}#{len(self._views)}")
        self._added.setdefault(view, set())
        return view

    def marked(self, importer: str, code: str) -> str:
        """The file `importer` with its namespace imports marked where the default is imported beside them."""
        modules = frozenset(
            module
            for (module, file), view in self._views.items()
            if file == importer and "default" in self._added[view]
        )
        if not modules:
            return code
        key = importer, modules
        if key not in self._marked:
            self._marked[key] = self._mark(code, modules)
        return self._marked[key]

    def _mark(self, code: str, modules: frozenset[str]) -> str:
        # From the end, so that the positions of those that follow stay right.
        for found in reversed(list(_NAMESPACE_OF_K6.finditer(code))):
            start, end = found.span()
            # In a comment or a text two stars do no harm; then this is no import.
            is_import = not self._probe.is_module(f"{code[:start]}*{code[start:]}")
            if found[3] in modules and is_import:
                code = f"{code[: end - 1]}{_MARK}{code[end - 1 :]}"
        return code

    def source(self, name: str) -> str | None:
        """The ES module of a view; None when `name` is none."""
        if name not in self._added:
            return None
        module = json.dumps(name.partition("#")[0])
        lines = [f"export * from {module};", "let missing;"]
        for added in sorted(self._added[name]):
            if added == "default":
                lines.append(f"import * as all from {module};")
                lines.append("const whole = all.default ?? { ...all };\nexport { whole as default };")
            else:
                lines.append(f"export {{ missing as {json.dumps(added)} }};")
        return "\n".join(lines)

    def learn(self, error: str) -> bool:
        """Take in why a script did not link.

        Returns:
            whether it may link now.
        """
        found = _NO_SUCH_EXPORT.fullmatch(error)
        if found is None:
            return False
        name, module = found.groups()
        known = self._added.get(module, self._incomplete)
        entry = name if module in self._added else module
        if entry in known:
            return False
        known.add(entry)
        return True
