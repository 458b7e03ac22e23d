"""The network: bytes in and out of TCP and TLS connections, and how a connection comes about.

Owns sockets and ssl.  Knows no HTTP semantics and no WebSocket: protocol/ has those, without any socket.
"""
