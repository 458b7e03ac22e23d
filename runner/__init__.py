"""k6py's host side: everything that runs around a script."""

__version__ = "0.1.0"

# The k6 release whose behaviour this version reproduces; also in the default User-Agent.
K6_VERSION = "2.2.0"
