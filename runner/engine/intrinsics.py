"""Intrinsics, QuickJS's word for the parts of the language that a context may be made with or without.

Owns which of them come when a context is made, and how the others come later.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence

from runner.engine.quickjs import EARLY_INTRINSICS, EVAL_GLOBAL, JSValue, library

# What a class's constructor needs.
_ARGUMENTS = {"DataView": "new ArrayBuffer()"}
# QuickJS's numbers of classes of late intrinsics, as far as they were asked for; the same in all runtimes.
_class_ids: dict[str, int] = {}


def add_early(context: int) -> None:
    """Add to a new context what every script needs."""
    for name in EARLY_INTRINSICS:
        _add(context, name)


def add_late(
    context: ctypes.c_void_p, runtime: ctypes.c_void_p, name: str, classes: Sequence[str]
) -> Iterator[JSValue]:
    """Add Date, MapSet or TypedArrays, and give the constructors of its classes.

    Where a script has made the global object refuse them, they are nowhere else.
    """
    if not _class_ids.keys() >= set(classes):
        _learn_class_ids(runtime, classes)
    _add(context, name)
    for class_name in classes:
        prototype = library.JS_GetClassProto(context, _class_ids[class_name])
        yield library.JS_GetPropertyStr(context, prototype, b"constructor")
        library.JS_FreeValue(context, prototype)


def _add(context: int | ctypes.c_void_p, name: str) -> None:
    getattr(library, f"JS_AddIntrinsic{name}")(context)


def _learn_class_ids(runtime: ctypes.c_void_p, classes: Sequence[str]) -> None:
    scratch = ctypes.c_void_p(library.JS_NewContext(runtime))
    for name in classes:
        code = f"new {name}({_ARGUMENTS.get(name, '')})".encode()
        value = library.JS_Eval(scratch, code, len(code), b"", EVAL_GLOBAL)
        _class_ids[name] = library.JS_GetClassID(value)
        library.JS_FreeValue(scratch, value)
    library.JS_FreeContext(scratch)
