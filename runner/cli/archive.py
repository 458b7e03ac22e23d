"""``k6py archive``: a script and all that it reads in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from runner.cli.flags import FlagCommand, flag_options
from runner.cli.loading import load_script
from runner.execution.config import TestConfig
from runner.options.layers import flag_layer
from runner.options.runtime import GLOBAL_SETTINGS, LOADING_SETTINGS
from runner.options.table import OPTIONS

EPILOG = """\b
Examples:
  k6py archive script.js
  k6py archive -u 10 -d 10s -O test.tar script.js
  k6py run test.tar
"""


def archive_script(scripts: tuple[str, ...], archive_out: Path, exclude_env_vars: bool, **flags: Any) -> int:
    """Write the archive and return the exit status."""

    def pack(config: TestConfig) -> None:
        # Bad flags are told before the script runs, since its init code may already do things.
        flag_layer(config.flags)
        # Only this needs the engine; help and mistakes in the command line come without it.
        from runner.execution.inspection import archive_test

        archive_test(config, archive_out, with_env=not exclude_env_vars, stdout=sys.stdout, stderr=sys.stderr)

    return load_script(scripts, flags, pack)


command = FlagCommand(
    "archive",
    callback=archive_script,
    params=[
        click.Argument(["scripts"], nargs=-1, metavar="SCRIPT"),
        click.Option(
            ["--archive-out", "-O"],
            type=click.Path(path_type=Path),
            default=Path("archive.tar"),
            show_default=True,
            help="file to write",
        ),
        click.Option(
            ["--exclude-env-vars"], is_flag=True, help="keep no environment variables in the archive"
        ),
        *flag_options((*OPTIONS.values(), *LOADING_SETTINGS, *GLOBAL_SETTINGS)),
    ],
    help=(
        "Pack a script, everything that its init code imports or opens, its options and its -e variables "
        "into one file, which runs anywhere."
    ),
    short_help="Pack a script and what it needs.",
    epilog=EPILOG,
)
