"""Code of an iteration that uses k6/ws against a server whose every byte the test decides.

seen, result = run_connecting(server, "ws.connect(__ENV.URL, {}, (socket) => { seen.push('called'); });")
assert server.told == [GOING_AWAY, "fin"]
"""

from __future__ import annotations

import json
from typing import Any

from tests.kit.raw_server import RawServer
from tests.kit.run_script import Result, run_iteration_code
from tests.kit.ws_pair import close_payload

IMPORTS = "import ws from 'k6/ws'; import { sleep, group } from 'k6'; const seen = [];"
GOING_AWAY = close_payload(1001)


def run_connecting(server: RawServer, code: str, **how: Any) -> tuple[list[Any], Result]:
    """What the code pushed to `seen`, and the run."""
    code = f"try {{ {code} }} finally {{ console.log(JSON.stringify(seen)); }}"
    result = run_iteration_code(code, imports=IMPORTS, env={"URL": server.url}, out_samples=True, **how)
    server.wait_for_peers()
    return json.loads(result.lines[-1]), result
