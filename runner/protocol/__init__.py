"""Wire protocols without I/O: bytes, ends of stream and commands in; bytes, events and a state out.

Owns wsproto and h11.  Refuses sockets, TLS, clocks, greenlets and threads: those are in ``runner.net``.
"""
