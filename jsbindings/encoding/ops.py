"""k6/encoding: base64 (RFC 4648) in the forms that k6 has."""

from __future__ import annotations

import base64
import codecs
import itertools
import re
import string

from jsbindings.api import Binding, Thrown, op

_STD_LETTERS = (string.ascii_letters + string.digits + "+/").encode()
_URL_LETTERS = (string.ascii_letters + string.digits + "-_").encode()

# Names without padding; every name that is not known means std, as in k6.
_RAW = frozenset({"rawstd", "rawurl"})
_URL = frozenset({"url", "rawurl"})

# Where a character is broken, Python puts one U+FFFD and Go one for each of its bytes.
_EACH_BYTE = "k6py-each-byte"


def _replace_each_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error(_EACH_BYTE, _replace_each_byte)


class EncodingBinding(Binding):
    """Base64 there and back."""

    module = "k6/encoding"

    @op
    def encode(self, data: bytes, alphabet: str) -> str:
        """The base64 of `data`."""
        text = (base64.urlsafe_b64encode(data) if alphabet in _URL else base64.b64encode(data)).decode()
        return text.rstrip("=") if alphabet in _RAW else text

    @op
    def decode(self, data: bytes, alphabet: str, as_text: bool) -> bytes | str:
        """What the base64 `data` stands for.

        Raises:
            Thrown: it is none; the text says where.
        """
        decoded = _decoded(data, alphabet)
        return decoded.decode("utf-8", _EACH_BYTE) if as_text else decoded


def _decoded(data: bytes, alphabet: str) -> bytes:
    """As Go decodes: line ends are skipped, bits that are left over are not looked at."""
    raw, url = alphabet in _RAW, alphabet in _URL
    code = data.translate(None, b"\r\n")
    end = len(code) - len(code.lstrip(_URL_LETTERS if url else _STD_LETTERS))
    missing = -end % 4
    if missing == 3 or code[end:] != (b"" if raw else b"=" * missing):
        raise Thrown(f"illegal base64 data at input byte {_fault(data, code, end, raw)}")
    return base64.b64decode(code[:end] + b"=" * missing, b"-_" if url else None)


def _fault(data: bytes, code: bytes, end: int, raw: bool) -> int:
    """Where Go finds the fault in `data`.

    Args:
        code: `data` without line ends.
        end: how many letters `code` begins with.
        raw: it should have no padding.
    """

    def position(index: int) -> int:
        if len(code) == len(data):
            return index
        places = (place.start() for place in re.finditer(rb"[^\r\n]", data))
        return next(itertools.islice(places, index, None))

    letters = end % 4
    rest = code[end : end + 3]
    if not rest:
        # Too short: Go counts back from the end, over line ends too.
        return len(data) - letters
    if raw or letters < 2 or rest[:1] != b"=":
        return position(end)
    if letters == 3:
        return position(end + 1)
    if len(rest) == 1:
        return len(data)
    return position(end + 1) - 1 if rest[1:2] != b"=" else position(end + 2)
