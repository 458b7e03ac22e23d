"""The vocabulary of op calls, shared by the engine that makes and the bindings that serve them (a leaf)."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Op(NamedTuple):
    """One function that JavaScript may call.

    Args:
        call: gets the decoded arguments, with bytes where `byte_arguments` says so.
        byte_arguments: positions of arguments that JavaScript hands over as buffers.
    """

    call: Callable[..., Any]
    byte_arguments: Sequence[int] = ()


class Thrown(Exception):
    """Raised by an op: JavaScript sees an exception of this class with this message.

    Args:
        message: the text of ``e.message``.
        js_class: one of Error, GoError, TypeError, RangeError, SyntaxError, ReferenceError.
    """

    def __init__(self, message: str, js_class: str = "GoError") -> None:
        super().__init__(message)
        self.message = message
        self.js_class = js_class


class Interrupted(BaseException):
    """The running script is being cut off (deadline or Ctrl-C); none of its ops does anything any more.

    Not an Exception: no binding shall swallow it by accident.
    """
