"""The native door: QuickJS's C API through ctypes, for what dukpy's public interface does slowly or not at all.

Owns the uses we make of it: calls of the kernel's entry points without the two garbage collections of
``eval_string``, bytes that cross without JSON, files compiled under their own name, modules compiled once, and
whether there are promises.
``open_door`` answers None where the loaded library is not the one this file was written for; every caller has
a slower path through dukpy's public interface then, and the tests run both.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from runner.engine.entry import Answer, Argument, Entry, entry_of
from runner.engine.intrinsics import add_early, add_late
from runner.engine.quickjs import (
    EVAL_GLOBAL,
    TAG_BOOL,
    TAG_EXCEPTION,
    JSValue,
    PromiseHook,
    RejectionTracker,
    get_pointer,
    library,
)
from runner.errors import InternalError

# QuickJS collects when the heap has grown to this; from then on at one and a half times what was left.
_FIRST_COLLECTION_BYTES = 1
_EVAL_GLOBAL_WITHOUT_RUNNING = 0 | 1 << 5
_EVAL_MODULE_WITHOUT_RUNNING = 1 | 1 << 5
_OBJECT_BYTECODE = 1
# Without its text, which only Function.prototype.toString() of our own functions would show, and without names of files
# and lines, which no stack trace has of our own code.
_OBJECT_STRIP_SOURCE, _OBJECT_STRIP_DEBUG = 1 << 4, 1 << 5
_CAPSULE_NAME = b"DUKPY_CONTEXT_CAPSULE"


class NativeDoor:
    """QuickJS's C API for one interpreter.

    What is said to be "inside an op" is called from there, everything else from outside of JavaScript.
    """

    def __init__(self, context: int, runtime: int) -> None:
        self._context = ctypes.c_void_p(context)
        self._runtime = ctypes.c_void_p(runtime)
        self._slots = JSValue()
        self._entries: dict[str, Entry] = {}
        self._entries_object = JSValue()
        # Promises that were rejected and have no handler yet, by address, with their reasons; oldest first.
        self.rejections: dict[int, tuple[JSValue, JSValue]] = {}
        # Before them, QuickJS makes ArrayBuffers without a prototype.
        self.has_typed_arrays = False
        _doors[context] = self
        library.JS_SetHostPromiseRejectionTracker(runtime, _track_rejection, None)

    def bind(self, slots: str, entries: str) -> None:
        """Remember the kernel's array of buffers and its entry points, globals with these names at this moment.

        The references are borrowed: the kernel keeps both alive as long as the interpreter lives.
        """
        context = self._context
        scope = library.JS_GetGlobalObject(context)
        self._slots = library.JS_GetPropertyStr(context, scope, slots.encode())
        self._entries_object = library.JS_GetPropertyStr(context, scope, entries.encode())
        for value in (self._slots, self._entries_object, scope):
            library.JS_FreeValue(context, value)

    def close(self) -> None:
        """Let go of what belongs to the runtime, which is about to be given back."""
        self._forget_rejections()
        _doors.pop(self._context.value or 0, None)

    # ---- entering JavaScript

    def collect_from_now_on(self) -> None:
        """Collect garbage as the heap grows, and not at a fixed size that is far from an idle VU's."""
        library.JS_SetGCThreshold(self._runtime, _FIRST_COLLECTION_BYTES)

    def watch_for_promises(self) -> None:
        """The script has made no promise, and without one there are no microtasks; the first one ends the watch."""
        self._set_microtasks(False)
        library.JS_SetPromiseHook(self._runtime, _watch_for_promises, None)

    def note_promise(self) -> None:
        """What the hook tells."""
        self._set_microtasks(True)
        library.JS_SetPromiseHook(self._runtime, _NO_PROMISE_HOOK, None)

    def _set_microtasks(self, may_be: bool) -> None:
        value = JSValue(may_be, TAG_BOOL)
        library.JS_SetPropertyStr(self._context, self._entries_object, b"mayHaveMicrotasks", value)

    def enter(self, name: str, arguments: tuple[Argument, ...]) -> Answer:
        """Call one of the kernel's entry points; microtasks wait for run().

        Raises:
            ScriptFailed: it threw; see put_exception().
        """
        return (self._entries.get(name) or self._entry(name)).enter(arguments)

    def run(self, name: str, arguments: tuple[Argument, ...]) -> Answer:
        """enter() and all microtasks; as long as the answer is a number, the same for the kernel's next macrotask.

        Raises:
            ScriptFailed: as enter(), or a microtask was cut short by an exception that JavaScript cannot catch.
        """
        answer = (self._entries.get(name) or self._entry(name)).run(arguments)
        return self._run_on(answer) if type(answer) is int else answer

    def run_text(self, name: str, number: int, text: str) -> Answer:
        """run() for an entry point that takes a number and a text, which comes by the thousand."""
        answer = (self._entries.get(name) or self._entry(name)).run_text(number, text)
        return self._run_on(answer) if type(answer) is int else answer

    def _run_on(self, answer: Answer) -> Answer:
        entry = self._entries.get("step") or self._entry("step")
        while type(answer) is int and not self.rejections:
            answer = entry.run(())
        return answer

    def put_exception(self) -> None:
        """Put what JavaScript threw into slot 0."""
        self._put(0, library.JS_GetException(self._context))

    def _entry(self, name: str) -> Entry:
        # The kernel keeps it alive.
        function: JSValue = library.JS_GetPropertyStr(self._context, self._entries_object, name.encode())
        library.JS_FreeValue(self._context, function)
        entry = self._entries[name] = entry_of(self._context, self._runtime, function)
        return entry

    def take_rejection(self) -> bool:
        """Whether a promise was rejected and nobody listens; the first one's reason is then in slot 0."""
        if not self.rejections:
            return False
        _, reason = next(iter(self.rejections.values()))
        self._put(0, library.JS_DupValue(self._context, reason))
        self._forget_rejections()
        return True

    def note_rejection(self, promise: JSValue, reason: JSValue, *, is_handled: bool) -> None:
        """What the tracker tells."""
        if is_handled:
            self._free(self.rejections.pop(promise.payload, ()))
        elif promise.payload not in self.rejections:
            # Kept with the promise: another one must not get its address meanwhile.
            dup, context = library.JS_DupValue, self._context
            self.rejections[promise.payload] = dup(context, promise), dup(context, reason)

    def _forget_rejections(self) -> None:
        while self.rejections:
            self._free(self.rejections.popitem()[1])

    def _free(self, values: Sequence[JSValue]) -> None:
        for value in values:
            library.JS_FreeValue(self._context, value)

    # ---- inside an op

    def _put(self, slot: int, value: JSValue) -> None:
        library.JS_SetPropertyUint32(self._context, self._slots, slot, value)

    def take_bytes(self, slot: int) -> bytes:
        """A copy of the ArrayBuffer that JavaScript put into `slot`."""
        value = library.JS_GetPropertyUint32(self._context, self._slots, slot)
        size = ctypes.c_size_t()
        address = library.JS_GetArrayBuffer(self._context, ctypes.byref(size), value)
        data = ctypes.string_at(address, size.value) if size.value else b""
        library.JS_FreeValue(self._context, value)
        return data

    def put_bytes(self, slot: int, data: bytes) -> None:
        """Put a new ArrayBuffer with a copy of `data` into `slot`."""
        if not self.has_typed_arrays:
            self.enter("needTypedArrays", ())
        self._put(slot, library.JS_NewArrayBufferCopy(self._context, data, len(data)))

    def add_intrinsic(self, name: str, classes: Sequence[str], first: int) -> None:
        """Add what the context was made without, and put its constructors into slots.

        Where a script has made the global object refuse them, they are nowhere else.

        Args:
            name: QuickJS's, Date, MapSet or TypedArrays.
            classes: whose constructors.
            first: the slot of the first one.
        """
        for slot, constructor in enumerate(add_late(self._context, self._runtime, name, classes), first):
            self._put(slot, constructor)
        self.has_typed_arrays |= name == "TypedArrays"

    def define_module(self, name: str, source: str) -> None:
        """Make the ES module `name` known, so that an import finds it without asking a loader.

        Raises:
            InternalError: it does not parse.
        """
        library.JS_FreeValue(self._context, self._compiled(name, source, _EVAL_MODULE_WITHOUT_RUNNING))

    def define_function(self, name: str, source: str, slot: int) -> None:
        """Put the function that `source`, an expression of ours, describes into `slot`.

        Raises:
            InternalError: it does not parse.
        """
        code = self._compiled(name, source, _EVAL_GLOBAL_WITHOUT_RUNNING)
        # It takes the reference to `code` for its own.
        function = library.JS_EvalFunction(self._context, code)
        self._put(slot, function)

    def _compiled(self, name: str, source: str, flags: int) -> JSValue:
        """What `source` compiles to, from the bytecode of another interpreter when there is some."""
        code = _bytecode.get((name, source))
        if code is not None:
            value: JSValue = library.JS_ReadObject(self._context, code, len(code), _OBJECT_BYTECODE)
            self._check(name, value)
            return value
        text = source.encode()
        value = library.JS_Eval(self._context, text, len(text), name.encode(), flags)
        self._check(name, value)
        size = ctypes.c_size_t()
        flags = _OBJECT_BYTECODE | _OBJECT_STRIP_SOURCE | _OBJECT_STRIP_DEBUG
        address = library.JS_WriteObject(self._context, ctypes.byref(size), value, flags)
        if address:
            _bytecode[name, source] = ctypes.string_at(address, size.value)
            library.js_free(self._context, address)
        return value

    def _check(self, name: str, value: JSValue) -> None:
        if value.tag == TAG_EXCEPTION:
            library.JS_FreeValue(self._context, library.JS_GetException(self._context))
            raise InternalError(f"the module {name} cannot be loaded; please report this")

    def compile(self, source: str, name: str) -> bool:
        """Evaluate one expression as a file called `name`; its value, or what it threw, lands in slot 0.

        Returns:
            True for a value, False for an exception.
        """
        code = source.encode("utf-8", "replace")
        value = library.JS_Eval(self._context, code, len(code), name.encode(), EVAL_GLOBAL)
        threw = value.tag == TAG_EXCEPTION
        if threw:
            value = library.JS_GetException(self._context)
        self._put(0, value)
        return not threw


# The doors by the addresses of their contexts, for the tracker, which knows nothing else.
_doors: dict[int, NativeDoor] = {}


def _note_rejection(
    context: int, promise: JSValue, reason: JSValue, is_handled: bool, _opaque: object
) -> None:
    _doors[context].note_rejection(promise, reason, is_handled=is_handled)


_track_rejection = RejectionTracker(_note_rejection)


def _note_promise(context: int, _kind: int, _promise: JSValue, _parent: JSValue, _opaque: object) -> None:
    _doors[context].note_promise()


_watch_for_promises = PromiseHook(_note_promise)
_NO_PROMISE_HOOK = PromiseHook()


# Compiled code of ours by name and source: what one interpreter compiled, all others of the process load.
_bytecode: dict[tuple[str, str], bytes] = {}


def keep_for_ever(capsule: object) -> None:
    """Never give the interpreter behind dukpy's `capsule` back, not even at the end of the process.

    QuickJS frees a module that is in the middle of an ``await`` twice, which ends the process.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(capsule))


def open_door(capsule: object) -> NativeDoor | None:
    """The native door of the interpreter behind dukpy's `capsule`, or None when the library is not known.

    The capsule's structure begins with the runtime and the context; the library itself confirms that before it is
    used.  The context is exchanged for one without QuickJS's DOMException and performance, which k6 does not have
    and a context holds on to for as long as it lives, and without what add_intrinsic() adds later.
    """
    if library is None:
        return None
    address = get_pointer(capsule, _CAPSULE_NAME)
    pointers = (ctypes.c_void_p * 2).from_address(address)
    runtime, context = pointers[:2]
    if not context or not runtime or library.JS_GetRuntime(context) != runtime:
        return None
    lean = library.JS_NewContextRaw(runtime)
    if not lean:
        raise MemoryError
    add_early(lean)
    # dukpy reads it at each entry, and gives it back at the end.
    pointers[1] = lean
    library.JS_FreeContext(context)
    return NativeDoor(lean, runtime)
