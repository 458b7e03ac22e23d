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

from runner.cli.flags import HELP, Command, FlagParser, FlagTexts
from runner.errors import ExitCode, K6pyError, UsageError
from runner.options import kinds
from runner.options.runtime import GLOBAL_SETTINGS, read_settings
from runner.options.table import OptionSpec

EXAMPLES = ("k6py run script.js", "k6py run --vus 10 --duration 30s script.js", "k6py run --help")

# Subcommand to the module that holds its ``command``.
COMMANDS = {
    "run": "runner.cli.run",
    "archive": "runner.cli.archive",
    "inspect": "runner.cli.inspect",
    "echo-server": "runner.cli.echo_server",
    "version": "runner.cli.version",
}
_UNAVAILABLE = ("cloud", "completion", "deps", "features", "new", "x")
_VERSION = OptionSpec("version", None, kinds.BOOLEAN, None, "version", help="show the version")
_ROOT_SPECS = (*GLOBAL_SETTINGS, _VERSION)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status.

    Args:
        argv: arguments without the program's name; those of the process by default.
    """
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except K6pyError as error:
        return _failed(error, {})
    except KeyboardInterrupt:
        return int(ExitCode.EXTERNAL_ABORT)
    except BrokenPipeError:
        # Who reads a help has seen enough; Python must not try once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        if argv is None:
            # The process ends: spare it a last look for garbage in everything that was imported.
            gc.freeze()


def find_command(name: str) -> Command:
    """Import a subcommand.

    Args:
        name: what it is called by.

    Raises:
        UsageError: k6 has it and k6py has not yet, or nobody has.
    """
    if name in _UNAVAILABLE:
        raise UsageError(f'command "{name}" is not available in this version of k6py')
    if name not in COMMANDS:
        raise UsageError(f'unknown command "{name}" for "k6py"')
    command = importlib.import_module(COMMANDS[name]).command
    assert isinstance(command, Command)
    return command


def _run(args: list[str]) -> int:
    if args[:1] == ["help"]:
        args = [*args[1:], "--help"]
    rest, before = FlagParser(_ROOT_SPECS, interspersed=False).parse(args)
    wanted = read_settings((_VERSION, HELP), before, {})
    if wanted.get("version"):
        from runner.cli.version import version_line

        _show(f"{version_line()}\n")
        return 0
    if not rest or wanted.get("help"):
        _show(_root_help())
        return 0
    return _run_command(find_command(rest[0]), rest[1:], before)


def _run_command(command: Command, args: list[str], before: FlagTexts) -> int:
    positionals, flags = FlagParser(command.specs).parse(args)
    # Global flags may stand before the subcommand, too; those behind it win.
    flags = {**before, **flags}
    try:
        if read_settings((HELP,), flags, {}).get("help"):
            from runner.cli.help import command_help

            _show(command_help(command))
            return 0
        if positionals and not command.arguments:
            raise UsageError(f'"k6py {command.name}" takes no arguments, only flags: {positionals[0]}')
        return command.run(positionals, flags)
    except K6pyError as error:
        return _failed(error, flags)


def _root_help() -> str:
    from runner.cli.help import flags_help, section

    width = max(map(len, COMMANDS))
    commands = [f"{name:{width}}  {find_command(name).summary}" for name in COMMANDS]
    flags = flags_help(
        "k6py [OPTIONS] COMMAND [ARGS]...",
        "Run k6 load-test scripts, unmodified, inside Python.",
        _ROOT_SPECS,
    )
    return f"{flags}\n{section('Commands', commands)}\n{section('Examples', EXAMPLES)}"


def _show(text: str) -> None:
    # Now, and not at the end of the process, where nobody can handle a reader that has gone.
    print(text, end="", flush=True)


def _failed(error: K6pyError, flags: FlagTexts) -> int:
    from runner.cli.report import log_error

    log_error(error, flags, os.environ)
    return int(error.exit_code)
