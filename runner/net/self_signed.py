"""A certificate made on the spot, for servers on this machine that try TLS out.

Owns the server's SSLContext.  Refuses to be trusted by anybody: a client skips verification or is given the
authority's certificate.
"""

from __future__ import annotations

import ssl


class SelfSignedCertificate:
    """A new authority and a server certificate signed by it.

    Args:
        names: host names and addresses that it is for.

    Attributes:
        context: for the server's side of a TlsStream.
        ca_pem: the authority's certificate as PEM text, for example for a file that SSL_CERT_FILE names.
    """

    def __init__(self, *names: str) -> None:
        # Takes a tenth of a second to import, and a server without TLS does not need it.
        import trustme

        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The key passes through a temporary file that is gone at once: ssl takes nothing else.
        authority.issue_cert(*dict.fromkeys(names)).configure_cert(self.context)
        self.ca_pem = authority.cert_pem.bytes().decode()
