"""From the places where options are set to one ``Options``: config file, script, environment, flags.

Owns reading each layer with its own error texts and exit codes, and k6's rules for merging them.
Refuses to read scripts (callers hand in the exported object) and to log (warnings are returned).
Order of precedence: https://grafana.com/docs/k6/latest/using-k6/k6-options/how-to/#order-of-precedence
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from runner.errors import K6pyError, OptionsError, UsageError
from runner.options.table import OPTIONS, SCRIPT_OPTIONS, OptionSpec, Support

# Setting any of these forgets all of them in the layers below.
EXECUTION_OPTIONS = ("duration", "iterations", "stages", "scenarios")


class OptionWarning(NamedTuple):
    """Something to log as a warning, with further fields for the log."""

    message: str
    fields: Mapping[str, object] = {}


@dataclass(frozen=True)
class Layer:
    """What one place sets: typed values by k6 option name.

    Args:
        name: k6's name of the place: ``config``, ``script``, ``env`` or ``cli``.
        values: only what was set.
        warnings: what to log about it.
    """

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[OptionWarning] = ()


def flag_layer(flags: Mapping[str, object]) -> Layer:
    """Options given as flags.

    Args:
        flags: by k6 option name: texts as typed (a list of them for a repeated flag), or values as a script
            would give them (numbers, booleans, objects).

    Raises:
        UsageError: a value does not parse, or the option is not available or not an option.
    """
    reader = _LayerReader("cli", UsageError)
    for name, value in flags.items():
        spec = OPTIONS.get(name)
        if spec is None:
            raise UsageError(f"unknown option {name}")
        reader.read(spec, _flag_reader(spec, value), invalid_argument(spec, value), _label(spec))
    return reader.layer()


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """Options given by ``K6_…`` variables; an empty one counts as not set, except where it is an empty list.

    Raises:
        OptionsError: a value does not parse, or the option is not available.
    """
    reader = _LayerReader("env", OptionsError)
    for spec in OPTIONS.values():
        text = environ.get(spec.env) if spec.env else None
        if text or (text is not None and spec.kind.takes_empty):
            reader.read(spec, partial(spec.kind.from_text, text), f"{spec.env}: ", spec.env)
    return reader.layer()


def config_file_layer(path: str | None, environ: Mapping[str, str]) -> Layer:
    """Options given by the ``--config`` file, or by k6's default one, which may be missing.

    Raises:
        OptionsError: the file cannot be read, is no JSON object, or a value is wrong.
    """
    file = Path(path) if path is not None else default_config_file(environ)
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return Layer("config")
        raise OptionsError(
            f"could not read the config file: open {file}: no such file or directory"
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionsError(f"could not read the config file: open {file}: {reason}") from error
    except ValueError as error:
        raise OptionsError(f"could not parse the config file {file}: {error}") from error
    if not isinstance(given, dict):
        raise OptionsError(f"could not parse the config file {file}: it holds no JSON object")
    reader = _LayerReader("config", OptionsError)
    for name, value in given.items():
        if name in OPTIONS:
            reader.read_json(OPTIONS[name], value, f"could not parse the config file {file}: ")
    return reader.layer()


def default_config_file(environ: Mapping[str, str]) -> Path:
    """Where k6 looks without ``--config``."""
    home = environ.get("XDG_CONFIG_HOME")
    base = Path(home) if home else Path(environ.get("HOME") or "~").expanduser() / ".config"
    return base / "k6" / "config.json"


def script_layer(exported: object, script: str, *, runs: bool = True) -> Layer:
    """Options that the script exports.

    Args:
        exported: the exported ``options`` as plain values, or None when there are none.
        script: the script as given on the command line, for error texts.
        runs: False when the options are only looked at, so that it does not matter which of them are available.

    Raises:
        OptionsError: the options are no object, a value is wrong or the option is not available.
    """
    prefix = f"could not initialize '{script}': could not parse the script options: "
    if exported is None:
        return Layer("script")
    if not isinstance(exported, Mapping):
        raise OptionsError(f"{prefix}they must be an object")
    reader = _LayerReader("script", OptionsError, heeds_support=runs)
    for name, value in exported.items():
        if name in SCRIPT_OPTIONS:
            reader.read_json(OPTIONS[name], value, prefix)
        else:
            reader.unknown_names.append(name)
    return reader.layer()


def merge(layers: Sequence[Layer]) -> tuple[dict[str, Any], list[OptionWarning]]:
    """Put layers over each other, the lowest first; execution options replace each other as a group.

    Returns:
        the values in force by k6 option name, and what to log.
    """
    values: dict[str, Any] = {}
    warnings: list[OptionWarning] = []
    for layer in layers:
        warnings += layer.warnings
        if any(name in layer.values for name in EXECUTION_OPTIONS):
            if values.get("scenarios"):
                message = f'"{layer.name}" level configuration overrode scenarios configuration entirely'
                warnings.append(OptionWarning(message))
            for name in EXECUTION_OPTIONS:
                values.pop(name, None)
        values.update(layer.values)
    return values, warnings


def invalid_argument(spec: OptionSpec, value: object) -> str:
    """What stands before the reason why a flag's value was refused."""
    texts = value if isinstance(value, list | tuple) else [value]
    shown = json.dumps(",".join(map(str, texts)), ensure_ascii=False)
    return f'invalid argument {shown} for "{spec.flag_names}" flag: '


class _LayerReader:
    """Collects the values of one layer; errors say where the value came from and keep their exit code."""

    def __init__(self, name: str, error: type[K6pyError], *, heeds_support: bool = True) -> None:
        self.unknown_names: list[str] = []
        self._name = name
        self._error = error
        self._heeds_support = heeds_support
        self._values: dict[str, Any] = {}
        self._warnings: list[OptionWarning] = []

    def read_json(self, spec: OptionSpec, value: object, prefix: str) -> None:
        """Read a value of a script or a config file; null means that it is not set."""
        if value is None:
            return
        where = prefix if spec.name == "scenarios" else f"{prefix}{spec.name}: "
        self.read(spec, partial(spec.kind.from_json, value), where, f'option "{spec.name}"')

    def read(self, spec: OptionSpec, convert: Callable[[], Any], prefix: str, label: str | None) -> None:
        """Keep a converted value, or fail with ``prefix`` before the reason."""
        try:
            value = convert()
        except ValueError as error:
            raise self._error(f"{prefix}{error}") from error
        # Off, zero and empty are what holds anyway, so nothing is lost by not acting on them.
        matters = value and self._heeds_support
        if matters and spec.support is Support.REFUSED:
            raise self._error(f"{label} is not available in this version of k6py")
        if matters and spec.support is Support.IGNORED:
            message = f"{label} is not available in this version of k6py and has no effect"
            self._warnings.append(OptionWarning(message))
        self._values[spec.name] = value

    def layer(self) -> Layer:
        """What was collected."""
        warnings = self._warnings
        if self.unknown_names:
            fields = {"error": f'json: unknown field "{self.unknown_names[0]}"'}
            message = "There were unknown fields in the options exported in the script"
            warnings = [OptionWarning(message, fields), *warnings]
        return Layer(self._name, self._values, warnings)


def _flag_reader(spec: OptionSpec, value: object) -> Callable[[], Any]:
    if isinstance(value, str):
        return partial(spec.kind.read_flags, [value])
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return partial(spec.kind.read_flags, value)
    return partial(spec.kind.from_json, value)


def _label(spec: OptionSpec) -> str:
    """How messages name an option that was given as a flag."""
    return f"flag --{spec.flag}" if spec.flag else f'option "{spec.name}"'
