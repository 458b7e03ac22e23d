"""``k6py inspect``: the options of a script as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from runner.cli.flags import FlagCommand, flag_options
from runner.cli.loading import load_script
from runner.execution.config import TestConfig
from runner.options.runtime import GLOBAL_SETTINGS, LOADING_SETTINGS

EPILOG = """\b
Examples:
  k6py inspect script.js
  k6py inspect --execution-requirements script.js
  k6py inspect archive.tar
"""

# As Go's encoder writes them, which thinks of HTML.
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def inspect_script(scripts: tuple[str, ...], execution_requirements: bool, **flags: Any) -> int:
    """Print the options and return the exit status."""

    def show(config: TestConfig) -> None:
        # Only this needs the engine; help and mistakes in the command line come without it.
        from runner.execution.inspection import inspect_test

        options = inspect_test(
            config, with_requirements=execution_requirements, stdout=sys.stdout, stderr=sys.stderr
        )
        click.echo(json.dumps(options, indent=2, ensure_ascii=False).translate(_ESCAPES))

    return load_script(scripts, flags, show)


command = FlagCommand(
    "inspect",
    callback=inspect_script,
    params=[
        click.Argument(["scripts"], nargs=-1, metavar="FILE"),
        click.Option(
            ["--execution-requirements"],
            is_flag=True,
            help="show the final options instead, and the duration and VUs that the test needs",
        ),
        *flag_options((*LOADING_SETTINGS, *GLOBAL_SETTINGS)),
    ],
    help="Print the options of a script or an archive as JSON.",
    short_help="Print a script's options.",
    epilog=EPILOG,
)
