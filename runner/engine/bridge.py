"""The op call: one function through which JavaScript reaches the host, and the codec of what crosses.

Only JSON crosses, and bytes beside it: through the native door as ArrayBuffers, otherwise as text with two
bytes in each character.  An answer is nothing (undefined), ``[value]``, ``[value, 1]`` when the value holds
bytes, or an object that names an error class and a message (kernel.js throws it).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from runner.engine.native import NativeDoor
from runner.errors import InternalError, K6pyError
from runner.ops import Interrupted, Op, Thrown


def _refuse_value(value: object) -> object:
    raise TypeError(f"{type(value).__name__} has no JSON")


# The C halves of the json module: what JSONEncoder.encode and JSONDecoder.decode do around them costs more than they
# themselves on the short texts that cross here.
_quoted = json.encoder.encode_basestring
_scan: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_make_encoder: Any = json.encoder.c_make_encoder  # type: ignore[attr-defined]
_pieces: Any = (
    json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).iterencode
    if _make_encoder is None
    else _make_encoder(None, _refuse_value, _quoted, None, ":", ",", False, False, False)
)

FindOp = Callable[[str], Op | None]


def _find_nothing(_name: str) -> None:
    """For an interpreter that is closed."""


# Handlers and finally blocks of an interrupted script may call a few more ops; a script that catches every
# exception and calls on and on is sent into an endless loop, where the watchdog can cut it off.
REFUSALS_MAX = 100
_SPIN = b'"spin"'


class Bridge:
    """Decodes, dispatches and answers the op calls of one interpreter.

    Args:
        door: the native door, or None for the path through text.
        find: an op by its full name (``module.verb``), None when there is none.
    """

    def __init__(self, door: NativeDoor | None, find: FindOp) -> None:
        self._door = door
        self._find = find
        # Those that were called before.
        self._ops: dict[bytes, Op] = {}
        self.interrupted = False
        self._refused_count = 0
        # An op of ours that failed for a reason that is no script's fault; the host raises it when JS has
        # returned.
        self.internal_error: InternalError | None = None

    def resume(self) -> None:
        """Serve ops again after an interruption."""
        self.interrupted = False
        self._refused_count = 0

    def close(self) -> None:
        """Forget every op."""
        self._find = _find_nothing
        self._ops.clear()

    def call(self, name: bytes, arguments: bytes) -> bytes | None:
        """One op call, as dukpy makes it: JSON in, JSON out."""
        if self.interrupted:
            return self._refuse()
        op = self._ops.get(name) or self._looked_up(name)
        if op is None:
            return _error("Error", f"k6py has no op {name.decode()!r}")
        try:
            if op.byte_arguments or b"\\ud" in arguments:
                value = op.call(*self._decode(op, arguments))
            else:
                value = op.call(*_scan(arguments.decode(), 0)[0])
            return None if value is None else self.encode(value)
        except BaseException as error:
            return self._failure(name.decode(), error)

    def _looked_up(self, name: bytes) -> Op | None:
        op = self._find(name.decode())
        if op is not None:
            self._ops[name] = op
        return op

    def answer(self, name: str, call: Callable[[], Any]) -> bytes | None:
        """What JavaScript gets of an op: the value of `call`, or what it raised.

        Bytes lie in slots until JavaScript takes them, so nothing else may cross in between.

        Args:
            name: the op's, for error texts.
        """
        try:
            value = call()
            return None if value is None else self.encode(value)
        except BaseException as error:
            return self._failure(name, error)

    def _failure(self, name: str, error: BaseException) -> bytes:
        if isinstance(error, Thrown):
            return _error(error.js_class, error.message)
        if isinstance(error, Interrupted):
            self.interrupted = True
            return self._refuse()
        if isinstance(error, K6pyError):
            if isinstance(error, InternalError):
                self.internal_error = error
            return _error("GoError", error.message)
        if not isinstance(error, Exception):
            raise error
        # In a module of one's own it is that module's bug, so the text names the op.
        self.internal_error = InternalError(f"a bug in the module op {name}: {error!r}", error)
        return _error("Error", self.internal_error.message)

    def _refuse(self) -> bytes:
        """The answer to every op of an interrupted script: an exception, and more than that if it goes on."""
        self._refused_count += 1
        if self._refused_count > REFUSALS_MAX:
            return _SPIN
        return _error("Error", "the iteration was interrupted")

    def _decode(self, op: Op, arguments: bytes) -> list[Any]:
        values: list[Any] = _scan(arguments.decode(), 0)[0]
        # JSON.stringify escapes lone surrogates and nothing else that begins with \ud: well-formed text
        # skips the walk.
        if b"\\ud" in arguments:
            values = [
                # Text that stands for bytes has any 16 bits in a character.
                value if index in op.byte_arguments and isinstance(value, dict) else well_formed(value)
                for index, value in enumerate(values)
            ]
        for index in op.byte_arguments:
            if index < len(values):
                values[index] = self._to_bytes(values[index])
        return values

    def _to_bytes(self, value: Any) -> bytes | None:
        if value is None:
            return None
        if isinstance(value, str):
            return value.encode("utf-8")
        if "slot" in value and self._door is not None:
            return self._door.take_bytes(value["slot"])
        return unpack(value["packed"])

    def encode(self, value: Any) -> bytes:
        """An answer with a value: ``[value]``, or ``[value,1]`` when it holds bytes, which lie in slots then."""
        try:
            if isinstance(value, str):
                return b"[%b]" % _quoted(value).encode()
            return "".join(_pieces([value], 0)).encode()
        except TypeError:
            encoder = _BytesEncoder(self._door)
            return f"[{encoder.encode(value)},1]".encode()
        except UnicodeEncodeError:
            return json.dumps([value]).encode()

    def compile(self, source: str, url: str) -> str:
        """Compile a CommonJS file under its own name, for the kernel.

        Returns:
            "ok" or "threw" when the function or the exception is in slot 0; otherwise the source itself, for
            the kernel to compile without a name.
        """
        if self._door is None:
            return source
        wrapped = f"(function (exports, require, module) {{{source}\n}})"
        return "ok" if self._door.compile(wrapped, url) else "threw"

    def compile_part(self, source: str, name: str, slot: int) -> str:
        """Compile a part of the kernel or a face, for the kernel.

        Returns:
            "ok" when the function is in `slot`; otherwise the source itself, for the kernel to compile.
        """
        if self._door is None:
            return source
        self._door.define_function(name, f"(function (exports, kernel) {{{source}\n}})", slot)
        return "ok"


class _BytesEncoder(json.JSONEncoder):
    """JSON of a value that holds bytes: each becomes a reference to a slot, or packed text."""

    def __init__(self, door: NativeDoor | None) -> None:
        super().__init__(separators=(",", ":"))
        self._door = door
        self._count = 0

    def default(self, value: Any) -> Any:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise InternalError(f"an op returned {type(value).__name__}, which cannot cross into JavaScript")
        data = bytes(value)
        if self._door is None:
            return {"$packed": _pack(data)}
        self._door.put_bytes(self._count, data)
        self._count += 1
        return {"$slot": self._count - 1}


def unpack(packed: str) -> bytes:
    """The bytes that the kernel packed into text."""
    raw = packed[1:].encode("utf-16-le", "surrogatepass")
    return raw[:-1] if packed[0] == "1" else raw


def _pack(data: bytes) -> str:
    odd = len(data) % 2
    padded = data + b"\0" if odd else data
    return f"{odd}{padded.decode('utf-16-le', 'surrogatepass')}"


def well_formed(value: Any) -> Any:
    """`value` with U+FFFD for every lone surrogate, as k6 sends such text."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(key): well_formed(item) for key, item in value.items()}
    return value


def _error(js_class: str, message: str) -> bytes:
    return json.dumps({"error": js_class, "message": message}).encode()
