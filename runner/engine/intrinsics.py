"""Intrinsics, QuickJS's word for the parts of the language that a context may be made with or without.

Owns which of them come when a context is made, and how the others come later.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence

from runner.engine.quickjs import JSValue, library

# In the order in which JS_NewContext adds them.
_EARLY = ("BaseObjects", "Eval", "RegExp", "JSON", "Proxy", "Promise", "BigInt", "WeakRef")

# An instance of each class of the late ones, which are Date, MapSet and TypedArrays.
_INSTANCES = {
    **{
        name: f"new {name}()".encode()
        for name in (
            *("Date", "Map", "Set", "WeakMap", "WeakSet", "ArrayBuffer"),
            *("Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"),
            *("Uint32Array", "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array"),
        )
    },
    "DataView": b"new DataView(new ArrayBuffer())",
}
# QuickJS's numbers of these classes, which are the same in all runtimes; empty until one is asked for.
_class_ids: dict[str, int] = {}
_EVAL_GLOBAL = 0


def add_early(context: int) -> None:
    """Add to a new context what every script needs."""
    for name in _EARLY:
        _add(context, name)


def add_late(
    context: ctypes.c_void_p, runtime: ctypes.c_void_p, name: str, classes: Sequence[str]
) -> Iterator[JSValue]:
    """Add Date, MapSet or TypedArrays, and give the constructors of its classes.

    Where a script has made the global object refuse them, they are nowhere else.
    """
    if not _class_ids:
        _learn_class_ids(runtime)
    _add(context, name)
    for class_name in classes:
        prototype = library.JS_GetClassProto(context, _class_ids[class_name])
        yield library.JS_GetPropertyStr(context, prototype, b"constructor")
        library.JS_FreeValue(context, prototype)


def _add(context: int | ctypes.c_void_p, name: str) -> None:
    getattr(library, f"JS_AddIntrinsic{name}")(context)


def _learn_class_ids(runtime: ctypes.c_void_p) -> None:
    scratch = ctypes.c_void_p(library.JS_NewContext(runtime))
    for name, code in _INSTANCES.items():
        value = library.JS_Eval(scratch, code, len(code), b"", _EVAL_GLOBAL)
        _class_ids[name] = library.JS_GetClassID(value)
        library.JS_FreeValue(scratch, value)
    library.JS_FreeContext(scratch)
