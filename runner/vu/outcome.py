"""What the host learns of a script: what it exports, and how a call of one of its functions ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.errors import ScriptError


@dataclass(frozen=True)
class Exports:
    """What a script exports.

    Args:
        functions: names of functions.
        others: names of everything else.
        options: the value of ``options`` as JSON text, None without one.
    """

    functions: frozenset[str]
    others: frozenset[str]
    options: str | None


@dataclass(frozen=True)
class Outcome:
    """How a call of one of the script's functions ended.

    Args:
        error: what it threw, as it is logged.
        interrupted: it was cut off.
    """

    error: ScriptError | None = None
    interrupted: bool = False


def thrown_error(state: dict[str, Any]) -> ScriptError:
    """The error in the kernel's account of a call that threw, or whose promise was rejected."""
    error = ScriptError(state["threw"]["text"], state["threw"]["stack"])
    return uncaught_error(error) if state.get("rejected") else error


def uncaught_error(error: ScriptError) -> ScriptError:
    """A rejection as k6 logs it."""
    return ScriptError(f"Uncaught (in promise) {error.message}", error.stack)
