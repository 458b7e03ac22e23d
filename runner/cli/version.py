"""``k6py version``: what this is, without loading the engine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

from runner import K6_VERSION, __version__, is_compiled
from runner.cli.flags import Command, FlagTexts
from runner.options import kinds
from runner.options.runtime import read_settings
from runner.options.table import OptionSpec

# Go's names, which k6 shows.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def version_facts() -> dict[str, str]:
    """The parts of the version line by name."""
    machine = os.uname().machine
    return {
        "version": f"v{__version__}",
        "k6_version": f"v{K6_VERSION}",
        "python_version": ".".join(map(str, sys.version_info[:3])),
        "build": "compiled" if is_compiled() else "interpreted",
        "os": sys.platform,
        "arch": _ARCHITECTURES.get(machine, machine),
    }


def version_line() -> str:
    """The version as one line."""
    facts = version_facts()
    return (
        f"k6py {facts['version']} (k6 {facts['k6_version']} behaviour, "
        f"Python {facts['python_version']}, {facts['os']}/{facts['arch']}, {facts['build']})"
    )


def show_version(_arguments: Sequence[str], flags: FlagTexts) -> int:
    """Print the version."""
    settings = read_settings(command.specs, flags, {})
    print(json.dumps(version_facts()) if settings.get("json") else version_line(), flush=True)
    return 0


command = Command(
    "version",
    show_version,
    (OptionSpec("json", None, kinds.BOOLEAN, None, "json", help="print JSON"),),
    summary="Show the version.",
    help="Show the version.",
    examples=("k6py version", "k6py version --json", "k6py --version"),
)
