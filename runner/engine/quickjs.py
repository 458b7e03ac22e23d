"""The functions of QuickJS's C API that we call, in the library that dukpy brings, through ctypes.

Owns their signatures, and the check that the library is the one this was written for: `library` is None otherwise.
"""

from __future__ import annotations

import ctypes
from typing import Any

from runner.engine.extension import _dukpy

# JSValue is a (payload, tag) pair on 64-bit builds only; other layouts must not be touched.
_LAYOUT_SUPPORTED = ctypes.sizeof(ctypes.c_void_p) == 8
_QUICKJS_VERSIONS = (b"0.11.",)
TAG_INT, TAG_BOOL, TAG_UNDEFINED, TAG_EXCEPTION = 0, 1, 3, 6


EVAL_GLOBAL = 0

# Parts of the language: what contexts are made with, in the order in which JS_NewContext adds it, and what comes later.
EARLY_INTRINSICS = ("BaseObjects", "Eval", "RegExp", "JSON", "Proxy", "Promise", "BigInt", "WeakRef")
_LATE_INTRINSICS = ("Date", "MapSet", "TypedArrays")


class Text(ctypes.c_char_p):
    """A text of QuickJS, to be given back to it; `value` is its bytes up to the first zero."""


class JSValue(ctypes.Structure):
    """QuickJS's JSValue on 64-bit platforms, passed by value."""

    _fields_ = [("payload", ctypes.c_uint64), ("tag", ctypes.c_int64)]


# What QuickJS calls when a promise is made, and at other moments of its life.
PromiseHook = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, JSValue, JSValue, ctypes.c_void_p)

# What QuickJS calls when a promise is rejected without a handler, and when it gets one later.
RejectionTracker = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, JSValue, JSValue, ctypes.c_bool, ctypes.c_void_p)


def _load() -> Any:
    """The library with the signatures we use, or None when it is not what we know."""
    if not _LAYOUT_SUPPORTED:
        return None
    try:
        # PyDLL keeps the interpreter lock: QuickJS calls back into Python from some of these.
        library = ctypes.PyDLL(_dukpy.__file__)
        context, size = ctypes.c_void_p, ctypes.c_size_t
        signatures: dict[str, tuple[Any, list[Any]]] = {
            "JS_GetVersion": (ctypes.c_char_p, []),
            "JS_GetRuntime": (ctypes.c_void_p, [context]),
            "JS_GetGlobalObject": (JSValue, [context]),
            "JS_GetPropertyStr": (JSValue, [context, JSValue, ctypes.c_char_p]),
            "JS_GetPropertyUint32": (JSValue, [context, JSValue, ctypes.c_uint32]),
            "JS_SetPropertyUint32": (ctypes.c_int, [context, JSValue, ctypes.c_uint32, JSValue]),
            "JS_FreeValue": (None, [context, JSValue]),
            "JS_GetArrayBuffer": (ctypes.c_void_p, [context, ctypes.POINTER(size), JSValue]),
            "JS_NewArrayBufferCopy": (JSValue, [context, ctypes.c_char_p, size]),
            "JS_Eval": (JSValue, [context, ctypes.c_char_p, size, ctypes.c_char_p, ctypes.c_int]),
            "JS_EvalFunction": (JSValue, [context, JSValue]),
            "JS_GetException": (JSValue, [context]),
            "JS_WriteObject": (ctypes.c_void_p, [context, ctypes.POINTER(size), JSValue, ctypes.c_int]),
            "JS_ReadObject": (JSValue, [context, ctypes.c_char_p, size, ctypes.c_int]),
            "js_free": (None, [context, ctypes.c_void_p]),
            "JS_SetGCThreshold": (None, [context, size]),
            "JS_Call": (JSValue, [context, JSValue, JSValue, ctypes.c_int, ctypes.POINTER(JSValue)]),
            "JS_IsJobPending": (ctypes.c_bool, [context]),
            "JS_ExecutePendingJob": (ctypes.c_int, [context, ctypes.POINTER(context)]),
            "JS_NewStringLen": (JSValue, [context, ctypes.c_char_p, size]),
            "JS_ToCStringLen2": (context, [context, ctypes.POINTER(size), JSValue, ctypes.c_bool]),
            "JS_FreeCString": (None, [context, context]),
            "JS_DupValue": (JSValue, [context, JSValue]),
            "JS_SetHostPromiseRejectionTracker": (None, [context, RejectionTracker, ctypes.c_void_p]),
            "JS_SetPromiseHook": (None, [context, PromiseHook, ctypes.c_void_p]),
            "JS_SetPropertyStr": (ctypes.c_int, [context, JSValue, ctypes.c_char_p, JSValue]),
            "JS_NewContext": (context, [context]),
            "JS_NewContextRaw": (context, [context]),
            "JS_GetClassID": (ctypes.c_uint32, [JSValue]),
            "JS_GetClassProto": (JSValue, [context, ctypes.c_uint32]),
            "JS_FreeContext": (None, [context]),
            **{f"JS_AddIntrinsic{name}": (None, [context]) for name in EARLY_INTRINSICS + _LATE_INTRINSICS},
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return library if library.JS_GetVersion().startswith(_QUICKJS_VERSIONS) else None


library = _load()


def _untyped(name: str, result: Any) -> Any:
    """A function of the library once more, for calls by the thousand: ctypes takes arguments as they are.

    Checking them against their types costs as much as the rest of a call.  So pointers have to be c_void_p, and numbers
    fit into a C int.
    """
    if library is None:
        return None
    function = library[name]
    function.restype = result
    return function


call = _untyped("JS_Call", JSValue)
free_value = _untyped("JS_FreeValue", None)
free_text = _untyped("JS_FreeCString", None)
is_job_pending = _untyped("JS_IsJobPending", ctypes.c_bool)
new_string = _untyped("JS_NewStringLen", JSValue)
to_text = _untyped("JS_ToCStringLen2", Text)


get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
get_pointer.restype = ctypes.c_void_p
get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
