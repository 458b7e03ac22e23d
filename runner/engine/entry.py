"""Entry points: functions in JavaScript as the host calls them, from outside of JavaScript.

Owns arguments on their way in, results on their way out, and running microtasks.  A compiled build does the same in
compiled_entry.c, for half of what a message costs would be ctypes; the tests run both.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Protocol

from runner.engine.quickjs import (
    TAG_BOOL,
    TAG_EXCEPTION,
    TAG_INT,
    TAG_UNDEFINED,
    JSValue,
    call,
    free_text,
    free_value,
    is_job_pending,
    library,
    new_string,
    to_text,
)

try:
    import runner.engine.compiled_entry as compiled_entry
except ModuleNotFoundError:
    compiled_entry = None  # type: ignore[assignment]

# Bytes are text in UTF-8, a bytearray becomes an ArrayBuffer, None is undefined.
Argument = int | str | bytes | bytearray | None
# None for undefined.
Answer = str | bool | int | None


class ScriptFailed(Exception):
    """JavaScript threw; the context keeps the exception until somebody takes it.  Internal to the engine."""


class Entry(Protocol):
    """A function in JavaScript."""

    def enter(self, arguments: tuple[Argument, ...], /) -> Answer:
        """Call it; microtasks wait for the next run().

        Raises:
            ScriptFailed: it threw, or there is no room for an argument or for what it returned.
        """

    def run(self, arguments: tuple[Argument, ...], /) -> Answer:
        """Call it, and run microtasks until none is left.

        Raises:
            ScriptFailed: as enter(), or a microtask was cut short by an exception that JavaScript cannot catch.
        """

    def run_text(self, number: int, text: str, /) -> Answer:
        """run() for what comes by the thousand.

        Args:
            number: not negative.
            text: well-formed.
        """


class CtypesEntry:
    """See Entry.

    Args:
        runtime: what has the microtasks.
        function: the reference is borrowed.
    """

    __slots__ = ("_context", "_function", "_runtime")

    def __init__(self, context: ctypes.c_void_p, runtime: ctypes.c_void_p, function: JSValue) -> None:
        self._context, self._runtime, self._function = context, runtime, function

    def enter(self, arguments: tuple[Argument, ...]) -> Answer:
        """See Entry.enter."""
        context = self._context
        words: list[int] = []
        made = []
        try:
            for argument in arguments:
                if isinstance(argument, int):
                    words += (argument & 0xFFFFFFFF, TAG_INT)
                    continue
                if argument is None:
                    words += (0, TAG_UNDEFINED)
                    continue
                if isinstance(argument, bytearray):
                    value = library.JS_NewArrayBufferCopy(context, bytes(argument), len(argument))
                else:
                    if isinstance(argument, str):
                        argument = argument.encode("utf-8", "surrogatepass")
                    value = new_string(context, argument, len(argument))
                made.append(value)
                if value.tag == TAG_EXCEPTION:
                    raise ScriptFailed
                words += (value.payload, value.tag)
            count = len(arguments)
            result = call(context, self._function, _UNDEFINED, count, struct.pack("Qq" * count, *words))
        finally:
            for value in made:
                free_value(context, value)
        return None if result.tag == TAG_UNDEFINED else _taken(context, result)

    def run(self, arguments: tuple[Argument, ...]) -> Answer:
        """See Entry.run."""
        answer = self.enter(arguments)
        if is_job_pending(self._runtime):
            self.drain()
        return answer

    def run_text(self, number: int, text: str) -> Answer:
        """See Entry.run_text."""
        context, data = self._context, text.encode()
        value = new_string(context, data, len(data))
        payload, tag = value.payload, value.tag
        if tag == TAG_EXCEPTION:
            raise ScriptFailed
        try:
            result = call(context, self._function, _UNDEFINED, 2, _pack_two(number, TAG_INT, payload, tag))
        finally:
            free_value(context, value)
        answer = None if result.tag == TAG_UNDEFINED else _taken(context, result)
        if is_job_pending(self._runtime):
            self.drain()
        return answer

    def drain(self) -> None:
        """The second half of run()."""
        where = ctypes.c_void_p()
        while is_job_pending(self._runtime):
            if library.JS_ExecutePendingJob(self._runtime, where) < 0:
                raise ScriptFailed


def _taken(context: ctypes.c_void_p, result: JSValue) -> Answer:
    tag = result.tag
    if tag == TAG_INT:
        return ctypes.c_int32(result.payload & 0xFFFFFFFF).value
    if tag == TAG_BOOL:
        return bool(result.payload)
    if tag == TAG_EXCEPTION:
        raise ScriptFailed
    text = to_text(context, _text_size_at, result, 0)
    free_value(context, result)
    data: bytes | None = text.value
    if data is None:
        # No room on the heap for the text in UTF-8.
        raise ScriptFailed
    if len(data) != _text_size.value:
        # There are zeros in it.
        data = ctypes.string_at(text, _text_size.value)
    free_text(context, text)
    return data.decode("utf-8", "surrogatepass")


# Two of QuickJS's values in a row.
_pack_two = struct.Struct("QqQq").pack
_UNDEFINED = JSValue(0, TAG_UNDEFINED)
# Where QuickJS writes how long a text is.
_text_size = ctypes.c_size_t()
_text_size_at = ctypes.byref(_text_size)


def _link() -> bool:
    """Tell the compiled half where QuickJS's functions are; False when there is none."""
    if compiled_entry is None or library is None:
        return False
    functions = [getattr(library, name) for name in compiled_entry.FUNCTIONS]
    compiled_entry.link(
        ScriptFailed, *(ctypes.cast(function, ctypes.c_void_p).value for function in functions)
    )
    return True


_is_compiled = _link()


def entry_of(context: ctypes.c_void_p, runtime: ctypes.c_void_p, function: JSValue) -> Entry:
    """The entry point that `function` is; see CtypesEntry."""
    if _is_compiled:
        return compiled_entry.Entry(context.value, runtime.value, function.payload, function.tag)
    return CtypesEntry(context, runtime, function)
