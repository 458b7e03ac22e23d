"""A client of the REST API of a run in a process of its own.

with K6pyProcess(folder, script, *RestClient.FLAGS, "--paused") as process:
    api = RestClient(process)
    api.wait_for_phase(4)
    api.change(paused=False)
"""

from __future__ import annotations

import http.client
import json
import re
import time
from typing import Any, ClassVar

from tests.kit.k6py_process import BOUND_S, K6pyProcess

_LISTENS = "Starting the REST API server on 127.0.0.1:"


class RestClient:
    """Asks a run that was started with FLAGS, as soon as it listens."""

    # The log tells the port when it is verbose.
    FLAGS: ClassVar = ("--verbose", "--address", "127.0.0.1:0")

    def __init__(self, process: K6pyProcess) -> None:
        process.wait_for_line(_LISTENS)
        found = re.search(rf"{_LISTENS}(\d+)", process.log)
        assert found is not None
        self._port = int(found[1])

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body of the answer, the body as what its JSON says.

        Args:
            body: sent as JSON; None for none.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=BOUND_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            text = response.read().decode()
            is_json = "json" in (response.getheader("Content-Type") or "")
            return response.status, json.loads(text) if is_json else text
        finally:
            connection.close()

    def change(self, **attributes: object) -> tuple[int, Any]:
        """PATCH the status."""
        return self.ask("PATCH", "/v1/status", {"data": {"attributes": attributes}})

    def status(self) -> dict[str, Any]:
        """The attributes of the status."""
        attributes: dict[str, Any] = self.ask("GET", "/v1/status")[1]["data"]["attributes"]
        return attributes

    def wait_for_phase(self, number: int) -> None:
        """Ask until the run's status is this number."""
        self._wait(lambda: self.status()["status"], number)

    def wait_for_metric(self, name: str) -> dict[str, float]:
        """Ask until a metric is there; what it shows."""
        self._wait(lambda: self.ask("GET", f"/v1/metrics/{name}")[0], 200)
        sample: dict[str, float] = self.ask("GET", f"/v1/metrics/{name}")[1]["data"]["attributes"]["sample"]
        return sample

    def _wait(self, ask: Any, expected: object) -> None:
        deadline_s = time.monotonic() + BOUND_S
        while (seen := ask()) != expected:
            assert time.monotonic() < deadline_s, f"still {seen}, not {expected}"
            time.sleep(0.01)
