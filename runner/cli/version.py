"""``k6py version``: what this is, without loading the engine."""

from __future__ import annotations

import json
import os
import sys

import click

from runner import K6_VERSION, __version__, is_compiled

EPILOG = """\b
Examples:
  k6py version
  k6py version --json
  k6py --version
"""

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


def show_version(as_json: bool) -> int:
    """Print the version."""
    click.echo(json.dumps(version_facts()) if as_json else version_line())
    return 0


command = click.Command(
    "version",
    callback=show_version,
    params=[click.Option(["as_json", "--json"], is_flag=True, help="print JSON")],
    help="Show the version.",
    short_help="Show the version.",
    epilog=EPILOG,
)
