"""Flags the way k6's command line reads them, made from option tables.

Owns the grammar, which is that of Go's pflag (https://pkg.go.dev/github.com/spf13/pflag#section-readme): a value may
begin with a dash, a switch may be written ``--switch=false``, and no name is ever abbreviated.  Python's libraries
differ in one of these each.  Refuses to read values (they stay texts here, ``runner.options`` reads them) and to lay
out the help (``help``).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from runner.errors import UsageError
from runner.options import kinds
from runner.options.table import OptionSpec

# Texts of the flags that were given, by the name of the setting, in their order.
FlagTexts: TypeAlias = dict[str, list[str]]

HELP = OptionSpec("help", None, kinds.BOOLEAN, None, "help", "h", help="show this text")


class Command(NamedTuple):
    """A subcommand.

    Args:
        name: what it is called by.
        run: gets the positional arguments and the flags, and returns the exit status.
        specs: its flags.
        summary: what it does, in a few words, for the list of commands.
        help: what it does, for its own help.
        examples: command lines to copy.
        arguments: what its positional arguments are called; "" when it takes none.
    """

    name: str
    run: Callable[[list[str], FlagTexts], int]
    specs: tuple[OptionSpec, ...]
    summary: str
    help: str
    examples: tuple[str, ...]
    arguments: str = ""


class FlagParser:
    """Tells flags from positional arguments.

    Args:
        specs: the flags; ``--help`` is one of them always.
        interspersed: flags may stand behind positional arguments, too.
    """

    def __init__(self, specs: Iterable[OptionSpec], *, interspersed: bool = True) -> None:
        flags = [spec for spec in (*specs, HELP) if spec.flag]
        self._long = {f"--{spec.flag}": spec for spec in flags}
        self._short = {spec.short: spec for spec in flags if spec.short}
        self._interspersed = interspersed

    def parse(self, args: Sequence[str]) -> tuple[list[str], FlagTexts]:
        """Positional arguments and flags.

        Raises:
            UsageError: an unknown flag, or one without the value that it needs.
        """
        positionals: list[str] = []
        texts: FlagTexts = {}
        left = deque(args)
        while left:
            arg = left.popleft()
            if arg == "--":
                break
            if arg == "-" or not arg.startswith("-"):
                positionals.append(arg)
                if not self._interspersed:
                    break
            elif arg.startswith("--"):
                self._take_long(arg, left, texts)
            else:
                self._take_short(arg[1:], left, texts)
        return [*positionals, *left], texts

    def _take_long(self, arg: str, left: deque[str], texts: FlagTexts) -> None:
        name, equals, value = arg.partition("=")
        spec = self._long.get(name)
        if spec is None:
            raise UsageError(f"unknown flag: {name}")
        if not equals:
            value = _value_without_equals(spec, left, name)
        texts.setdefault(spec.name, []).append(value)

    def _take_short(self, letters: str, left: deque[str], texts: FlagTexts) -> None:
        """Several flags of one letter, of which the last may have its value in the same argument."""
        while letters:
            letter, rest = letters[0], letters[1:]
            where = f"'{letter}' in -{letters}"
            spec = self._short.get(letter)
            if spec is None:
                raise UsageError(f"unknown shorthand flag: {where}")
            if rest.startswith("=") and len(rest) > 1:
                value, rest = rest[1:], ""
            elif rest and spec.bare_flag is None:
                value, rest = rest, ""
            else:
                value = _value_without_equals(spec, left, where)
            texts.setdefault(spec.name, []).append(value)
            letters = rest


def _value_without_equals(spec: OptionSpec, left: deque[str], where: str) -> str:
    if spec.bare_flag is not None:
        return spec.bare_flag
    if not left:
        raise UsageError(f"flag needs an argument: {where}")
    return left.popleft()
