"""What the host learns of a script: what it exports, how a call of one of its functions ended, and what it gave."""

from typing import Any, NamedTuple

from runner.engine.bridge import unpack, well_formed
from runner.errors import ExitCode, K6pyError, ScriptError


class Exports(NamedTuple):
    """What a script exports.

    Args:
        functions: names of functions.
        others: names of everything else.
    """

    functions: frozenset[str]
    others: frozenset[str]


class Outcome(NamedTuple):
    """How a call of one of the script's functions ended.

    Args:
        error: what it threw, as it is logged.
        interrupted: it was cut off.
    """

    error: ScriptError | None = None
    interrupted: bool = False


# What nearly every call ends with.
ENDED = Outcome()


class NoJson(K6pyError):
    """setup() returned, or the options hold, something that JSON does not have; k6 ends with 255 then."""

    exit_code = ExitCode.GENERIC


class BadSummary(K6pyError):
    """handleSummary() returned something else than an object of texts and ArrayBuffers."""


def json_of(answer: dict[str, str], complaint: str) -> str | None:
    """JSON text of a value of the script, None for undefined.

    Args:
        answer: the kernel's account.
        complaint: what to say before the reason when there is none.

    Raises:
        NoJson: there is none.
    """
    if "refused" in answer:
        raise NoJson(f"{complaint}: unsupported value: {answer['refused']}")
    return answer.get("json")


def summary_files(answer: Any) -> dict[str, str | bytes] | None:
    """Contents by path of what handleSummary() returned, None for nothing.

    Args:
        answer: the kernel's account.

    Raises:
        BadSummary: it cannot be written.
    """
    if answer is None:
        return None
    if answer is False:
        raise BadSummary("handleSummary() should return an object with paths and contents")
    files: dict[str, str | bytes] = {}
    for path, content in answer:
        if content is None:
            raise BadSummary(
                f"handleSummary() gave '{path}' something that is neither a string nor an ArrayBuffer"
            )
        files[well_formed(path)] = (
            unpack(content["packed"]) if "packed" in content else well_formed(content["text"])
        )
    return files


def thrown_error(state: dict[str, Any]) -> ScriptError:
    """The error in the kernel's account of a call that threw, or whose promise was rejected."""
    error = ScriptError(state["threw"]["text"], state["threw"]["stack"])
    return uncaught_error(error) if state.get("rejected") else error


def uncaught_error(error: ScriptError) -> ScriptError:
    """A rejection as k6 logs it."""
    return ScriptError(f"Uncaught (in promise) {error.message}", error.stack)
