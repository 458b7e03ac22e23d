"""The help of the command line, laid out by the standard library's optparse.

A module of its own because a run needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from optparse import SUPPRESS_HELP, IndentedHelpFormatter, Option, OptionParser

from runner.cli.flags import HELP, Command
from runner.options.table import OptionSpec, Support

# Where the explanations of flags begin.
_COLUMN = 34


def command_help(command: Command) -> str:
    """The help of a subcommand."""
    usage = f"k6py {command.name} [OPTIONS] {command.arguments}".rstrip()
    ending = section("Examples", command.examples)
    return f"{flags_help(usage, command.help, command.specs)}\n{ending}"


def flags_help(usage: str, description: str, specs: Iterable[OptionSpec]) -> str:
    """Usage, description and flags.

    Args:
        usage: the command line in short.
        description: what the command does.
        specs: its flags.
    """
    parser = OptionParser(
        usage,
        description=description,
        formatter=_HelpFormatter(max_help_position=_COLUMN),
        add_help_option=False,
    )
    parser.add_options([_option(spec) for spec in (*specs, HELP) if spec.flag])
    return parser.format_help()


def section(title: str, lines: Iterable[str]) -> str:
    """Lines under a title."""
    return "".join(f"{line}\n" for line in (f"{title}:", *(f"  {line}" for line in lines)))


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
    # Flags that are refused are known only so that the error can name them.
    text = SUPPRESS_HELP if spec.support is Support.REFUSED else " ".join(notes)
    if spec.bare_flag is not None:
        return Option(*names, action="store_true", help=text)
    return Option(*names, metavar=spec.kind.metavar, help=text)
