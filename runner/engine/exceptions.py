"""What JavaScript threw, as an exception of ours: from the text that dukpy makes of it.

Owns nothing; refuses to enter JavaScript.
"""

from __future__ import annotations

from runner.errors import ScriptError
from runner.ops import Thrown

# What dukpy says when it is entered while microtasks run.
_DRAINING = "Promise jobs are draining"
_ERROR_CLASSES = frozenset({"Error", "GoError", "TypeError", "RangeError", "SyntaxError", "ReferenceError"})


def thrown_again(error: ScriptError, url: str) -> Exception:
    """What require() throws when the module `url` failed with `error`: the same class where it is a known one."""
    if _DRAINING in error.message:
        return Thrown(f"require() cannot load the ES module {url} after an await; import it instead", "Error")
    js_class, colon, text = error.message.partition(": ")
    if not colon or js_class not in _ERROR_CLASSES:
        return error
    # A syntax error has no frame in the file itself.
    where = error.stack.partition("\n")[0].strip().removeprefix("at ") if js_class == "SyntaxError" else ""
    return Thrown(f"{text} ({where})" if where else text, js_class)


def script_error(text: str) -> ScriptError:
    """A ScriptError from dukpy's text of an exception: its string, then its stack if it has one.

    With the kernel's stacks, the stack repeats the string before the frames.
    """
    at = text.find("\n\tat ")
    head, stack = (text, "") if at == -1 else (text[:at], text[at + 1 :])
    head = head.rstrip("\n")
    half = len(head) // 2
    if len(head) % 2 and head[half] == "\n" and head[:half] == head[half + 1 :]:
        head = head[:half]
    return ScriptError(head, stack)
