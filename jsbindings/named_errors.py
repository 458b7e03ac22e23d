"""Exceptions whose name is no class of JavaScript: what k6's newer modules reject their promises with.

An op answers with a list, which its face takes apart (named_error.js): ``[value]`` or ``[null, name, message]``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

_P = ParamSpec("_P")


class NamedError(Exception):
    """Raised by an op under named_errors(): the script sees an Error with this name.

    Args:
        name: as the Web's DOMException has them: NotFoundError, OperationError, …
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def named_errors(method: Callable[_P, Any]) -> Callable[_P, list[Any]]:
    """Let an op raise NamedError; stands between ``@op`` and the method."""

    @functools.wraps(method)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> list[Any]:
        try:
            return [method(*args, **kwargs)]
        except NamedError as error:
            return [None, error.name, error.message]

    return call
