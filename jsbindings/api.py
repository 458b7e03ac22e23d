"""What a binding is: the whole interface between a k6 module written for k6py and the host.

The modules that come with k6py use nothing else, so a ``k6/x/…`` module of your own can do what they do.
docs/add-a-binding.md walks through one.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CoroutineType, FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, overload

from runner.ops import Op, Thrown

if TYPE_CHECKING:
    from runner.vu.vu import VirtualUser

__all__ = ["Binding", "Thrown", "op"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MARK = "_k6py_op"
# Facts in a function's code object. The inspect module knows them, too, and takes a tenth of a short run's start.
_CO_VARARGS = 0x04
_CO_VARKEYWORDS = 0x08
_CO_COROUTINE = 0x80


@overload
def op(function: _Function, /) -> _Function: ...


@overload
def op(
    *, init_error: str | None = None, blocking: bool = False, promise: bool = False
) -> Callable[[_Function], _Function]: ...


def op(
    function: _Function | None = None,
    /,
    *,
    init_error: str | None = None,
    blocking: bool = False,
    promise: bool = False,
) -> _Function | Callable[[_Function], _Function]:
    """Mark a method of a Binding as callable from its face, under the method's own name.

    Parameters annotated ``bytes`` take what JavaScript hands over as ArrayBuffer, view or string; returned
    bytes
    arrive as ArrayBuffer; everything else crosses as JSON.  An ``async def`` op is awaited in a thread.

    Args:
        init_error: text of the exception when the op is called in the init context; None allows it there.
        blocking: run in a thread, because the op waits in a library that knows nothing of the reactor.
        promise: JavaScript gets a promise at once; the method runs in a task of its own, where it may wait, and
            what it returns or raises settles the promise.  It is interrupted when the iteration ends before.
    """

    def mark(marked: _Function) -> _Function:
        code = getattr(marked, "__code__", None)
        is_coroutine = code is not None and bool(code.co_flags & _CO_COROUTINE)
        setattr(marked, _MARK, (init_error, blocking or is_coroutine, promise))
        return marked

    return mark if function is None else mark(function)


class Binding:
    """One k6 module in one virtual user.

    Subclasses set `module` and mark methods with `op`.  The face is ``face.js`` beside the Python file, or
    the text
    in `face`.  What all virtual users of a process share is made once by `create_shared`.

    Args:
        vu: the virtual user that imported the module.
        shared: what `create_shared` returned.
    """

    module: ClassVar[str] = ""
    face: ClassVar[str] = ""

    def __init__(self, vu: "VirtualUser", shared: Any) -> None:
        self.vu = vu
        self.shared = shared

    @classmethod
    def create_shared(cls) -> Any:
        """State for all virtual users of this process; made when the first of them imports the module."""
        return None

    def end_iteration(self) -> None:
        """Called after each iteration, setup and teardown, cut off or not: release what is left open."""

    def wind_down(self) -> None:
        """Called when an iteration has failed: begin to end what is open.

        The script's event loop runs on until it has nothing to wait for; then comes end_iteration().
        """

    @classmethod
    def face_source(cls) -> str:
        """The module's JavaScript.

        Raises:
            FileNotFoundError: neither `face` nor a file face.js beside the class.
        """
        if cls.face:
            return cls.face
        file = sys.modules[cls.__module__].__file__
        assert file is not None
        return (Path(file).parent / "face.js").read_text(encoding="utf-8")

    @classmethod
    def op_table(cls) -> list[tuple[str, int | None, Sequence[int], bool]]:
        """What the kernel has to know of each marked method.

        Returns:
            Its name, the number of its arguments (None when some may be left out), positions of bytes among them, and
            whether it gives a promise.
        """
        marks = _marked_methods(cls).items()
        return [(name, mark.arity, mark.byte_arguments, mark.promise) for name, mark in marks]

    def bound_op(self, name: str) -> Op | None:
        """The marked method `name` as the engine takes it; None when there is none.

        Made when it is first called: a virtual user has many bindings and calls few of their methods.
        """
        mark = _marked_methods(type(self)).get(name)
        if mark is None:
            return None
        method = getattr(self, name)
        if mark.blocking:
            method = self._in_thread(method)
        if mark.promise:
            method = self._as_promise(f"{self.module}.{name}", method)
        if mark.init_error is not None:
            method = self._not_in_init(method, mark.init_error)
        return Op(method, mark.byte_arguments)

    def _in_thread(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            result = method(*args)
            if isinstance(result, CoroutineType):
                # Imported by those who use it: it takes a noticeable part of a short run's start.
                import asyncio

                return asyncio.run(result)
            return result

        return lambda *args: self.vu.reactor.call_in_thread(call, *args)

    def _as_promise(self, name: str, method: Callable[..., Any]) -> Callable[..., int]:
        return lambda *args: self.vu.promise(name, lambda: method(*args))

    def _not_in_init(self, method: Callable[..., Any], text: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if self.vu.phase == "init":
                raise Thrown(text)
            return method(*args)

        return call


class _Mark(NamedTuple):
    """What is known of an op from its class."""

    arity: int | None
    byte_arguments: tuple[int, ...]
    init_error: str | None
    blocking: bool
    promise: bool


_methods: dict[type[Binding], dict[str, _Mark]] = {}


def _marked_methods(binding: type[Binding]) -> dict[str, _Mark]:
    """Each op by name; looked up once per class, not per VU."""
    if binding not in _methods:
        found = {}
        for name in dir(binding):
            function = getattr(binding, name)
            mark = getattr(function, _MARK, None) if isinstance(function, FunctionType) else None
            if mark is not None:
                found[name] = _Mark(*_arity_and_byte_arguments(function), *mark)
        _methods[binding] = found
    return _methods[binding]


def _arity_and_byte_arguments(function: FunctionType) -> tuple[int | None, tuple[int, ...]]:
    while isinstance(getattr(function, "__wrapped__", None), FunctionType):
        function = function.__wrapped__  # type: ignore[attr-defined]
    code = function.__code__
    # After the named ones, where there is one, the parameter that takes the rest.
    last = code.co_argcount + code.co_kwonlyargcount
    rest = code.co_varnames[last : last + 1] if code.co_flags & _CO_VARARGS else ()
    names = (*code.co_varnames[1 : code.co_argcount], *rest)
    annotations = function.__annotations__
    positions = tuple(i for i, name in enumerate(names) if "bytes" in str(annotations.get(name)))
    has_more = code.co_kwonlyargcount or code.co_flags & (_CO_VARARGS | _CO_VARKEYWORDS)
    return None if has_more or function.__defaults__ else len(names), positions
