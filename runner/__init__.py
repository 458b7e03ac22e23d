"""k6py's host side: everything that runs around a script."""

__version__ = "0.1.0"

# The k6 release whose behaviour this version reproduces; also in the default User-Agent.
K6_VERSION = "2.2.0"


def is_compiled() -> bool:
    """Whether the modules that each message passes are extension modules (``K6PY_COMPILE=1``, see setup.py)."""
    from importlib.util import find_spec

    return find_spec("runner.compiled__mypyc") is not None
