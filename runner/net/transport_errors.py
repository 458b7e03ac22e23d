"""What goes wrong below the protocols, as k6 users know it: Go's wording, k6's ``error_code`` numbers.

Owns texts and codes of TCP, dialling and DNS; tls_errors.py has those of TLS.
Codes: https://grafana.com/docs/k6/latest/javascript-api/error-codes/
"""

from __future__ import annotations

import errno
import os

from runner.errors import TransportError

CODE_DNS = 1100
CODE_DNS_NO_SUCH_HOST = 1101
CODE_BLACKLISTED_IP = 1110
CODE_BLOCKED_HOSTNAME = 1111
CODE_TCP = 1200
CODE_TCP_BROKEN_PIPE = 1201
CODE_TCP_ERRNO = 1202
CODE_DIAL = 1210
CODE_DIAL_TIMEOUT = 1211
CODE_DIAL_REFUSED = 1212
CODE_RESET = 1220

_STREAM_CODES = {errno.ECONNRESET: CODE_RESET, errno.EPIPE: CODE_TCP_BROKEN_PIPE}
_CLOSED_ERRNOS = {errno.EBADF}
CLOSED_TEXT = "use of closed network connection"


def reason(error: OSError) -> str:
    """Go's text for a system error, for example ``connection refused``."""
    if error.errno is None:
        return str(error)
    return os.strerror(error.errno).lower()


def stream_error(operation: str, path: str, error: OSError) -> TransportError:
    """A failed read or write on an open connection.

    Args:
        operation: ``read`` or ``write``.
        path: ``local->remote``, each ``ip:port``.
        error: what the system said; one without errno comes from closing the stream while it was in use.
    """
    if error.errno is None or error.errno in _CLOSED_ERRNOS:
        return TransportError(f"{operation} tcp {path}: {CLOSED_TEXT}", CODE_TCP)
    code = _STREAM_CODES.get(error.errno, CODE_TCP_ERRNO)
    return TransportError(f"{operation} tcp {path}: {operation}: {reason(error)}", code)


class StreamTimeout(TransportError):
    """A read or write that reached its deadline; the connection itself has not failed."""


def stream_timeout(operation: str, path: str) -> StreamTimeout:
    """The error of a read or write that reached its deadline."""
    return StreamTimeout(f"{operation} tcp {path}: i/o timeout", CODE_TCP)


def dial_error(address: str, call: str, error: OSError) -> TransportError:
    """A connection that did not come about.

    Args:
        address: ``ip:port`` that was dialled.
        call: the system call that failed: ``connect``, ``bind``, ``socket``.
        error: what the system said.
    """
    code = CODE_DIAL_REFUSED if error.errno == errno.ECONNREFUSED else CODE_DIAL
    if error.errno == errno.ETIMEDOUT:
        code = CODE_DIAL_TIMEOUT
    return TransportError(f"dial tcp {address}: {call}: {reason(error)}", code)


def dial_timeout(address: str) -> TransportError:
    """No answer before the deadline."""
    return TransportError(f"dial tcp {address}: i/o timeout", CODE_DIAL_TIMEOUT)


def no_such_host(host: str) -> TransportError:
    """The name has no address."""
    return TransportError(f"lookup {host}: no such host", CODE_DNS_NO_SUCH_HOST)


def lookup_error(host: str, text: str) -> TransportError:
    """The look-up itself failed."""
    return TransportError(f"lookup {host}: {text}", CODE_DNS)
