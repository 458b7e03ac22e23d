"""The command line: one file per subcommand, parsing and exit codes, no logic.

Owns the root command and the last resort for errors.  Subcommands are imported when they are called, so
that ``k6py version`` does not load what only a run needs.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

from runner.cli.flags import FlagGroup, error_text, flag_options
from runner.errors import ExitCode, K6pyError, UsageError
from runner.options.runtime import GLOBAL_SETTINGS

EPILOG = """\b
Examples:
  k6py run script.js
  k6py run --vus 10 --duration 30s script.js
  k6py run --help
"""

# Subcommand to the module that holds its ``command``.
_COMMANDS = {
    "run": "runner.cli.run",
    "archive": "runner.cli.archive",
    "inspect": "runner.cli.inspect",
    "echo-server": "runner.cli.echo_server",
    "version": "runner.cli.version",
}
_UNAVAILABLE = ("cloud", "completion", "deps", "features", "new", "x")


class RootCommand(FlagGroup):
    """Finds subcommands by name; tells those that k6 has and k6py has not yet from those nobody has."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the subcommands, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand's module."""
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name, command and remaining arguments."""
        name = args[0]
        if name in _UNAVAILABLE:
            raise UsageError(f'command "{name}" is not available in this version of k6py')
        if name not in _COMMANDS:
            raise UsageError(f'unknown command "{name}" for "k6py"')
        return name, self.get_command(ctx, name), args[1:]


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from runner.cli.version import version_line

        click.echo(version_line())
        ctx.exit()


def _show_help(**_flags: object) -> None:
    """Print the help when no subcommand was given."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


root = RootCommand(
    "k6py",
    callback=_show_help,
    invoke_without_command=True,
    params=[
        *flag_options(GLOBAL_SETTINGS),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="show the version",
        ),
    ],
    help="Run k6 load-test scripts, unmodified, inside Python.",
    epilog=EPILOG,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status.

    Args:
        argv: arguments without the program's name; those of the process by default.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    if args[:1] == ["help"]:
        args = [*args[1:], "--help"]
    try:
        status = root.main(args=args, prog_name="k6py", standalone_mode=False)
    except click.ClickException as error:
        return _fail(UsageError(error_text(error)))
    except K6pyError as error:
        return _fail(error)
    except click.Abort:
        return int(ExitCode.EXTERNAL_ABORT)
    finally:
        if argv is None:
            # The process ends: spare it a last look for garbage in everything that was imported.
            gc.freeze()
    return int(status or 0)


def _fail(error: K6pyError) -> int:
    from runner.cli.report import log_error

    log_error(error, {}, os.environ)
    return int(error.exit_code)
