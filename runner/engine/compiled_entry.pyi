"""Types of compiled_entry.c."""

from runner.engine.entry import Answer, Argument

# The functions of QuickJS that link() wants to know.
FUNCTIONS: tuple[str, ...]

def link(script_failed: type[Exception], /, *addresses: int | None) -> None:
    """To be called first.

    Args:
        script_failed: what is raised when JavaScript throws.
        addresses: of FUNCTIONS.
    """

class Entry:
    """See runner.engine.entry.Entry."""

    def __new__(cls, context: int | None, runtime: int | None, payload: int, tag: int, /) -> Entry: ...
    def enter(self, arguments: tuple[Argument, ...], /) -> Answer: ...
    def run(self, arguments: tuple[Argument, ...], /) -> Answer: ...
    def run_text(self, number: int, text: str, /) -> Answer: ...
