"""Types of compiled_entry.c."""

from runner.engine.entry import Answer, Argument

# The functions of QuickJS that link() wants to know.
FUNCTIONS: tuple[str, ...]

def link(addresses: dict[str, int | None], script_failed: type[Exception], /) -> None:
    """To be called first.

    Args:
        script_failed: what is raised when JavaScript throws.
    """

class Entry:
    """See runner.engine.entry.Entry."""

    def __new__(cls, context: int, runtime: int, payload: int, tag: int, /) -> Entry: ...
    def enter(self, arguments: tuple[Argument, ...], /) -> Answer: ...
    def run(self, arguments: tuple[Argument, ...], /) -> Answer: ...
    def run_text(self, number: int, text: str, /) -> Answer: ...
