"""k6's REST API on a socket, for as long as a run may be looked at."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from runner.errors import ExitCode, K6pyError, TransportError
from runner.execution.config import TestConfig
from runner.log import Logger
from runner.reactor import Reactor

if TYPE_CHECKING:
    from runner.execution.run_control import RunControl
    from runner.net.http_server import HttpServer

# How long answers that are under way may take at the end of a run.
CLOSE_PATIENCE_S = 1.0

NO_SERVER = "Error from API server"


class RestApiFailed(K6pyError):
    """The API was asked for and has no address to listen on."""

    exit_code = ExitCode.REST_API_FAILED


@contextlib.contextmanager
def serving(
    config: TestConfig, control: Callable[[], RunControl], reactor: Reactor, logger: Logger
) -> Iterator[None]:
    """Answer requests while the run is in this context, if it is to have an API; to be entered and left in a task.

    Args:
        control: makes what the API looks at and changes.

    Raises:
        RestApiFailed: the configured address cannot be listened on, and it must be.
    """
    if not config.address:
        yield
        return
    run = control()
    server: HttpServer | None
    try:
        server = _server(config.address, run, reactor, logger)
    except TransportError as error:
        if config.address_is_needed:
            raise RestApiFailed(error.message) from None
        logger.warning(NO_SERVER, error=error.message)
        server = None
    try:
        yield
    finally:
        run.stop_calls()
        if server is not None:
            server.close(reactor.now() + CLOSE_PATIENCE_S)


def _server(address: str, run: RunControl, reactor: Reactor, logger: Logger) -> HttpServer:
    # Few runs have an API, and h11 with all that is around it takes a tenth of a short run.
    from runner.execution.rest_api import RestApi
    from runner.net.http_server import HttpServer
    from runner.net.listen import listen

    listener = listen(reactor, address)
    logger.debug(f"Starting the REST API server on {listener.address}")
    return HttpServer(reactor, listener, RestApi(run, logger).answer)
