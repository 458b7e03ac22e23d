"""From the places where options are set to one ``Options``: config file, script, environment, flags.

Owns reading each layer with its own error texts and exit codes, and k6's rules for merging them.
Refuses to read scripts (callers hand in the exported object) and to log (warnings are returned).
Order of precedence: https://grafana.com/docs/k6/latest/using-k6/k6-options/how-to/#order-of-precedence
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from runner.errors import K6pyError, OptionsError, UsageError
from runner.options.kinds import BOOLEAN, DURATION, INTEGER
from runner.options.readers import Uncoded, WrongType, describe
from runner.options.table import FEATURES, OPTIONS, SCRIPT_OPTIONS, OptionSpec, Support

# Setting any of these forgets all of them in the layers below.
EXECUTION_OPTIONS = ("duration", "iterations", "stages", "scenarios")

# All are experiments of k6's, and none is here.
FEATURE_FLAGS = ("freeze-env", "merge-run-tags", "native-histograms")

# Flags of these sorts are read by k6's command line itself, which then names the flag.
_NAMED_IN_ERRORS = (BOOLEAN, DURATION, INTEGER)


class OptionWarning(NamedTuple):
    """Something to log, with further fields for the log; k6 calls little of it an error."""

    message: str
    fields: Mapping[str, object] = {}
    is_error: bool = False

    def log(self, logger: "OptionLog") -> None:
        """Write it."""
        (logger.error if self.is_error else logger.warning)(self.message, **self.fields)


class OptionLog(Protocol):
    """Where it goes."""

    def warning(self, message: str, /, **fields: object) -> None: ...

    def error(self, message: str, /, **fields: object) -> None: ...


class Layer(NamedTuple):
    """What one place sets: typed values by k6 option name.

    Args:
        name: k6's name of the place: ``config``, ``script``, ``env`` or ``cli``.
        values: only what was set.
        warnings: what to log about it.
    """

    name: str
    values: Mapping[str, Any] = {}
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
        reader.read(spec, _flag_reader(spec, value), flag_complaint(spec, value), _label(spec))
    return reader.layer()


def flag_complaint(spec: OptionSpec, value: object) -> str:
    """What stands before the reason why a flag's value was refused; "" where the reason says all."""
    return invalid_argument(spec, value) if spec.kind in _NAMED_IN_ERRORS else ""


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
    given, prefix = _config_file(path, environ)
    reader = _LayerReader("config", OptionsError)
    for name, value in given.items():
        spec = _named(name, OPTIONS)
        # By then k6 has opened its log.
        if spec is not None and spec.name != "consoleOutput":
            reader.read_json(spec, value, prefix)
    return reader.layer()


def config_file_outputs(path: str | None, environ: Mapping[str, str]) -> list[str]:
    """The ``out`` of the config file; no option of the test, but it may stand there.

    Raises:
        OptionsError: as of ``config_file_layer``.
    """
    given, prefix = _config_file(path, environ)
    outputs = given.get("out") or []
    if not isinstance(outputs, list) or not all(isinstance(output, str) for output in outputs):
        raise OptionsError(f"{prefix}out: {describe(outputs)} is not a list of strings")
    return outputs


def _config_file(path: str | None, environ: Mapping[str, str]) -> tuple[Mapping[str, Any], str]:
    """What the config file holds, and what stands before the reason why something in it cannot be used."""
    file = Path(path) if path is not None else default_config_file(environ)
    where = "failed to load the configuration file from the local file system"
    prefix = f'{where}: couldn\'t parse the configuration from "{file}": '
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if path is None:
            return {}, prefix
        raise OptionsError(f"{where}: stat {file}: no such file or directory") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionsError(
            f'{where}: couldn\'t load the configuration from "{file}": read {file}: {reason}'
        ) from error
    except ValueError as error:
        raise OptionsError(f"{prefix}{error}") from error
    if not isinstance(given, dict | None):
        raise OptionsError(f"{prefix}it holds no JSON object")
    return given or {}, prefix


def default_config_file(environ: Mapping[str, str]) -> Path:
    """Where k6 looks without ``--config``."""
    home = environ.get("XDG_CONFIG_HOME")
    base = Path(home) if home else Path(environ.get("HOME") or "~").expanduser() / ".config"
    return base / "k6" / "config.json"


def script_layer(exported: object, script: str, main: str, *, runs: bool = True) -> Layer:
    """Options that the script exports.

    Args:
        exported: the exported ``options`` as plain values, or None when there are none.
        script: the script as given on the command line, for error texts.
        main: its URL, for the same.
        runs: False when the options are only looked at, so that it does not matter which of them are available.

    Raises:
        OptionsError: the options are no object, a value is wrong or the option is not available.
    """
    prefix = f"could not initialize '{script}': could not load JS test '{main}': "
    if exported is None:
        return Layer("script")
    if not isinstance(exported, Mapping):
        raise OptionsError(f"{prefix}the script's options must be an object")
    reader = _LayerReader("script", OptionsError, heeds_support=runs)
    # Of two spellings of a name, k6 takes the last one in this order.
    for name, value in sorted(exported.items()):
        spec = _named(name, SCRIPT_OPTIONS)
        if spec is None:
            reader.unknown_names.append(name)
        elif spec.name == "features":
            reader.warn(
                "Feature flags in script options are not supported; use --features, K6_FEATURES, or the JSON config",
                source="options",
            )
        else:
            reader.read_json(spec, value, prefix)
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
        if value is not None:
            self.read(spec, partial(spec.kind.from_json, value), prefix, f'option "{spec.name}"')

    def warn(self, message: str, **fields: object) -> None:
        """Something to log about the layer."""
        self._warnings.append(OptionWarning(message, fields))

    def read(self, spec: OptionSpec, convert: Callable[[], Any], prefix: str, label: str | None) -> None:
        """Keep a converted value, or fail with ``prefix`` before the reason."""
        try:
            value = convert()
        except Uncoded as error:
            raise UsageError(f"{prefix}{error}") from error
        except WrongType as error:
            raise self._error(f"{prefix}{spec.name}: {error}") from error
        except ValueError as error:
            raise self._error(f"{prefix}{error}") from error
        if value is None:
            return
        if spec.kind is FEATURES:
            value = self._known_features(value)
        # Off, zero and empty are what holds anyway, so nothing is lost by not acting on them.
        matters = value and self._heeds_support
        if matters and spec.support is Support.REFUSED:
            raise self._error(f"{label} is not available in this version of k6py")
        if matters and spec.support is Support.IGNORED:
            self.warn(f"{label} is not available in this version of k6py and has no effect")
        self._values[spec.name] = value

    def _known_features(self, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if name not in FEATURE_FLAGS:
                fields = {"feature": name, "outcome": "unknown", "source": self._name}
                self._warnings.append(OptionWarning("Unknown feature flag", fields, is_error=True))
        return tuple(name for name in names if name in FEATURE_FLAGS)

    def layer(self) -> Layer:
        """What was collected."""
        warnings = self._warnings
        if self.unknown_names:
            fields = {"error": f'json: unknown field "{self.unknown_names[0]}"'}
            message = "There were unknown fields in the options exported in the script"
            warnings = [OptionWarning(message, fields), *warnings]
        return Layer(self._name, self._values, warnings)


def _named(name: str, known: Collection[str]) -> OptionSpec | None:
    """The option that is meant, whatever its letters' case: k6 reads names as Go's JSON library does."""
    if name in known:
        return OPTIONS[name]
    return OPTIONS.get(next((option for option in known if option.lower() == name.lower()), ""))


def _flag_reader(spec: OptionSpec, value: object) -> Callable[[], Any]:
    if isinstance(value, str):
        return partial(spec.kind.read_flags, [value])
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return partial(spec.kind.read_flags, value)
    return partial(spec.kind.from_json, value)


def _label(spec: OptionSpec) -> str:
    """How messages name an option that was given as a flag."""
    return f"flag --{spec.flag}" if spec.flag else f'option "{spec.name}"'
