"""What all virtual users of a process share: one object, made once per run and handed down."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jsbindings.registry import ModuleRegistry
from runner.errors import ExitCode
from runner.log import Logger
from runner.metrics.collector import Collector
from runner.metrics.groups import Group
from runner.net.lingering import Lingering
from runner.options.options import Options
from runner.reactor import Reactor
from runner.script.modules import ScriptModules
from runner.vu.helper_tasks import HelperTasks
from runner.vu.request_turns import RequestTurns

if TYPE_CHECKING:
    from runner.net.dial import Dialer


class Limits(NamedTuple):
    """How long the network may take, in seconds, where k6 has no option for it.

    Args:
        connect_s: DNS, TCP, TLS and the opening handshake of a WebSocket together; k6 waits as long.
        send_s: until a peer that does not read has taken all of one message.
        close_s: for the peer's answer to our close frame before the TCP connection is cut, when nobody waits for it.
        close_answer_s: for the same when a script does, in k6/websockets.
    """

    connect_s: float = 60.0
    send_s: float = 60.0
    close_s: float = 1.0
    close_answer_s: float = 60.0


class ScenarioProgress(NamedTuple):
    """How far a scenario is.

    Args:
        started_at_s: Unix time.
        fraction: from 0 to 1.
    """

    executor: str
    started_at_s: float
    fraction: float


class RunningTest(Protocol):
    """The run around the virtual users, as far as scripts may look at it or end it."""

    def instance(self) -> dict[str, float]:
        """The members of k6/execution's ``instance`` by name; durations in milliseconds."""

    def scenario(self, name: str) -> ScenarioProgress:
        """How the scenario `name` is doing."""

    def stop(self, code: ExitCode, message: str) -> None:
        """End the test now, with this error."""

    def mark_failed(self, reason: str | None) -> None:
        """Let the test end with k6's exit code 110."""


class TestContext:
    """Services and settings of one test in one process.

    Args:
        env: what scripts see as ``__ENV``.
        native: whether interpreters use QuickJS's C API; False for the path through dukpy alone.

    Attributes:
        options: None while the script is read for them.
        wall_clock: Unix time in seconds, for sample times.
        lingering: connections that outlive the iteration that closed them.
    """

    __test__ = False  # the name looks like a test class to pytest

    def __init__(
        self,
        reactor: Reactor,
        logger: Logger,
        modules: ScriptModules,
        registry: ModuleRegistry,
        *,
        collector: Collector,
        env: Mapping[str, str],
        limits: Limits,
        native: bool,
        compatibility_mode: str,
    ) -> None:
        self.reactor = reactor
        self.logger = logger
        self.modules = modules
        self.registry = registry
        self.collector = collector
        self.env = env
        self.limits = limits
        self.native = native
        self.compatibility_mode = compatibility_mode
        self.options: Options | None = None
        self.dialer: Dialer | None = None
        self.running_test: RunningTest | None = None
        self.root_group = Group.root()
        self.wall_clock: Callable[[], float] = time.time
        self.shared: dict[str, Any] = {}
        self.request_turns = RequestTurns()
        self.lingering = Lingering()
        self.helpers = HelperTasks(reactor)

    def require_options(self) -> Options:
        """The options, for code that only runs once they are known."""
        assert self.options is not None
        return self.options

    def require_dialer(self) -> "Dialer":
        """The dialer, for code that only runs once the options are known."""
        assert self.dialer is not None
        return self.dialer

    def has_system_tag(self, name: str) -> bool:
        """Whether samples carry the system tag `name`."""
        return name in self.require_options().system_tags
