"""The native door: QuickJS's C API through ctypes, for what dukpy's public interface does slowly or not at
all.

Owns the three uses we make of it: bytes that cross without JSON, files compiled under their own name, and
nothing else
yet.  ``open_door`` answers None where the loaded library is not the one this file was written for; every
caller
has a slower path through dukpy's public interface then, and the tests run both.
"""

from __future__ import annotations

import ctypes
from typing import Any

from dukpy import _dukpy

from runner.errors import InternalError

# JSValue is a (payload, tag) pair on 64-bit builds only; other layouts must not be touched.
_LAYOUT_SUPPORTED = ctypes.sizeof(ctypes.c_void_p) == 8
_QUICKJS_VERSIONS = (b"0.11.",)
_TAG_EXCEPTION = 6
_EVAL_GLOBAL = 0
_EVAL_GLOBAL_WITHOUT_RUNNING = 0 | 1 << 5
_EVAL_MODULE_WITHOUT_RUNNING = 1 | 1 << 5
_OBJECT_BYTECODE = 1
# Without its text, which only Function.prototype.toString() of our own functions would show; lines stay.
_OBJECT_STRIP_SOURCE = 1 << 4
_CAPSULE_NAME = b"DUKPY_CONTEXT_CAPSULE"


class JSValue(ctypes.Structure):
    """QuickJS's JSValue on 64-bit platforms, passed by value."""

    _fields_ = [("payload", ctypes.c_uint64), ("tag", ctypes.c_int64)]


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
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return library if library.JS_GetVersion().startswith(_QUICKJS_VERSIONS) else None


_library = _load()

_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype = ctypes.c_void_p
_get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class NativeDoor:
    """QuickJS's C API for one interpreter; only used from inside an op of that interpreter."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._slots = JSValue()

    def bind_slots(self, name: str) -> None:
        """Remember the kernel's array of buffers, a global called `name` at this moment."""
        library, context = _library, self._context
        scope = library.JS_GetGlobalObject(context)
        # A borrowed reference: the kernel keeps the array alive as long as the interpreter lives.
        self._slots = library.JS_GetPropertyStr(context, scope, name.encode())
        library.JS_FreeValue(context, self._slots)
        library.JS_FreeValue(context, scope)

    def take_bytes(self, slot: int) -> bytes:
        """A copy of the ArrayBuffer that JavaScript put into `slot`."""
        value = _library.JS_GetPropertyUint32(self._context, self._slots, slot)
        size = ctypes.c_size_t()
        address = _library.JS_GetArrayBuffer(self._context, ctypes.byref(size), value)
        data = ctypes.string_at(address, size.value) if size.value else b""
        _library.JS_FreeValue(self._context, value)
        return data

    def put_bytes(self, slot: int, data: bytes) -> None:
        """Put a new ArrayBuffer with a copy of `data` into `slot`."""
        value = _library.JS_NewArrayBufferCopy(self._context, data, len(data))
        _library.JS_SetPropertyUint32(self._context, self._slots, slot, value)

    def define_module(self, name: str, source: str) -> None:
        """Make the ES module `name` known, so that an import finds it without asking a loader.

        Raises:
            InternalError: it does not parse.
        """
        _library.JS_FreeValue(self._context, self._compiled(name, source, _EVAL_MODULE_WITHOUT_RUNNING))

    def define_function(self, name: str, source: str) -> None:
        """Put the function that `source`, an expression of ours, describes into slot 0.

        Raises:
            InternalError: it does not parse.
        """
        code = self._compiled(name, source, _EVAL_GLOBAL_WITHOUT_RUNNING)
        # It takes the reference to `code` for its own.
        function = _library.JS_EvalFunction(self._context, code)
        _library.JS_SetPropertyUint32(self._context, self._slots, 0, function)

    def _compiled(self, name: str, source: str, flags: int) -> JSValue:
        """What `source` compiles to, from the bytecode of another interpreter when there is some."""
        code = _bytecode.get((name, source))
        if code is not None:
            value: JSValue = _library.JS_ReadObject(self._context, code, len(code), _OBJECT_BYTECODE)
            self._check(name, value)
            return value
        text = source.encode()
        value = _library.JS_Eval(self._context, text, len(text), name.encode(), flags)
        self._check(name, value)
        size = ctypes.c_size_t()
        flags = _OBJECT_BYTECODE | _OBJECT_STRIP_SOURCE
        address = _library.JS_WriteObject(self._context, ctypes.byref(size), value, flags)
        if address:
            _bytecode[name, source] = ctypes.string_at(address, size.value)
            _library.js_free(self._context, address)
        return value

    def _check(self, name: str, value: JSValue) -> None:
        if value.tag == _TAG_EXCEPTION:
            _library.JS_FreeValue(self._context, _library.JS_GetException(self._context))
            raise InternalError(f"the module {name} cannot be loaded; please report this")

    def compile(self, source: str, name: str) -> bool:
        """Evaluate one expression as a file called `name`; its value, or what it threw, lands in slot 0.

        Returns:
            True for a value, False for an exception.
        """
        code = source.encode("utf-8", "replace")
        value = _library.JS_Eval(self._context, code, len(code), name.encode(), _EVAL_GLOBAL)
        threw = value.tag == _TAG_EXCEPTION
        if threw:
            value = _library.JS_GetException(self._context)
        _library.JS_SetPropertyUint32(self._context, self._slots, 0, value)
        return not threw


# Compiled code of ours by name and source: what one interpreter compiled, all others of the process load.
_bytecode: dict[tuple[str, str], bytes] = {}


def keep_for_ever(capsule: object) -> None:
    """Never give the interpreter behind dukpy's `capsule` back, not even at the end of the process.

    QuickJS frees a module that is in the middle of an ``await`` twice, which ends the process.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(capsule))


def open_door(capsule: object) -> NativeDoor | None:
    """The native door of the interpreter behind dukpy's `capsule`, or None when the library is not known.

    The capsule's structure begins with the runtime and the context; the library itself confirms that
    before it is used.
    """
    if _library is None:
        return None
    address = _get_pointer(capsule, _CAPSULE_NAME)
    runtime, context = (ctypes.c_void_p * 2).from_address(address)[:2]
    if not context or _library.JS_GetRuntime(context) != runtime:
        return None
    return NativeDoor(context)
