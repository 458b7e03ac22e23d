"""Before a test runs: read the script for its options, merge them, and make what all VUs share.

Owns the order of these steps and the errors of loading a script; starts nothing.
"""

import json
from typing import TYPE_CHECKING, NamedTuple

from jsbindings.registry import ModuleRegistry
from runner.errors import (
    ImportFailed,
    LoadFailed,
    ScriptAborted,
    ScriptError,
    UsageError,
)
from runner.execution.config import TestConfig
from runner.execution.script_source import open_script
from runner.log import Logger
from runner.metrics.collector import Collector
from runner.metrics.registry import Registry
from runner.metrics.tags import TagSet
from runner.metrics.thresholds import Thresholds, configure_thresholds
from runner.net.dial import Dialer
from runner.net.options import NetworkOptions
from runner.ops import Interrupted
from runner.options.consolidate import Consolidated, network_options, read_options
from runner.options.durations import parse_duration
from runner.options.k6_form import known_options
from runner.options.options import Options
from runner.options.runtime import OLD_COMPATIBILITY_MODE
from runner.reactor import Reactor
from runner.vu.context import Limits, TestContext
from runner.vu.outcome import Exports, NoJson
from runner.vu.vu import VirtualUser

if TYPE_CHECKING:
    from runner.script.archive import Archive

DEFAULT_COMPATIBILITY_MODE = "extended"


class LoadedTest:
    """A script whose init code has run once.

    Args:
        context: what its VUs will share; without options yet.
        exports: what the script exports.
        script_options: what the script, or the archive it is in, says about options, as plain values.
        archive: None for a script that stands alone.
    """

    def __init__(
        self, context: TestContext, exports: Exports, script_options: object, archive: "Archive | None"
    ) -> None:
        self.context = context
        self.exports = exports
        self.script_options = script_options
        self.archive = archive


class PreparedTest(NamedTuple):
    """A script that can run.

    Args:
        context: what its VUs share, options included.
        exports: what the script exports.
        thresholds: empty when they are switched off.
    """

    context: TestContext
    exports: Exports
    thresholds: Thresholds


def prepare(
    config: TestConfig, reactor: Reactor, logger: Logger, *, limits: Limits | None = None, native: bool = True
) -> PreparedTest:
    """Read the script and everything that configures the test; parks the calling task.

    Raises:
        K6pyError: the script or the configuration cannot be used.
    """
    loaded = load_test(config, reactor, logger, limits=limits, native=native)
    context = loaded.context
    consolidated, thresholds = configure(config, loaded)
    options = context.options = consolidated.options
    context.dialer = Dialer(reactor, NetworkOptions(**network_options(options, config.environ)))
    return PreparedTest(context, loaded.exports, thresholds)


def load_test(
    config: TestConfig, reactor: Reactor, logger: Logger, *, limits: Limits | None = None, native: bool = True
) -> LoadedTest:
    """Run the script's init code once; parks the calling task.

    Raises:
        UsageError: there is no such file, or the script cannot be tested.
        ScriptError: the script does not load.
    """
    modules, archive = open_script(config)
    if config.compatibility_mode == OLD_COMPATIBILITY_MODE:
        logger.warning(
            f'CompatibilityMode "{OLD_COMPATIBILITY_MODE}" is deprecated. Types are stripped by default for '
            f'`.ts` files. Please move to using "base" instead as "{OLD_COMPATIBILITY_MODE}" will be removed in '
            "the future"
        )
    context = TestContext(
        reactor=reactor,
        logger=logger,
        modules=modules,
        registry=ModuleRegistry(config.modules),
        collector=Collector(Registry()),
        env={
            **(archive.env if archive else {}),
            **(config.environ if config.include_system_env_vars else {}),
            **config.env,
        },
        limits=limits or Limits(),
        native=native,
        # The one in an archive's metadata tells how it was made; k6 does not run the archive in it.
        compatibility_mode=config.compatibility_mode or DEFAULT_COMPATIBILITY_MODE,
    )
    modules.builtin = context.registry.source
    vu = VirtualUser(context, 0)
    load_script(vu, config.script)
    exports = vu.exports()
    options = _usable(vu, exports, config.script)
    # An archive keeps the options with which it was made, which may be others than the script's.
    return LoadedTest(
        context, exports, options if archive is None else known_options(archive.options), archive
    )


def configure(config: TestConfig, loaded: LoadedTest) -> tuple[Consolidated, Thresholds]:
    """Merge all options and check that the script can run with them.

    Raises:
        K6pyError: it cannot.
    """
    consolidated = read_options(
        exported=loaded.script_options,
        functions=loaded.exports.functions,
        script=config.script,
        main=loaded.context.modules.main,
        flags=config.flags,
        environ=config.environ,
        config_file=config.config_file,
    )
    for warning in consolidated.warnings:
        warning.log(loaded.context.logger)
    given = {} if config.no_thresholds else consolidated.options.thresholds or {}
    registry = loaded.context.collector.registry
    return consolidated, configure_thresholds(given, registry, parse_duration=parse_duration)


def load_script(vu: VirtualUser, script: str) -> None:
    """Run the script's init code in `vu`.

    Args:
        script: as given on the command line, for error texts.

    Raises:
        ScriptError: with k6's text for what failed.
    """
    try:
        while True:
            try:
                vu.load()
                break
            except ScriptError as error:
                # Names that a k6 module does not have are undefined; learning one lets the script load.
                if not vu.context.modules.k6_imports.learn(error.message):
                    raise
    except (ScriptError, Interrupted) as error:
        # Of the virtual users that run iterations, the hint says which one could not be initialised.
        prefix = "" if vu.vu_id else _load_prefix(script, vu.context.modules.main)
        if vu.abort_message is not None:
            raise ScriptAborted(f"{prefix}{vu.abort_message}") from None
        if isinstance(error, Interrupted):
            raise
        if error.is_uncaught or isinstance(error, ImportFailed) or error.message.startswith("SyntaxError"):
            failed = LoadFailed(f"{prefix}{error.message}", error.stack)
            failed.exit_code = error.exit_code
            raise failed from None
        raise


def _load_prefix(script: str, main: str) -> str:
    return f"could not initialize '{script}': could not load JS test '{main}': "


def _usable(vu: VirtualUser, exports: Exports, script: str) -> object:
    """The script's options as plain values, after a look at what else it exports."""
    prefix = _load_prefix(script, vu.context.modules.main)
    try:
        options = vu.script_options()
    except NoJson as error:
        raise UsageError(f"{prefix}{error.message}") from None
    for name in ("setup", "teardown"):
        if name in exports.others:
            raise UsageError(f"{prefix}exported '{name}' must be a function")
    if not exports.functions:
        others = ", ".join(sorted(exports.others))
        hint = f"it exports {others}, none of which is a function" if others else ""
        raise UsageError(f"{prefix}no exported functions in script", hint=hint)
    return None if options is None else json.loads(options)


def run_tags(options: Options) -> TagSet:
    """The tags of every sample of the test."""
    return TagSet.of(dict(options.tags or {}))
