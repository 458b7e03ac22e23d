"""The Autobahn test suite's fuzzing server on a free port of loopback.  Runs on CPython 2.7, as the suite does.

Usage: fuzzing_server.py FOLDER CASES...

``wstest`` would do, but it listens on every interface, and on a port that must be known before.
"""

import sys

from autobahntestsuite.fuzzing import FuzzingServerFactory
from twisted.internet import reactor

HOST = "127.0.0.1"


def main(folder, cases):
    """Serve until the process is ended; reports go to `folder`, and the last line before says where to connect."""
    spec = {"outdir": folder, "cases": cases, "exclude-cases": [], "exclude-agent-cases": {}}
    factory = FuzzingServerFactory(dict(spec, url="ws://" + HOST))
    port = reactor.listenTCP(0, factory, interface=HOST).getHost().port
    # The Host header of each handshake is held against it.
    factory.externalPort = port
    cases_text = " with " + str(len(factory.specCases)) + " cases"
    sys.stdout.write("listens on ws://" + HOST + ":" + str(port) + cases_text + "\n")
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
