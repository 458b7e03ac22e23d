"""The rules of the code's shape, read from the source: who may import what, and how long a file may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path for folder in ("runner", "jsbindings") for path in (ROOT / folder).rglob("*.py"))
LINES_MAX = 400

# From the command line down; each imports from lines below its own, never from beside it.
ORDER = (
    ("runner.__main__",),
    ("runner.cli",),
    ("runner.execution", "runner.echo_server"),
    # The modules of k6, one folder each; nobody imports them, the registry finds them by name.
    ("jsbindings.*",),
    ("runner.vu",),
    ("runner.script", "jsbindings.registry"),
    ("runner.engine", "jsbindings.api"),
    ("runner.net",),
    ("runner.protocol", "runner.reactor"),
    ("runner.options", "runner.outputs"),
    ("runner.summary",),
    ("runner.metrics", "runner.log", "runner.ops"),
    ("runner.errors",),
    # The version number.
    ("runner",),
)
RANKS = {unit: rank for rank, units in enumerate(ORDER) for unit in units}

# These import nothing of ours but the errors.
LEAVES = ("runner.protocol", "runner.reactor", "runner.metrics", "runner.log", "runner.ops", "runner.errors")

# Who may import these from outside.
OWNERS = {
    "dukpy": ("runner.engine",),
    "wsproto": ("runner.protocol",),
    "h11": ("runner.protocol",),
    "socket": ("runner.net", "runner.reactor"),
    "ssl": ("runner.net", "runner.reactor"),
    "select": ("runner.net", "runner.reactor"),
    "selectors": ("runner.net", "runner.reactor"),
    "greenlet": ("runner.net", "runner.reactor"),
    "trustme": ("runner.net",),
    "optparse": ("runner.cli",),
}


def unit_of(module: str) -> str:
    """The part of the program that a module belongs to, as ORDER names it."""
    parts = module.split(".")
    unit = ".".join(parts[:2])
    if unit in RANKS or parts[0] == "runner":
        return unit
    return "jsbindings.*"


def imports_of(path: Path) -> Iterator[str]:
    """Modules that a file imports when it runs; those for the type checker alone are left out."""
    return _imports(ast.parse(path.read_text(encoding="utf-8")))


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            for child in node.orelse:
                yield from _imports(child)
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module=module, level=level):
            assert level == 0, "imports are absolute here"
            assert module is not None
            yield module
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


by_file = pytest.mark.parametrize("path", FILES, ids=name_of)


@by_file
def test_imports_point_down(path: Path) -> None:
    unit = unit_of(name_of(path))
    targets = {unit_of(name) for name in imports_of(path) if name.split(".")[0] in ("runner", "jsbindings")}
    assert {unit, *targets} <= set(RANKS), "a part of the program that has no place in ORDER"
    upward = {target for target in targets - {unit} if RANKS[target] <= RANKS[unit]}
    assert not upward, f"{unit} stands below or beside {upward}, see ORDER"
    if unit in LEAVES:
        assert targets - {unit} <= {"runner.errors"}


@by_file
def test_libraries_stay_with_their_owners(path: Path) -> None:
    unit = unit_of(name_of(path))
    foreign = [name for name in imports_of(path) if unit not in OWNERS.get(name.split(".")[0], (unit,))]
    assert not foreign, f"only {OWNERS[foreign[0].split('.')[0]]} may import it"


@by_file
def test_file_says_what_it_is_for_and_can_be_read_at_one_go(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text)), "no module docstring"
    assert text.count("\n") <= LINES_MAX


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b, c\nfrom d import e", ["a.b", "c", "d"]),
        ("def f():\n  import a", ["a"]),
        ("if TYPE_CHECKING:\n  import a\nelse:\n  import b", ["b"]),
        ("try:\n  import a\nexcept ImportError:\n  import b", ["a", "b"]),
    ],
)
def test_imports_are_found_wherever_they_are(source: str, expected: list[str]) -> None:
    assert list(_imports(ast.parse(source))) == expected
