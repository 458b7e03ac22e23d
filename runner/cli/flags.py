"""Flags the way k6's command line reads them, made from option tables.

Owns the translation between tables and optparse, the layout of the help, and k6's texts for flags that cannot
be used.  Refuses to read values: they stay texts here (``runner.options`` reads them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from optparse import SUPPRESS_HELP, IndentedHelpFormatter, Option, OptionParser
from typing import NamedTuple, NoReturn, TypeAlias

from runner.errors import UsageError
from runner.options import kinds
from runner.options.table import OptionSpec, Support

# Texts of the flags that were given, by the name of the setting, in their order.
FlagTexts: TypeAlias = dict[str, list[str]]

_HELP = OptionSpec("help", None, kinds.BOOLEAN, None, "help", "h", help="show this text")


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


class FlagParser(OptionParser):
    """Parses flags and lays out their help.

    Args:
        usage: the command line in short.
        specs: the flags.
        description: what the command does.
        ending: what the help ends with, laid out already; "" for nothing.
        interspersed: flags may stand behind positional arguments, too.
    """

    def __init__(
        self,
        usage: str,
        specs: Iterable[OptionSpec],
        *,
        description: str,
        ending: str,
        interspersed: bool = True,
    ) -> None:
        super().__init__(
            usage,
            description=description,
            formatter=_HelpFormatter(max_help_position=34),
            add_help_option=False,
        )
        self.allow_interspersed_args = interspersed
        self._ending = ending
        self.add_options([_option(spec) for spec in (*specs, _HELP) if spec.flag])

    def parse(self, args: Sequence[str]) -> tuple[list[str], FlagTexts]:
        """Positional arguments and flags.

        Raises:
            UsageError: an unknown flag, or one without the value that it needs.
        """
        rest, switch_values = self._take_switch_values(args)
        values, positionals = self.parse_args(rest)
        return positionals, {name: texts for name, texts in vars(values).items() if texts} | switch_values

    def _take_switch_values(self, args: Sequence[str]) -> tuple[list[str], FlagTexts]:
        """Take ``--switch=value`` out of the arguments: Go's switches may have values, those of optparse may not."""
        rest: list[str] = []
        values: FlagTexts = {}
        following = iter(args)
        for arg in following:
            name, equals, value = arg.partition("=")
            option = self.get_option(name) if name.startswith("-") else None
            if arg == "--" or (not arg.startswith("-") and not self.allow_interspersed_args):
                return [*rest, arg, *following], values
            if option is None:
                rest.append(arg)
            elif not option.takes_value():
                if equals:
                    values[str(option.dest)] = [value]
                else:
                    rest.append(arg)
            elif equals and not name.startswith("--"):
                # optparse would take the equals sign for part of the value.
                rest += [name, value]
            else:
                rest += [arg, *islice(following, 0 if equals else 1)]
        return rest, values

    def _match_long_opt(self, opt: str) -> str:
        """Take no abbreviations: k6 has none, and which ones are clear changes with every new flag."""
        if not self.has_option(opt):
            raise UsageError(f"unknown flag: {opt}")
        return opt

    def error(self, msg: str) -> NoReturn:
        """Say as k6 does what optparse says of a flag without its value, or of an unknown short one."""
        words = msg.split()
        if words[0].startswith("--"):
            raise UsageError(f"flag needs an argument: {words[0]}")
        if words[0].startswith("-"):
            raise UsageError(f"flag needs an argument: '{words[0][1:]}' in {words[0]}")
        raise UsageError(f"unknown shorthand flag: '{words[-1][1:]}' in {words[-1]}")

    def format_epilog(self, formatter: object) -> str:
        """What the help ends with, as it is."""
        return f"\n{self._ending}" if self._ending else ""


def command_parser(command: Command) -> FlagParser:
    """The parser of a subcommand."""
    usage = f"k6py {command.name} [OPTIONS] {command.arguments}".rstrip()
    return FlagParser(usage, command.specs, description=command.help, ending=examples_text(command.examples))


def examples_text(examples: Iterable[str]) -> str:
    """Command lines to copy, as a help shows them."""
    return "".join(f"{line}\n" for line in ("Examples:", *(f"  {example}" for example in examples)))


class _HelpFormatter(IndentedHelpFormatter):
    def format_option_strings(self, option: Option) -> str:
        """``-u, --vus int``, as k6 writes it."""
        names = ", ".join((*option._short_opts, *option._long_opts))
        return f"{names} {option.metavar}" if option.takes_value() else names


def _option(spec: OptionSpec) -> Option:
    names = [*([f"-{spec.short}"] if spec.short else []), f"--{spec.flag}"]
    notes = [spec.help]
    if spec.default:
        notes.append(f"(default {spec.default})")
    if spec.support is Support.IGNORED:
        notes.append("(no effect in this version)")
    # Flags that are refused are parsed only so that the error can name them.
    help_text = SUPPRESS_HELP if spec.support is Support.REFUSED else " ".join(notes)
    if spec.bare_flag is not None:
        return Option(*names, action="append_const", const=spec.bare_flag, dest=spec.name, help=help_text)
    return Option(*names, action="append", metavar=spec.kind.metavar, dest=spec.name, help=help_text)
