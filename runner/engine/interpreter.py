"""One JavaScript interpreter: QuickJS through dukpy, without dukpy's own console, process and CommonJS.

Owns entering JavaScript and what comes back; knows nothing of k6.  ``_dukpy.eval_string`` is given this object
in place of dukpy's JSInterpreter and uses the attributes named under "what dukpy asks of us".

Modules are evaluated by ``eval_string``, which costs two garbage collections each time (20 µs on an empty
heap).  The entry points of the kernel are called through the native door, once per macrotask; in between, the
script calls the host (ops).  An interpreter must not be entered while its own code is parked in an op.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from runner.engine.bridge import Bridge, FindOp, well_formed
from runner.engine.entry import Answer, Argument, ScriptFailed
from runner.engine.exceptions import script_error, thrown_again
from runner.engine.extension import _dukpy
from runner.engine.native import keep_for_ever, open_door
from runner.errors import ScriptError
from runner.ops import Interrupted, Op, Thrown

KERNEL = "k6py:kernel"
_KERNEL_SOURCE = Path(__file__).with_name("kernel.js").read_text(encoding="utf-8")
# Parts of the kernel, each in a file beside it.
_KERNEL_PART = f"{KERNEL}/"
_ENTER = b'globalThis[Symbol.for("k6py.enter")]()'
# dukpy puts its own names on the global object whenever it is entered; a module with a fresh name takes them
# off again before the script's code runs.
_HIDE = "k6py:hide/"
_HIDE_SOURCE = "delete globalThis.dukpy; delete globalThis.call_python;"

# What dukpy throws in place of an exception of resolve() or load().
_LOADER_FAILED = ("InternalError: Failed to load", "InternalError: Failed to normalize")

# Without any of these no code makes a promise while it is loaded.
_PROMISE_WORDS = re.compile(r"Promise|async|await|import\s*\(|eval|Function")


JSRuntimeError = _dukpy.JSRuntimeError

# The outcome of what ran to its end and left nothing to wait for.
_DONE: dict[str, Any] = {"done": True}


class ModuleSource(Protocol):
    """Where the interpreter's modules come from.

    Attributes:
        own_modules: names of the modules that are k6py's and not the script's, as far as the test uses them: the
            interpreters after the first one share their compiled code.
    """

    own_modules: dict[str, None]

    def resolve(self, base: str, specifier: str) -> str:
        """The module's name for an import of `specifier` in the module called `base`."""
        ...

    def load(self, name: str) -> str:
        """The source text of a resolved module, as an ES module."""
        ...

    def commonjs_source(self, name: str) -> str:
        """The source text of a CommonJS file."""
        ...


class Interpreter:
    """A QuickJS runtime with the kernel in it.

    Args:
        modules: resolves and loads everything that is imported.
        find_op: a function by its full name (``module.verb``), for the kernel and the modules; None for none.
        native: False keeps to dukpy's public interface (the slower path).
    """

    def __init__(self, modules: ModuleSource, find_op: FindOp, *, native: bool = True) -> None:
        self._ctx = _dukpy.create_context()
        door = self._door = open_door(self._ctx) if native else None
        self._modules = modules
        self._load_errors: list[Exception] = []
        self._entries = itertools.count(1)
        self._find_op = find_op
        self._bridge = Bridge(door, self._find)
        # Files are compiled and required while the init code runs, and not later.
        self.is_loading = True
        # A file of the script has words by which its init code may have made a promise.
        self._may_have_promises = False
        # The watchdog cut JavaScript off in the middle of something.
        self._is_broken = False
        # When the watchdog may cut off what runs here; None lets it run.
        self.deadline_s: float | None = None
        self._call_python = self._bridge.call
        if door is None:
            self._evaluate(_KERNEL_SOURCE, {"native": False}, KERNEL)
            self._evaluate("delete globalThis.k6pyEntries", {})
        else:
            door.define_module(KERNEL, _KERNEL_SOURCE)
            self._evaluate(f"import '{KERNEL}';", {"native": True}, "k6py:boot")
            door.bind("k6pySlots", "k6pyEntries")
            self._evaluate("delete globalThis.k6pyEntries", {})
            # What a module imports was loaded after it, and has to be there before it.
            for module in reversed(modules.own_modules):
                source = modules.load(module)
                self._look_for_promises(module, source)
                door.define_module(module, source)
        self._evaluate("delete globalThis.k6pySlots", {})

    # ---- what dukpy asks of us

    # Called before each op; the bridge itself answers unknown names, so any name (a non-empty bytes) exists.
    _check_exported_function_exists = staticmethod(bool)

    @property
    def loader(self) -> Interpreter:
        """dukpy takes `load` from here."""
        return self

    def _normalize_module(self, base: str, specifier: str) -> str:
        if base.startswith("k6py:") and specifier.startswith(_HIDE):
            return specifier
        try:
            return self._modules.resolve(base, specifier)
        except Exception as error:
            # dukpy drops the exception and throws a nameless one: keep ours for whoever entered.
            self._load_errors.append(error)
            raise

    def load(self, name: str) -> tuple[str, str, str]:
        """(name, source, format) of a module that QuickJS does not know yet."""
        if name.startswith(_HIDE):
            return name, _HIDE_SOURCE, "module"
        try:
            source = self._modules.load(name)
            self._look_for_promises(name, source)
            if "://" not in name:
                # Again at the end when it came too late for one that imports it.
                self._modules.own_modules.pop(name, None)
                self._modules.own_modules[name] = None
            return name, source, "module"
        except Exception as error:
            self._load_errors.append(error)
            raise

    def _look_for_promises(self, name: str, source: str) -> None:
        # The faces of our own modules make none while they are loaded.
        if "://" in name or name.startswith("k6/x/"):
            self._may_have_promises |= _PROMISE_WORDS.search(source) is not None

    # ---- entering

    @property
    def bridge(self) -> Bridge:
        """The interpreter's op calls."""
        return self._bridge

    def enter(self, entry: str, *arguments: Argument) -> Any:
        """Call one of the kernel's entry points and run every microtask that follows.

        Returns:
            None for undefined, True or False, or what the entry point told as JSON.

        Raises:
            ScriptError: a promise was rejected and nobody listens.
            InternalError: an op failed for a reason that is no script's fault.
        """
        answer = self._enter_slowly(entry, arguments) if self._door is None else self._call(entry, arguments)
        return json.loads(answer) if isinstance(answer, str) else answer

    def run_macrotask(self, entry: str, *arguments: Argument) -> dict[str, Any]:
        """enter() for entry points that run the script: its outcome so far, as the kernel tells it."""
        return self.enter("state") if self.enter(entry, *arguments) else _DONE

    def settle(self, promise_id: int, op: str, take: Callable[[], Any]) -> dict[str, Any]:
        """The macrotask that settles a promise of the host.

        Args:
            op: its name, for error texts.
            take: gives the value, or raises what the promise is rejected with.
        """
        return self.run_macrotask("settle", promise_id, self._bridge.answer(op, take))

    def deliver(self, module: str, words: Sequence[Any]) -> dict[str, Any]:
        """The macrotasks that a module makes of one event; all microtasks run after each of them.

        Args:
            words: what the module is told, as onEvent() in events.js has it.

        Raises:
            ScriptError: as enter().
        """
        answer = self._told(f"deliver {module}", self._bridge.encode(words))
        return _DONE if answer is None else self.enter("state")

    def deliver_text(self, entry: str, number: int, text: str) -> str | dict[str, Any]:
        """deliver() for what comes by the thousand: a text for onMessage() in events.js.

        Args:
            entry: ``message`` and the module's name.

        Returns:
            A text that the module answers with, when all is done; otherwise as deliver().
        """
        if self._door is None:
            return self._answer(self._told(entry, number, text))
        answer = self._call(entry, (), number, text)
        return _DONE if answer is None else self._answer(answer)

    def deliver_texts(self, module: str, number: int, texts: list[str]) -> str | dict[str, Any]:
        """deliver_text() for several, which cross together."""
        return self._answer(self._told(f"messages {module}", number, self._bridge.encode(texts)))

    def deliver_bytes(self, module: str, number: int, data: bytes) -> str | dict[str, Any]:
        """deliver_text() for a binary message, which becomes an ArrayBuffer."""
        door = self._door
        if door is not None and not door.has_typed_arrays:
            self._call("needTypedArrays", ())
        argument = json.loads(self._bridge.encode(data))[0] if door is None else bytearray(data)
        return self._answer(self._told(f"message {module}", number, argument, True))

    def _answer(self, answer: Answer) -> str | dict[str, Any]:
        if isinstance(answer, str):
            return answer if answer.isascii() else well_formed(answer)
        return _DONE if answer is None else self.enter("state")

    def _told(self, entry: str, *arguments: Any) -> Answer:
        """Call an entry point for an event, and run all macrotasks that it makes, each with its microtasks."""
        if self._door is not None:
            return self._call(entry, arguments)
        answer = self._enter_slowly(entry, arguments)
        # A number tells that there are more.
        while answer is not None and answer is not True and not isinstance(answer, str):
            answer = self._enter_slowly("step", ())
        return answer

    def run_module(self, name: str, source: str) -> None:
        """Evaluate `source`, glue of ours, as the ES module `name`, with all that it imports.

        Args:
            name: begins with ``k6py:``.

        Raises:
            ScriptError: it does not parse, an import failed, or it threw.
        """
        self._evaluate(f"import '{_HIDE}{next(self._entries)}';\n{source}", None, name)

    def resume(self) -> bool:
        """Let a script that was interrupted go on, at its next call.

        Returns:
            False when JavaScript was cut off in the middle: QuickJS leaves the runtime in an unknown state then.
        """
        self._bridge.resume()
        return not self._is_broken

    def collect_from_now_on(self) -> None:
        """The script is loaded: keep the heap near the size that it has."""
        if self._door is not None:
            self._door.collect_from_now_on()
            if not self._may_have_promises:
                self._door.watch_for_promises()

    def close(self) -> None:
        """Give the runtime back now: it and the ops refer to each other, and Python does not see its memory."""
        if self._door is not None:
            self._door.close()
        self._bridge.close()
        del self._call_python, self._ctx

    def abandon(self) -> None:
        """To be called when a module may still await something: it must not be given back to the system."""
        keep_for_ever(self._ctx)

    def _find(self, name: str) -> Op | None:
        if name == "engine.part":
            return Op(self._part)
        if name == "engine.add_intrinsic" and self._door is not None:
            return Op(self._door.add_intrinsic)
        if name == "engine.import":
            return Op(self._import)
        if name == "engine.compile":
            return Op(self._compile)
        return self._find_op(name)

    def _evaluate(self, source: str, values: Any, name: str = "") -> None:
        self._run(source.encode("utf-8", "replace"), json.dumps(values), bool(name), name)

    def _run(self, code: bytes, values: str, as_module: bool, name: str) -> Any:
        self._load_errors.clear()
        try:
            answer = _dukpy.eval_string(self, code, values.encode(), as_module, name)
        except JSRuntimeError as error:
            if self._load_errors and str(error).startswith(_LOADER_FAILED):
                raise self._load_errors[0] from None
            raise script_error(str(error)) from None
        except UnicodeDecodeError as error:
            # The text of the exception has lone surrogates, which k6 shows as U+FFFD.
            text = well_formed(bytes(error.object).decode("utf-8", "surrogatepass"))
            raise script_error(text) from None
        except Interrupted:
            self._is_broken = True
            raise
        except SystemError:
            # CPython's complaint about an interruption that QuickJS dropped (see watchdog.py).
            if not self._bridge.interrupted:
                raise
            self._is_broken = True
            raise Interrupted from None
        finally:
            failure, self._bridge.internal_error = self._bridge.internal_error, None
        if failure is not None:
            raise failure
        if self._door is not None and self._door.take_rejection():
            raise self._failure()
        return None if answer is None else json.loads(answer)

    def _enter_slowly(self, entry: str, arguments: Sequence[Any]) -> Any:
        texts = [value.decode() if isinstance(value, bytes) else value for value in arguments]
        return self._run(_ENTER, json.dumps([entry, *texts]), False, "")

    def _call(
        self, entry: str, arguments: tuple[Argument, ...], number: int = 0, text: str | None = None
    ) -> Answer:
        """_run() through the native door: a number and a text, or `arguments`."""
        door, bridge = self._door, self._bridge
        assert door is not None
        try:
            # No argument list that is unpacked: half a KiB of C stack of whoever waits in there.
            answer = door.run(entry, arguments) if text is None else door.run_text(entry, number, text)
        except ScriptFailed:
            door.put_exception()
            if bridge.internal_error is None:
                raise self._failure() from None
        except Interrupted:
            self._is_broken = True
            bridge.internal_error = None
            raise
        if bridge.internal_error is not None:
            error, bridge.internal_error = bridge.internal_error, None
            raise error
        if door.rejections and door.take_rejection():
            raise self._failure()
        return answer

    def _failure(self) -> Exception:
        """The exception in slot 0, or ours that it stands for."""
        assert self._door is not None
        try:
            told = self._door.enter("rarely", ("describeSlot",))
        except ScriptFailed:
            self._door.put_exception()
            return ScriptError("Error: an exception that cannot be put into words")
        described = well_formed(json.loads(str(told)))
        if self._load_errors and described["text"].startswith(_LOADER_FAILED):
            return self._load_errors[0]
        return ScriptError(described["text"], described["stack"])

    def _require_loading(self) -> None:
        if not self.is_loading:
            raise Thrown("modules are loaded in the init context only")

    def _compile(self, url: str) -> str:
        """The op that compiles a CommonJS file."""
        self._require_loading()
        source = self._modules.commonjs_source(url)
        self._look_for_promises(url, source)
        return self._bridge.compile(source, url)

    def _part(self, name: str, slot: int) -> str:
        """The op behind lazy(): compile a part of the kernel or a face, whenever it is asked for."""
        if name.startswith(_KERNEL_PART):
            source = _kernel_part(name.removeprefix(_KERNEL_PART))
        else:
            source = self._modules.load(name)
        return self._bridge.compile_part(source, name, slot)

    def _import(self, url: str) -> None:
        """The op behind require(): evaluate a module at once and hand its namespace to the kernel."""
        self._require_loading()
        source = (
            f"import * as m from {json.dumps(url)};\nimport {{ lazy }} from '{KERNEL}';\n"
            f"lazy('{KERNEL}/commonjs')().deliver(m);\n"
        )
        try:
            self.run_module(f"k6py:require/{url}", source)
        except ScriptError as error:
            raise thrown_again(error, url) from None


@functools.cache
def _kernel_part(name: str) -> str:
    """The source of a part of the kernel."""
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
