"""Flags the way k6's command line reads them, made from option tables.

Owns the translation between tables and click, and k6's texts for flags that cannot be used.  Refuses to
read values: they stay texts here (``runner.options`` reads them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from runner.options.table import OptionSpec, Support


class FlagCommand(click.Command):
    """A command whose switches may also be written ``--switch=false``, as Go's flags may."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let click parse what it knows; it refuses values of switches, so these are taken out before."""
        rest, values = _split_switch_values(
            self.get_params(ctx), args, interspersed=ctx.allow_interspersed_args
        )
        left = super().parse_args(ctx, rest)
        ctx.params.update(values)
        return left


class FlagGroup(click.Group, FlagCommand):
    """A group with such switches."""


def flag_options(specs: Iterable[OptionSpec]) -> list[click.Parameter]:
    """One click option for each setting that has a flag."""
    return [_flag_option(spec) for spec in specs if spec.flag]


def given_flags(specs: Iterable[OptionSpec], params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Texts of the flags that were given, by setting name.

    Args:
        specs: the settings to look for.
        params: click's parameters of the command.
    """
    given = {}
    for spec in specs:
        value = params.get(spec.name)
        if value is True and spec.bare_flag is not None:
            given[spec.name] = [spec.bare_flag]
        elif isinstance(value, str):
            given[spec.name] = [value]
        elif value:
            given[spec.name] = list(value)
    return given


def error_text(error: click.ClickException) -> str:
    """What k6 would say about a command line that click refused."""
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        if name.startswith("--"):
            return f"unknown flag: {name}"
        return f"unknown shorthand flag: '{name.lstrip('-')}' in {name}"
    if isinstance(error, click.BadOptionUsage) and "requires an argument" in error.message:
        name = error.option_name
        shown = name if name.startswith("--") else f"'{name[1:]}' in {name}"
        return f"flag needs an argument: {shown}"
    return error.format_message()


def _flag_option(spec: OptionSpec) -> click.Option:
    names = [spec.name, f"--{spec.flag}", *([f"-{spec.short}"] if spec.short else [])]
    notes = [spec.help]
    if spec.default:
        notes.append(f"(default {spec.default})")
    if spec.support is Support.IGNORED:
        notes.append("(no effect in this version)")
    # Flags that are refused are parsed only so that the error can name them.
    hidden = spec.support is Support.REFUSED
    if spec.bare_flag is not None:
        return click.Option(names, is_flag=True, default=False, help=" ".join(notes), hidden=hidden)
    return click.Option(names, multiple=True, metavar=spec.kind.metavar, help=" ".join(notes), hidden=hidden)


def _split_switch_values(
    params: Sequence[click.Parameter], args: list[str], *, interspersed: bool
) -> tuple[list[str], dict[str, str]]:
    """Take ``--switch=value`` out of the arguments; what follows ``--`` or a subcommand is left alone."""
    options = [param for param in params if isinstance(param, click.Option)]
    switches = {name: option.name or "" for option in options if option.is_flag for name in option.opts}
    with_value = {name for option in options if not option.is_flag for name in option.opts}
    rest: list[str] = []
    values: dict[str, str] = {}
    for position, arg in enumerate(args):
        name, equals, value = arg.partition("=")
        is_value_of_last = bool(rest) and rest[-1] in with_value
        is_positional = not arg.startswith("-") and not is_value_of_last
        if arg == "--" or (is_positional and not interspersed):
            return [*rest, *args[position:]], values
        if equals and name in switches and not is_value_of_last:
            values[switches[name]] = value
        elif equals and name in with_value and not name.startswith("--") and not is_value_of_last:
            # click would take the equals sign for part of the value.
            rest += [name, value]
        else:
            rest.append(arg)
    return rest, values
